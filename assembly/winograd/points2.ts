// SPDX-License-Identifier: MIT

// F(2, 3) at the points 0, 1, -1 and infinity; the functions correspond to those of points4.ts.

/** Computes B^T d: four inputs become values at the four points. */
// @ts-ignore: decorator
@inline
export function inputPoints2(d0: v128, d1: v128, d2: v128, d3: v128, to: usize, toStep: usize): void {
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + toStep, f32x4.add(d1, d2));
  v128.store(to + 2 * toStep, f32x4.sub(d2, d1));
  v128.store(to + 3 * toStep, f32x4.sub(d3, d1));
}

/** Computes A^T m: values at the four points, `fromStep` bytes apart, become two outputs. */
// @ts-ignore: decorator
@inline
export function outputPoints2(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + fromStep), m2 = v128.load(from + 2 * fromStep);
  v128.store(to, f32x4.add(f32x4.add(v128.load(from), m1), m2));
  v128.store(to + toStep, f32x4.add(f32x4.sub(m1, m2), v128.load(from + 3 * fromStep)));
}

/** Computes G w: three weights become values at the four points. */
export function weightPoints2(w0: f64, w1: f64, w2: f64, to: usize, toStep: usize): void {
  const even = (w0 + w2) / 2, odd = w1 / 2;
  store<f64>(to, w0);
  store<f64>(to + toStep, even + odd);
  store<f64>(to + 2 * toStep, even - odd);
  store<f64>(to + 3 * toStep, w2);
}
