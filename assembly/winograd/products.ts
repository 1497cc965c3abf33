// SPDX-License-Identifier: MIT
import { multiplyAdd } from "../vector";

// These functions compute the matrix product at one position,
//   products[square][oc] = sum over ic of planes[ic][square] * weights[ic][oc]
// in tiles of four or six squares and one or two vectors of output channels. Squares are rounded up to whole tiles, so
// squares behind the last must be readable, and their products writable.
//
// Where multiply-adds are fused, a tile of 6 x 2 vectors hides the latency of its twelve sums best; where they are not,
// V8 spills it (Zen 4 and 5).

/** Multiplies for eight output channels. Channels of the planes lie `lineBytes` apart. */
// @ts-ignore: decorator
@inline
export function products2(
  planes: usize, lineBytes: usize, weights: usize, channels: i32, squares: i32, to: usize,
): void {
  while (squares > 0) {
    if (ASC_FEATURE_RELAXED_SIMD && squares > 4) {
      tile6x2(planes, lineBytes, weights, channels, to);
      planes += 24;
      to += 192;
      squares -= 6;
    } else {
      tile4x2(planes, lineBytes, weights, channels, to);
      planes += 16;
      to += 128;
      squares -= 4;
    }
  }
}

/** Multiplies for four output channels. */
// @ts-ignore: decorator
@inline
export function products1(
  planes: usize, lineBytes: usize, weights: usize, channels: i32, squares: i32, to: usize,
): void {
  for (; squares > 0; squares -= 4, planes += 16, to += 64) tile4x1(planes, lineBytes, weights, channels, to);
}

// @ts-ignore: decorator
@inline
function tile6x2(x: usize, lineBytes: usize, w: usize, channels: i32, to: usize): void {
  let a0 = f32x4.splat(0), b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0), b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0), b2 = f32x4.splat(0);
  let a3 = f32x4.splat(0), b3 = f32x4.splat(0);
  let a4 = f32x4.splat(0), b4 = f32x4.splat(0);
  let a5 = f32x4.splat(0), b5 = f32x4.splat(0);
  for (const end = w + channels * 32; w < end; w += 32, x += lineBytes) {
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
    const x4 = v128.load32_splat(x, 16);
    a4 = multiplyAdd<f32>(x4, y0, a4);
    b4 = multiplyAdd<f32>(x4, y1, b4);
    const x5 = v128.load32_splat(x, 20);
    a5 = multiplyAdd<f32>(x5, y0, a5);
    b5 = multiplyAdd<f32>(x5, y1, b5);
  }
  v128.store(to, a0);
  v128.store(to, b0, 16);
  v128.store(to, a1, 32);
  v128.store(to, b1, 48);
  v128.store(to, a2, 64);
  v128.store(to, b2, 80);
  v128.store(to, a3, 96);
  v128.store(to, b3, 112);
  v128.store(to, a4, 128);
  v128.store(to, b4, 144);
  v128.store(to, a5, 160);
  v128.store(to, b5, 176);
}

// @ts-ignore: decorator
@inline
function tile4x2(x: usize, lineBytes: usize, w: usize, channels: i32, to: usize): void {
  let a0 = f32x4.splat(0), b0 = f32x4.splat(0);
  let a1 = f32x4.splat(0), b1 = f32x4.splat(0);
  let a2 = f32x4.splat(0), b2 = f32x4.splat(0);
  let a3 = f32x4.splat(0), b3 = f32x4.splat(0);
  for (const end = w + channels * 32; w < end; w += 32, x += lineBytes) {
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

// @ts-ignore: decorator
@inline
function tile4x1(x: usize, lineBytes: usize, w: usize, channels: i32, to: usize): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  for (const end = w + channels * 16; w < end; w += 16, x += lineBytes) {
    const y0 = v128.load(w);
    const x0 = v128.load32_splat(x);
    a0 = multiplyAdd<f32>(x0, y0, a0);
    const x1 = v128.load32_splat(x, 4);
    a1 = multiplyAdd<f32>(x1, y0, a1);
    const x2 = v128.load32_splat(x, 8);
    a2 = multiplyAdd<f32>(x2, y0, a2);
    const x3 = v128.load32_splat(x, 12);
    a3 = multiplyAdd<f32>(x3, y0, a3);
  }
  v128.store(to, a0);
  v128.store(to, a1, 16);
  v128.store(to, a2, 32);
  v128.store(to, a3, 48);
}
