// SPDX-License-Identifier: MIT
import { clamp, finishLanes } from "../convolution/finish";
import { Frame, high, low, Plan } from "../convolution/plan";
import { outputPoints2 } from "./points2";
import { outputPoints4 } from "./points4";

/**
 * Computes A^T m A, bias and activation for four output channels of one square, of which `rows` x `columns` outputs
 * exist. `products` is where the products of the first position lie; the next position follows `step` bytes later.
 * `scratch` holds 28 vectors.
 */
// @ts-ignore: decorator
@inline
export function transformOutput4(
  p: Plan, f: Frame, products: usize, step: usize, bias: v128, channels: i32, rows: i32, columns: i32,
  to: usize, scratch: usize,
): void {
  // The first pass goes down the columns: scratch[y][x] has four rows and six columns.
  for (let x: usize = 0; x < 6; x++) outputPoints4(products + x * step, 6 * step, scratch + x * 16, 96);
  const line = scratch + 24 * 16;
  for (let y = 0; y < rows; y++, scratch += 96, to += p.outRowStep) {
    outputPoints4(scratch, 16, line, 16);
    const a = f32x4.add(v128.load(line), bias), b = f32x4.add(v128.load(line, 16), bias);
    const c = f32x4.add(v128.load(line, 32), bias), d = f32x4.add(v128.load(line, 48), bias);
    storeColumns(p, f, a, b, c, d, channels, columns, to);
  }
}

/** Does what transformOutput4 does, for squares of two. */
// @ts-ignore: decorator
@inline
export function transformOutput2(
  p: Plan, f: Frame, products: usize, step: usize, bias: v128, channels: i32, rows: i32, columns: i32,
  to: usize, scratch: usize,
): void {
  for (let x: usize = 0; x < 4; x++) outputPoints2(products + x * step, 4 * step, scratch + x * 16, 64);
  const line = scratch + 24 * 16;
  for (let y = 0; y < rows; y++, scratch += 64, to += p.outRowStep) {
    outputPoints2(scratch, 16, line, 16);
    const a = f32x4.add(v128.load(line), bias), b = f32x4.add(v128.load(line, 16), bias);
    storeColumns(p, f, a, b, a, b, channels, columns, to);
  }
}

/** Transposes four vectors of output channels, and stores a row of up to four pixels in each channel. */
// @ts-ignore: decorator
@inline
function storeColumns(
  p: Plan, f: Frame, a: v128, b: v128, c: v128, d: v128, channels: i32, columns: i32, to: usize,
): void {
  const ab01 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd01 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ab23 = v128.shuffle<f32>(a, b, 2, 6, 3, 7), cd23 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  const row0 = v128.shuffle<f32>(ab01, cd01, 0, 1, 4, 5), row1 = v128.shuffle<f32>(ab01, cd01, 2, 3, 6, 7);
  const row2 = v128.shuffle<f32>(ab23, cd23, 0, 1, 4, 5), row3 = v128.shuffle<f32>(ab23, cd23, 2, 3, 6, 7);
  const step = <usize>p.outChannelStep;
  if (f.planar && channels >= 4 && columns == 4) {
    const least = low(f), most = high(f);
    v128.store(to, clamp<f32>(row0, least, most));
    v128.store(to + step, clamp<f32>(row1, least, most));
    v128.store(to + 2 * step, clamp<f32>(row2, least, most));
    v128.store(to + 3 * step, clamp<f32>(row3, least, most));
    return;
  }
  const zero = f32x4.splat(0);
  finishLanes<f32>(f, row0, zero, to, columns);
  if (channels > 1) finishLanes<f32>(f, row1, zero, to + step, columns);
  if (channels > 2) finishLanes<f32>(f, row2, zero, to + 2 * step, columns);
  if (channels > 3) finishLanes<f32>(f, row3, zero, to + 3 * step, columns);
}
