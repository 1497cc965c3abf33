// SPDX-License-Identifier: MIT
import { multiplyAdd } from "../vector";

// The matrix product at one position: products[square][oc] = sum over ic of planes[ic][square] * weights[ic][oc],
// in tiles of four squares and one or two vectors of output channels. Squares are rounded up to whole tiles: what lies
// behind the last must be readable, and its products writable.

/** Eight output channels. `lineBytes` is from one channel of the planes to the next. */
export function products2(
  planes: usize, lineBytes: usize, weights: usize, channels: i32, squares: i32, to: usize,
): void {
  for (const end = planes + 4 * squares; planes < end; planes += 16, to += 128) {
    let x = planes;
    let w = weights;
    let a0 = f32x4.splat(0), b0 = f32x4.splat(0);
    let a1 = f32x4.splat(0), b1 = f32x4.splat(0);
    let a2 = f32x4.splat(0), b2 = f32x4.splat(0);
    let a3 = f32x4.splat(0), b3 = f32x4.splat(0);
    for (const last = weights + channels * 32; w < last; w += 32, x += lineBytes) {
      const y0 = v128.load(w), y1 = v128.load(w, 16);
      const x0 = v128.load32_splat(x);
      a0 = multiplyAdd<f32>(x0, y0, a0);
      b0 = multiplyAdd<f32>(x0, y1, b0);
      const x1 = v128.load32_splat(x, 4);
      a1 = multiplyAdd<f32>(x1, y0, a1);
      b1 = multiplyAdd<f32>(x1, y1, b1);
      const x2 = v128.load32_splat(x, 8);
      a2 = multiplyAdd<f32>(x2, y0, a2);
      b2 = multiplyAdd<f32>(x2, y1, b2);
      const x3 = v128.load32_splat(x, 12);
      a3 = multiplyAdd<f32>(x3, y0, a3);
      b3 = multiplyAdd<f32>(x3, y1, b3);
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
}

/** Four output channels. */
export function products1(
  planes: usize, lineBytes: usize, weights: usize, channels: i32, squares: i32, to: usize,
): void {
  for (const end = planes + 4 * squares; planes < end; planes += 16, to += 64) {
    let x = planes;
    let w = weights;
    let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
    for (const last = weights + channels * 16; w < last; w += 16, x += lineBytes) {
      const y0 = v128.load(w);
      a0 = multiplyAdd<f32>(v128.load32_splat(x), y0, a0);
      a1 = multiplyAdd<f32>(v128.load32_splat(x, 4), y0, a1);
      a2 = multiplyAdd<f32>(v128.load32_splat(x, 8), y0, a2);
      a3 = multiplyAdd<f32>(v128.load32_splat(x, 12), y0, a3);
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, a2, 32);
    v128.store(to, a3, 48);
  }
}
