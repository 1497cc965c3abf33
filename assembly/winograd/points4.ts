// SPDX-License-Identifier: MIT
import { multiplyAdd } from "../vector";

// F(4, 3) at the points 0, +-sqrt(1/2), +-sqrt(2) and infinity, whose rounding errors are several times smaller than
// those of 0, +-1, +-2. Each function takes one line of a square and stores its results `toStep` bytes apart, for the
// four squares (or output channels) in the lanes of its vectors.

const root: f64 = 0.70710678118654752440; // sqrt(1/2)

/** Computes B^T d: six inputs become values at the six points. */
// @ts-ignore: decorator
@inline
export function inputPoints4(
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, toStep: usize,
): void {
  const five = f32x4.splat(-2.5), two = f32x4.splat(-2), half = f32x4.splat(-0.5);
  v128.store(to, multiplyAdd<f32>(five, d2, f32x4.add(d0, d4)));
  const even1 = multiplyAdd<f32>(two, d2, d4);
  const odd1 = f32x4.mul(f32x4.splat(<f32>root), multiplyAdd<f32>(two, d1, d3));
  v128.store(to + toStep, f32x4.add(even1, odd1));
  v128.store(to + 2 * toStep, f32x4.sub(even1, odd1));
  const even2 = multiplyAdd<f32>(half, d2, d4);
  const odd2 = f32x4.mul(f32x4.splat(<f32>(2 * root)), multiplyAdd<f32>(half, d1, d3));
  v128.store(to + 3 * toStep, f32x4.add(even2, odd2));
  v128.store(to + 4 * toStep, f32x4.sub(even2, odd2));
  v128.store(to + 5 * toStep, multiplyAdd<f32>(five, d3, f32x4.add(d1, d5)));
}

/** Computes A^T m: values at the six points, `fromStep` bytes apart, become four outputs. */
// @ts-ignore: decorator
@inline
export function outputPoints4(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + fromStep), m2 = v128.load(from + 2 * fromStep);
  const m3 = v128.load(from + 3 * fromStep), m4 = v128.load(from + 4 * fromStep);
  const sum1 = f32x4.add(m1, m2), difference1 = f32x4.sub(m1, m2);
  const sum2 = f32x4.add(m3, m4), difference2 = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(v128.load(from), sum1), sum2));
  const y1 = f32x4.mul(f32x4.splat(<f32>(2 * root)), difference2);
  v128.store(to + toStep, multiplyAdd<f32>(f32x4.splat(<f32>root), difference1, y1));
  const y2 = f32x4.mul(f32x4.splat(2), sum2);
  v128.store(to + 2 * toStep, multiplyAdd<f32>(f32x4.splat(0.5), sum1, y2));
  const y3 = multiplyAdd<f32>(f32x4.splat(<f32>(4 * root)), difference2, v128.load(from + 5 * fromStep));
  v128.store(to + 3 * toStep, multiplyAdd<f32>(f32x4.splat(<f32>(root / 2)), difference1, y3));
}

/** Computes G w: three weights become values at the six points, each divided by its distances to the other points. */
export function weightPoints4(w0: f64, w1: f64, w2: f64, to: usize, toStep: usize): void {
  const even1 = (-2 * w0 - w2) / 3, odd1 = (-2 * root * w1) / 3;
  const even2 = (w0 + 2 * w2) / 6, odd2 = (root * w1) / 3;
  store<f64>(to, w0);
  store<f64>(to + toStep, even1 + odd1);
  store<f64>(to + 2 * toStep, even1 - odd1);
  store<f64>(to + 3 * toStep, even2 + odd2);
  store<f64>(to + 4 * toStep, even2 - odd2);
  store<f64>(to + 5 * toStep, w2);
}
