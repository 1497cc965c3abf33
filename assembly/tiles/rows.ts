// SPDX-License-Identifier: MIT
import { clamp, finishTile, finishVector } from "../convolution/finish";
import { Frame, high, low } from "../convolution/plan";
import { multiplyAdd } from "../vector";

/** Sums up 4, 5 or 6 output channels (`offsetof<M>()`) x 1 or 2 vectors of pixels; see column.ts. */
export function rows<T, V, X, M>(f: Frame, x: usize, w: usize, pixels: i32, bias: usize, to: usize): void {
  const e = sizeof<T>();
  const zero = v128.splat<T>(<T>0);
  let a0 = zero, b0 = zero;
  let a1 = zero, b1 = zero;
  let a2 = zero, b2 = zero;
  let a3 = zero, b3 = zero;
  let a4 = zero, b4 = zero;
  let a5 = zero, b5 = zero;
  let taps = f.taps;
  for (const end = w + <usize>f.products * offsetof<M>() * e; w < end; w += offsetof<M>() * e) {
    const at = isBoolean<X>() ? x : x + load<i32>(taps);
    const x0 = v128.load(at);
    const x1 = sizeof<V>() > 1 ? v128.load(at, 16) : x0;
    const y0 = v128.load_splat<T>(w);
    a0 = multiplyAdd<T>(y0, x0, a0);
    if (sizeof<V>() > 1) b0 = multiplyAdd<T>(y0, x1, b0);
    const y1 = v128.load_splat<T>(w, e);
    a1 = multiplyAdd<T>(y1, x0, a1);
    if (sizeof<V>() > 1) b1 = multiplyAdd<T>(y1, x1, b1);
    const y2 = v128.load_splat<T>(w, 2 * e);
    a2 = multiplyAdd<T>(y2, x0, a2);
    if (sizeof<V>() > 1) b2 = multiplyAdd<T>(y2, x1, b2);
    const y3 = v128.load_splat<T>(w, 3 * e);
    a3 = multiplyAdd<T>(y3, x0, a3);
    if (sizeof<V>() > 1) b3 = multiplyAdd<T>(y3, x1, b3);
    if (offsetof<M>() > 4) {
      const y4 = v128.load_splat<T>(w, 4 * e);
      a4 = multiplyAdd<T>(y4, x0, a4);
      if (sizeof<V>() > 1) b4 = multiplyAdd<T>(y4, x1, b4);
    }
    if (offsetof<M>() > 5) {
      const y5 = v128.load_splat<T>(w, 5 * e);
      a5 = multiplyAdd<T>(y5, x0, a5);
      if (sizeof<V>() > 1) b5 = multiplyAdd<T>(y5, x1, b5);
    }
    if (isBoolean<X>()) x += 16 * sizeof<V>();
    else taps += 4;
  }
  const lanes = <i32>(16 / e);
  if (f.planar && pixels == <i32>sizeof<V>() * lanes) {
    const step = <usize>f.channelStep;
    const sums = i32(f.accumulate);
    const least = low(f), most = high(f);
    finishRow<T, V>(a0, b0, bias, least, most, sums, to);
    finishRow<T, V>(a1, b1, bias + e, least, most, sums, to + step);
    to += 2 * step;
    finishRow<T, V>(a2, b2, bias + 2 * e, least, most, sums, to);
    finishRow<T, V>(a3, b3, bias + 3 * e, least, most, sums, to + step);
    to += 2 * step;
    if (offsetof<M>() > 4) finishRow<T, V>(a4, b4, bias + 4 * e, least, most, sums, to);
    if (offsetof<M>() > 5) finishRow<T, V>(a5, b5, bias + 5 * e, least, most, sums, to + step);
    return;
  }
  const scratch = f.scratch;
  v128.store(scratch, a0);
  v128.store(scratch, b0, 16);
  v128.store(scratch, a1, 32);
  v128.store(scratch, b1, 48);
  v128.store(scratch, a2, 64);
  v128.store(scratch, b2, 80);
  v128.store(scratch, a3, 96);
  v128.store(scratch, b3, 112);
  if (offsetof<M>() > 4) {
    v128.store(scratch, a4, 128);
    v128.store(scratch, b4, 144);
  }
  if (offsetof<M>() > 5) {
    v128.store(scratch, a5, 160);
    v128.store(scratch, b5, 176);
  }
  finishRows<T>(f, <i32>offsetof<M>(), pixels, bias, to);
}

/** Finishes a row of whole vectors. */
// @ts-ignore: decorator
@inline
function finishRow<T, V>(a: v128, b: v128, bias: usize, low: v128, high: v128, sums: i32, to: usize): void {
  const added = v128.load_splat<T>(bias);
  if (sums) {
    a = v128.add<T>(a, v128.load(to));
    if (sizeof<V>() > 1) b = v128.add<T>(b, v128.load(to, 16));
  }
  v128.store(to, clamp<T>(v128.add<T>(a, added), low, high));
  if (sizeof<V>() > 1) v128.store(to, clamp<T>(v128.add<T>(b, added), low, high), 16);
}

/** Finishes rows of two vectors in `f.scratch` whose last pixels do not exist, or that are no planes. */
function finishRows<T>(f: Frame, channels: i32, pixels: i32, bias: usize, to: usize): void {
  const e = <i32>sizeof<T>();
  if (!f.planar) {
    finishTile<T>(f, 32, e, channels, pixels, bias, to);
    return;
  }
  const lanes = 16 / e;
  const least = low(f), most = high(f);
  const scratch = f.scratch;
  for (let sums = scratch; sums < scratch + 32 * channels; sums += 32, bias += e, to += f.channelStep) {
    const added = v128.load_splat<T>(bias);
    finishVector<T>(f, v128.load(sums), added, least, most, to, pixels);
    finishVector<T>(f, v128.load(sums, 16), added, least, most, to + 16, pixels - lanes);
  }
}
