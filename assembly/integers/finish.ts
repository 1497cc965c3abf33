// SPDX-License-Identifier: MIT
import { activate, clamp } from "../convolution/finish";
import { Activation, Frame } from "../convolution/plan";
import { IntegerPlan } from "./plan";

/**
 * Stores a tile, sums[pixel][channel] of 4 pixels `pixelStep` bytes apart, of which `pixels` and `channels` exist. Each
 * output is the sum itself, float32(sum) * scale, or that product rounded half to even plus the zero point.
 */
export function finishIntegers(
  p: IntegerPlan, f: Frame, sums: usize, pixelStep: i32, channels: i32, pixels: i32, scale: usize, to: usize,
): void {
  const low = f32x4.splat(<f32>p.low), high = f32x4.splat(<f32>p.high);
  for (let oc = 0; oc < channels; oc += 4, sums += 16, scale += 16, to += 4 * p.outChannelStep) {
    const lanes = min(4, channels - oc);
    const by = v128.load(scale);
    const y0 = finish(p, f, low, high, v128.load(sums), by);
    const y1 = finish(p, f, low, high, v128.load(sums + pixelStep), by);
    const y2 = finish(p, f, low, high, v128.load(sums + 2 * pixelStep), by);
    const y3 = finish(p, f, low, high, v128.load(sums + 3 * pixelStep), by);
    if (p.outputBytes == 1) storeBytes(p, y0, y1, y2, y3, lanes, pixels, to);
    else storeWords(p, y0, y1, y2, y3, lanes, pixels, to);
  }
}

// @ts-ignore: decorator
@inline
function finish(p: IntegerPlan, f: Frame, low: v128, high: v128, sum: v128, scale: v128): v128 {
  if (!p.scaled) return p.low == 0 ? i32x4.max_s(sum, i32x4.splat(0)) : sum;
  const scaled = f32x4.mul(f32x4.convert_i32x4_s(sum), scale);
  const x = f.activation == Activation.CLAMP ? clamp<f32>(scaled, low, high) : activate<f32>(f, scaled);
  if (p.outputBytes == 4) return x;
  return i32x4.add(i32x4.trunc_sat_f32x4_s(f32x4.nearest(x)), i32x4.splat(p.outputZeroPoint));
}

/** Stores lanes of 32 bits, which are channels. Outputs of one pixel lie side by side, or outputs of one channel do. */
function storeWords(
  p: IntegerPlan, y0: v128, y1: v128, y2: v128, y3: v128, lanes: i32, pixels: i32, to: usize,
): void {
  if (p.channelsLast) {
    const step = <usize>p.outColStep;
    storeLanes(to, y0, lanes);
    if (pixels > 1) storeLanes(to + step, y1, lanes);
    if (pixels > 2) storeLanes(to + 2 * step, y2, lanes);
    if (pixels > 3) storeLanes(to + 3 * step, y3, lanes);
    return;
  }
  const step = <usize>p.outChannelStep;
  const a = v128.shuffle<i32>(y0, y1, 0, 4, 1, 5), b = v128.shuffle<i32>(y2, y3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(y0, y1, 2, 6, 3, 7), d = v128.shuffle<i32>(y2, y3, 2, 6, 3, 7);
  storeLanes(to, v128.shuffle<i64>(a, b, 0, 2), pixels);
  if (lanes > 1) storeLanes(to + step, v128.shuffle<i64>(a, b, 1, 3), pixels);
  if (lanes > 2) storeLanes(to + 2 * step, v128.shuffle<i64>(c, d, 0, 2), pixels);
  if (lanes > 3) storeLanes(to + 3 * step, v128.shuffle<i64>(c, d, 1, 3), pixels);
}

function storeLanes(to: usize, v: v128, count: i32): void {
  if (count == 4) {
    v128.store(to, v);
    return;
  }
  if (count >= 2) v128.store_lane<i64>(to, v, 0);
  if (count == 1) v128.store_lane<i32>(to, v, 0);
  if (count == 3) v128.store_lane<i32>(to, v, 2, 8);
}

/** Stores the low byte of each lane. */
function storeBytes(
  p: IntegerPlan, y0: v128, y1: v128, y2: v128, y3: v128, lanes: i32, pixels: i32, to: usize,
): void {
  const low = i32x4.splat(0xff);
  y0 = v128.and(y0, low);
  y1 = v128.and(y1, low);
  y2 = v128.and(y2, low);
  y3 = v128.and(y3, low);
  if (p.channelsLast) {
    const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(y0, y1), i16x8.narrow_i32x4_s(y2, y3));
    const step = <usize>p.outColStep;
    storeWord(to, i32x4.extract_lane(bytes, 0), lanes);
    if (pixels > 1) storeWord(to + step, i32x4.extract_lane(bytes, 1), lanes);
    if (pixels > 2) storeWord(to + 2 * step, i32x4.extract_lane(bytes, 2), lanes);
    if (pixels > 3) storeWord(to + 3 * step, i32x4.extract_lane(bytes, 3), lanes);
    return;
  }
  // Each lane takes four pixels of a channel.
  const words = v128.or(
    v128.or(y0, i32x4.shl(y1, 8)),
    v128.or(i32x4.shl(y2, 16), i32x4.shl(y3, 24)),
  );
  const step = <usize>p.outChannelStep;
  storeWord(to, i32x4.extract_lane(words, 0), pixels);
  if (lanes > 1) storeWord(to + step, i32x4.extract_lane(words, 1), pixels);
  if (lanes > 2) storeWord(to + 2 * step, i32x4.extract_lane(words, 2), pixels);
  if (lanes > 3) storeWord(to + 3 * step, i32x4.extract_lane(words, 3), pixels);
}

/** Stores the first `count` bytes of a word. */
function storeWord(to: usize, word: i32, count: i32): void {
  if (count == 4) {
    store<i32>(to, word);
    return;
  }
  for (let i = 0; i < count; i++) store<u8>(to + i, <u8>(word >> (8 * i)));
}
