// SPDX-License-Identifier: MIT

// F(2, 3) at the points 0, 1, -1 and infinity; the functions are those of points4.ts.

/** B^T d: four inputs to values at the four points. */
// @ts-ignore: decorator
@inline
export function inputPoints2(d0: v128, d1: v128, d2: v128, d3: v128, to: usize, pitch: usize): void {
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + pitch, f32x4.add(d1, d2));
  v128.store(to + 2 * pitch, f32x4.sub(d2, d1));
  v128.store(to + 3 * pitch, f32x4.sub(d3, d1));
}

/** A^T m: values at the four points, `step` bytes apart, to two outputs. */
// @ts-ignore: decorator
@inline
export function outputPoints2(from: usize, step: usize, to: usize, pitch: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  v128.store(to, f32x4.add(f32x4.add(v128.load(from), m1), m2));
  v128.store(to + pitch, f32x4.add(f32x4.sub(m1, m2), v128.load(from + 3 * step)));
}

/** G w: three weights to values at the four points. */
export function weightPoints2(w0: f64, w1: f64, w2: f64, to: usize, pitch: usize): void {
  const even = (w0 + w2) / 2, odd = w1 / 2;
  store<f64>(to, w0);
  store<f64>(to + pitch, even + odd);
  store<f64>(to + 2 * pitch, even - odd);
  store<f64>(to + 3 * pitch, w2);
}
