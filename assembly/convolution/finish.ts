// SPDX-License-Identifier: MIT
import { Activation, Frame, high, low } from "./plan";

/**
 * Stores activation(sum + sum of earlier blocks + bias), for the first `count` lanes of a vector, or for none of them
 * if it is below 1. It knows only Activation.CLAMP, which is free of branches.
 */
// @ts-ignore: decorator
@inline
export function finishVector<T>(
  f: Frame, sum: v128, bias: v128, low: v128, high: v128, to: usize, count: i32,
): void {
  if (count < <i32>(16 / sizeof<T>())) {
    if (count > 0) finishLanes<T>(f, sum, bias, to, count);
    return;
  }
  if (f.accumulate) sum = v128.add<T>(sum, v128.load(to));
  v128.store(to, clamp<T>(v128.add<T>(sum, bias), low, high));
}

/**
 * Stores a tile of any size that lies in `f.scratch` as sum[channel * channelStep + pixel * pixelStep], in any layout,
 * with any activation.
 */
export function finishTile<T>(
  f: Frame, channelStep: i32, pixelStep: i32, channels: i32, pixels: i32, bias: usize, to: usize,
): void {
  const lanes = <i32>(16 / sizeof<T>());
  if (f.channelsLast) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const sums = f.scratch + pixel * pixelStep;
      const line = to + pixel * f.colStep;
      for (let oc = 0; oc < channels; oc += lanes) {
        const at = <usize>oc * sizeof<T>();
        const sum = gather<T>(sums + oc * channelStep, channelStep);
        finishLanes<T>(f, sum, v128.load(bias + at), line + at, min(lanes, channels - oc));
      }
    }
  } else {
    for (let oc = 0; oc < channels; oc++) {
      const sums = f.scratch + oc * channelStep;
      const line = to + oc * f.channelStep;
      const added = v128.load_splat<T>(bias + <usize>oc * sizeof<T>());
      for (let pixel = 0; pixel < pixels; pixel += lanes) {
        const sum = gather<T>(sums + pixel * pixelStep, pixelStep);
        finishLanes<T>(f, sum, added, line + <usize>pixel * sizeof<T>(), min(lanes, pixels - pixel));
      }
    }
  }
}

/** Returns a vector of elements that lie `step` bytes apart. */
// @ts-ignore: decorator
@inline
function gather<T>(from: usize, step: i32): v128 {
  if (step == sizeof<T>()) return v128.load(from);
  if (sizeof<T>() == 4) {
    let v = v128.load32_zero(from);
    v = v128.load_lane<f32>(from + step, v, 1);
    v = v128.load_lane<f32>(from + 2 * step, v, 2);
    return v128.load_lane<f32>(from + 3 * step, v, 3);
  }
  return v128.load_lane<f64>(from + step, v128.load64_zero(from), 1);
}

/** Finishes and stores the first `count` lanes, with any activation. */
export function finishLanes<T>(f: Frame, sum: v128, bias: v128, to: usize, count: i32): void {
  // A vector read past the tensor's last element stays inside the slack of every buffer.
  if (f.accumulate) sum = v128.add<T>(sum, v128.load(to));
  sum = activate<T>(f, v128.add<T>(sum, bias));
  if (sizeof<T>() == 4) {
    if (count == 4) {
      v128.store(to, sum);
    } else if (count == 1) {
      v128.store_lane<f32>(to, sum, 0);
    } else {
      v128.store_lane<f64>(to, sum, 0);
      if (count == 3) v128.store_lane<f32>(to, sum, 2, 8);
    }
  } else {
    if (count == 2) v128.store(to, sum);
    else v128.store_lane<f64>(to, sum, 0);
  }
}

/**
 * Returns x < low ? low : x, then the same upwards, so a NaN stays. Each takes one instruction; max and min take
 * several.
 */
// @ts-ignore: decorator
@inline
export function clamp<T>(x: v128, low: v128, high: v128): v128 {
  return v128.pmin<T>(v128.pmax<T>(x, low), high);
}

export function activate<T>(f: Frame, x: v128): v128 {
  if (f.activation == Activation.CLAMP) {
    return clamp<T>(x, low(f), high(f));
  }
  if (f.activation == Activation.LEAKY_RELU) {
    const negative = v128.lt<T>(x, v128.splat<T>(<T>0));
    return v128.bitselect(v128.mul<T>(x, v128.splat<T>(<T>f.alpha)), x, negative);
  }
  const sigmoid = f.activation == Activation.SIGMOID;
  let y = v128.splat<T>(activateScalar<T>(sigmoid, v128.extract_lane<T>(x, 0)));
  y = v128.replace_lane<T>(y, 1, activateScalar<T>(sigmoid, v128.extract_lane<T>(x, 1)));
  if (sizeof<T>() == 4) {
    y = v128.replace_lane<T>(y, 2, activateScalar<T>(sigmoid, v128.extract_lane<T>(x, 2)));
    y = v128.replace_lane<T>(y, 3, activateScalar<T>(sigmoid, v128.extract_lane<T>(x, 3)));
  }
  return y;
}

function activateScalar<T>(sigmoid: bool, x: T): T {
  if (sizeof<T>() == 4) {
    return sigmoid ? <T>(1 / (1 + Mathf.exp(-(<f32>x)))) : <T>Mathf.tanh(<f32>x);
  }
  return sigmoid ? <T>(1 / (1 + Math.exp(-(<f64>x)))) : <T>Math.tanh(<f64>x);
}
