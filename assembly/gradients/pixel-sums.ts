// SPDX-License-Identifier: MIT
import { multiplyAdd } from "../vector";
import { Pixels } from "./pack";

/** `offsetof<M>()` counts the elements of windows that are summed up together. */
@unmanaged
class Nine {
  a: u64; b: u8;
}
@unmanaged
class Five {
  a: u8; b: u8; c: u8; d: u8; e: u8;
}
@unmanaged
class Two {
  a: u16;
}

/**
 * Computes the gradient of weights with pixels as lanes, for one output channel. Nothing is packed, and a vector of the
 * channel's gradient serves up to nine elements of the windows, as many as a 3x3 kernel has.
 *
 *   to[element] += sum over pixels of gradients[pixel] * (source + taps[element])[pixel]
 *
 * Pixels lie side by side, in rows `gradientStep` bytes apart in the gradient, `px.rowStep` in the windows. A vector
 * beyond the last is readable.
 */
export function pixelSums<T>(
  px: Pixels, gradients: usize, gradientStep: i32, source: usize, taps: usize, count: i32, accumulate: i32, to: usize,
): void {
  for (let left = count; left > 0; ) {
    let some: i32;
    if (left > 5) {
      some = min(left, 9);
      sums<T, Nine>(px, gradients, gradientStep, source, taps, some, accumulate, to);
    } else if (left > 2) {
      some = left;
      sums<T, Five>(px, gradients, gradientStep, source, taps, some, accumulate, to);
    } else {
      some = left;
      sums<T, Two>(px, gradients, gradientStep, source, taps, some, accumulate, to);
    }
    left -= some;
    taps += 4 * some;
    to += <usize>some * sizeof<T>();
  }
}

/** Returns the address of element i, or of the last one for elements beyond it. */
// @ts-ignore: decorator
@inline
function elementOf(source: usize, taps: usize, i: i32, count: i32): usize {
  return source + load<i32>(taps + 4 * min(i, count - 1));
}

function sums<T, M>(
  px: Pixels, gradients: usize, gradientStep: i32, source: usize, taps: usize, count: i32, accumulate: i32, to: usize,
): void {
  const e = <i32>sizeof<T>();
  const lanes = 16 / e;
  const whole = <usize>((px.cols & -lanes) * e);
  const rest = px.cols & (lanes - 1);
  const mask = firstLanes<T>(rest);
  let s0 = elementOf(source, taps, 0, count), s1 = elementOf(source, taps, 1, count);
  let s2 = elementOf(source, taps, 2, count), s3 = elementOf(source, taps, 3, count);
  let s4 = elementOf(source, taps, 4, count), s5 = elementOf(source, taps, 5, count);
  let s6 = elementOf(source, taps, 6, count), s7 = elementOf(source, taps, 7, count);
  let s8 = elementOf(source, taps, 8, count);
  const zero = v128.splat<T>(<T>0);
  let a0 = zero, a1 = zero, a2 = zero, a3 = zero, a4 = zero, a5 = zero, a6 = zero, a7 = zero, a8 = zero;
  for (let y = 0; y < px.rows; y++) {
    for (let x: usize = 0; x < whole; x += 16) {
      const g = v128.load(gradients + x);
      a0 = multiplyAdd<T>(g, v128.load(s0 + x), a0);
      a1 = multiplyAdd<T>(g, v128.load(s1 + x), a1);
      if (offsetof<M>() > 2) {
        a2 = multiplyAdd<T>(g, v128.load(s2 + x), a2);
        a3 = multiplyAdd<T>(g, v128.load(s3 + x), a3);
        a4 = multiplyAdd<T>(g, v128.load(s4 + x), a4);
      }
      if (offsetof<M>() > 5) {
        a5 = multiplyAdd<T>(g, v128.load(s5 + x), a5);
        a6 = multiplyAdd<T>(g, v128.load(s6 + x), a6);
        a7 = multiplyAdd<T>(g, v128.load(s7 + x), a7);
        a8 = multiplyAdd<T>(g, v128.load(s8 + x), a8);
      }
    }
    if (rest > 0) {
      // Both sides are masked, as an infinity beyond the last pixel must not meet a zero.
      const g = v128.and(v128.load(gradients + whole), mask);
      a0 = multiplyAdd<T>(g, v128.and(v128.load(s0 + whole), mask), a0);
      a1 = multiplyAdd<T>(g, v128.and(v128.load(s1 + whole), mask), a1);
      if (offsetof<M>() > 2) {
        a2 = multiplyAdd<T>(g, v128.and(v128.load(s2 + whole), mask), a2);
        a3 = multiplyAdd<T>(g, v128.and(v128.load(s3 + whole), mask), a3);
        a4 = multiplyAdd<T>(g, v128.and(v128.load(s4 + whole), mask), a4);
      }
      if (offsetof<M>() > 5) {
        a5 = multiplyAdd<T>(g, v128.and(v128.load(s5 + whole), mask), a5);
        a6 = multiplyAdd<T>(g, v128.and(v128.load(s6 + whole), mask), a6);
        a7 = multiplyAdd<T>(g, v128.and(v128.load(s7 + whole), mask), a7);
        a8 = multiplyAdd<T>(g, v128.and(v128.load(s8 + whole), mask), a8);
      }
    }
    gradients += gradientStep;
    s0 += px.rowStep;
    s1 += px.rowStep;
    if (offsetof<M>() > 2) {
      s2 += px.rowStep;
      s3 += px.rowStep;
      s4 += px.rowStep;
    }
    if (offsetof<M>() > 5) {
      s5 += px.rowStep;
      s6 += px.rowStep;
      s7 += px.rowStep;
      s8 += px.rowStep;
    }
  }
  add<T>(a0, accumulate, to);
  if (count > 1) add<T>(a1, accumulate, to + e);
  if (offsetof<M>() > 2) {
    add<T>(a2, accumulate, to + 2 * e);
    if (count > 3) add<T>(a3, accumulate, to + 3 * e);
    if (count > 4) add<T>(a4, accumulate, to + 4 * e);
  }
  if (offsetof<M>() > 5) {
    add<T>(a5, accumulate, to + 5 * e);
    if (count > 6) add<T>(a6, accumulate, to + 6 * e);
    if (count > 7) add<T>(a7, accumulate, to + 7 * e);
    if (count > 8) add<T>(a8, accumulate, to + 8 * e);
  }
}

/** Sets all bits of the first `count` lanes. */
// @ts-ignore: decorator
@inline
function firstLanes<T>(count: i32): v128 {
  if (sizeof<T>() == 4) return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
  return i64x2.lt_s(i64x2(0, 1), i64x2.splat(count));
}

/** Returns the sum of the lanes. */
// @ts-ignore: decorator
@inline
function add<T>(lanes: v128, accumulate: i32, to: usize): void {
  let sum: T;
  if (sizeof<T>() == 4) {
    const pairs = v128.add<T>(lanes, v128.shuffle<f64>(lanes, lanes, 1, 0));
    sum = v128.extract_lane<T>(pairs, 0) + v128.extract_lane<T>(pairs, 1);
  } else {
    sum = v128.extract_lane<T>(lanes, 0) + v128.extract_lane<T>(lanes, 1);
  }
  store<T>(to, accumulate ? load<T>(to) + sum : sum);
}
