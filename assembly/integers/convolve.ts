// SPDX-License-Identifier: MIT
import { Frame, frameBytes } from "../convolution/plan";
import { finishIntegers } from "./finish";
import { IntegerPlan } from "./plan";
import { fillPairs } from "./strip";

/**
 * Computes output rows `from` (inclusive) to `to` and channels `first` to `end` of `images` images, as convolve does
 * for floats.
 */
export function convolveIntegers(
  p: IntegerPlan, input: usize, output: usize, workspace: usize, images: i32, from: i32, to: i32, first: i32, end: i32,
): void {
  const f = changetype<Frame>(workspace);
  f.alpha = p.alpha;
  f.activation = p.activation;
  f.scratch = workspace + frameBytes;
  f.panel = workspace + p.windowsOffset;
  f.source = workspace + p.stripOffset;
  for (let image = 0; image < images; image++) {
    const source = input + image * p.inImageStep;
    const result = output + image * p.outImageStep;
    for (let oy = from; oy < to; oy += p.rowBlock) {
      const rows = min(p.rowBlock, to - oy);
      for (let ox = 0; ox < p.outWidth; ox += p.colBlock) {
        f.cols = min(p.colBlock, p.outWidth - ox);
        // Rows that follow each other without a gap are joined into one.
        const whole = f.cols == p.outWidth;
        fillWindows(p, f, rows);
        const target = result + oy * p.outRowStep + ox * p.outColStep;
        for (let group = first / p.groupOut; group * p.groupOut < end; group++) {
          const channels = source + group * p.groupIn * p.inChannelStep;
          const stripRows = ((rows - 1) * p.strideY + p.rowReach) / p.rowSample + 1;
          const columns = ((f.cols - 1) * p.strideX + p.colReach) / p.colSample + 1;
          const top = oy * p.strideY - p.padTop, left = ox * p.strideX - p.padLeft;
          fillPairs(p, f.source, channels, stripRows, columns, top, left);
          const runs = whole ? 1 : rows;
          for (let y = 0; y < runs; y++) {
            const pixels = whole ? rows * f.cols : f.cols;
            outputs(p, f, group, first, end, y * f.cols, pixels, target + y * p.outRowStep);
          }
        }
      }
    }
  }
}

/** Computes all output channels of a group, a tile of them at a time, for `pixels` of the strip from `pixel` on. */
function outputs(
  p: IntegerPlan, f: Frame, group: i32, first: i32, end: i32, pixel: i32, pixels: i32, target: usize,
): void {
  const begin = group * p.groupOut;
  const last = min(end - begin, p.groupOut);
  for (let oc = max(first - begin, 0); oc < last; ) {
    const channels = min(8, last - oc);
    const weights = p.weights + group * p.groupWeightBytes + oc * p.products * 4;
    const bias = p.bias + (begin + oc) * 4;
    const scale = p.scale + (begin + oc) * 4;
    const to = target + (begin + oc) * p.outChannelStep;
    const step = channels > 4 ? 32 : 16;
    let window = f.panel + 4 * pixel;
    for (let x = 0; x < pixels; x += 4, window += 16) {
      const s0 = f.source + load<i32>(window), s1 = f.source + load<i32>(window, 4);
      const s2 = f.source + load<i32>(window, 8), s3 = f.source + load<i32>(window, 12);
      if (channels > 4) dot4x2(p, f.scratch, s0, s1, s2, s3, weights, bias);
      else dot4x1(p, f.scratch, s0, s1, s2, s3, weights, bias);
      finishIntegers(p, f, f.scratch, step, channels, min(4, pixels - x), scale, to + x * p.outColStep);
    }
    oc += channels > 4 ? 8 : 4;
  }
}

/** Notes where each window begins in the strip. Three more follow, so that four can always be read. */
function fillWindows(p: IntegerPlan, f: Frame, rows: i32): void {
  let to = f.panel;
  for (let y = 0; y < rows; y++) {
    let at = y * p.lineAdvance;
    for (let x = 0; x < f.cols; x++, to += 4, at += p.pixelStep) store<i32>(to, at);
  }
  for (let i = 0; i < 3; i++) store<i32>(to + 4 * i, 0);
}

/** Returns sum + the dot products of the pairs in a and b. */
// @ts-ignore: decorator
@inline
function dot(a: v128, b: v128, sum: v128): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(a, b), sum);
}

/**
 *              w[k]  | oc 0..3 | oc 4..7 |
 *   x[k] pixel 0     |    a0   |    b0   |    and so on; each lane of x and w has a pair of input channels
 */
function dot4x2(
  p: IntegerPlan, to: usize, s0: usize, s1: usize, s2: usize, s3: usize, w: usize, bias: usize,
): void {
  let taps = p.taps;
  const a = v128.load(bias), b = v128.load(bias, 16);
  let a0 = a, b0 = b, a1 = a, b1 = b, a2 = a, b2 = b, a3 = a, b3 = b;
  for (const end = w + <usize>p.products * 32; w < end; w += 32, taps += 4) {
    const tap = load<i32>(taps);
    const y0 = v128.load(w), y1 = v128.load(w, 16);
    const x0 = v128.load_splat<i32>(s0 + tap);
    a0 = dot(x0, y0, a0);
    b0 = dot(x0, y1, b0);
    const x1 = v128.load_splat<i32>(s1 + tap);
    a1 = dot(x1, y0, a1);
    b1 = dot(x1, y1, b1);
    const x2 = v128.load_splat<i32>(s2 + tap);
    a2 = dot(x2, y0, a2);
    b2 = dot(x2, y1, b2);
    const x3 = v128.load_splat<i32>(s3 + tap);
    a3 = dot(x3, y0, a3);
    b3 = dot(x3, y1, b3);
  }
  v128.store(to, a0);
  v128.store(to, b0, 16);
  v128.store(to, a1, 32);
  v128.store(to, b1, 48);
  v128.store(to, a2, 64);
  v128.store(to, b2, 80);
  v128.store(to, a3, 96);
  v128.store(to, b3, 112);
}

function dot4x1(
  p: IntegerPlan, to: usize, s0: usize, s1: usize, s2: usize, s3: usize, w: usize, bias: usize,
): void {
  let taps = p.taps;
  let a0 = v128.load(bias), a1 = a0, a2 = a0, a3 = a0;
  for (const end = w + <usize>p.products * 16; w < end; w += 16, taps += 4) {
    const tap = load<i32>(taps);
    const y = v128.load(w);
    a0 = dot(v128.load_splat<i32>(s0 + tap), y, a0);
    a1 = dot(v128.load_splat<i32>(s1 + tap), y, a1);
    a2 = dot(v128.load_splat<i32>(s2 + tap), y, a2);
    a3 = dot(v128.load_splat<i32>(s3 + tap), y, a3);
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, a2, 32);
  v128.store(to, a3, 48);
}
