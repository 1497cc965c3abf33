// SPDX-License-Identifier: MIT
import { Frame } from "../convolution/plan";
import { rows } from "./rows";
import { rows1 } from "./rows1";
import { rows2 } from "./rows2";
import { Eight, FiveRows, Four, FourRows, One, SixRows, Two } from "./shape";

/*
 * The tiles of direct and im2col: rows are output channels, lanes are pixels.
 *
 *   sum[oc][pixel] = sum over k of weights[k][oc] * x[k][pixel]
 *
 *            x[k]  | p0 p1 p2 p3 | p4 p5 p6 p7 |
 *   w[k] oc 0      |      a0     |      b0     |     each weight is broadcast to a vector of its own,
 *        oc 1      |      a1     |      b1     |     each vector of pixels serves all channels of the tile
 *        oc 2      |      a2     |      b2     |
 *        oc 3      |      a3     |      b3     |
 *
 * Tiles read whole vectors: pixels beyond the last must be readable. There is at least one product.
 *
 * A tile needs 8 independent sums to hide the latency of an addition, and V8 spills with more than 14 vectors in use.
 * Tiles therefore have 5 channels x 2 vectors (56 GFLOP/s on Zen 5 with V8 11.3; 4 x 2 has 45), 2 x 4 or 1 x 8. Fused
 * multiply-adds take longer and need no vector for a product, so tiles have 6 x 2 there (57 to 58 GFLOP/s, about the
 * peak, with V8 13.6; 5 x 2 has 54). Narrower tiles take the rest.
 */

/**
 * Returns as many vectors as `pixels` need, of the widths that tiles have. Only direct has tiles of 4 vectors, and only
 * for float32 of 8.
 */
export function tileVectors<T, X>(outChannels: i32, pixels: i32): i32 {
  const lanes = <i32>(16 / sizeof<T>());
  const vectors = (pixels + lanes - 1) / lanes;
  if (vectors == 1) return 1;
  if (isBoolean<X>() || outChannels >= 4 || vectors < 4) return 2;
  return sizeof<T>() == 8 || outChannels >= 2 || vectors < 8 ? 4 : 8;
}

/**
 * Returns the size of the next tile of `left` output channels. Wide tiles come first, then as many of four as leave no
 * rest. Where `left` is at least `channelUnit`, that much of it consists of whole tiles.
 */
// @ts-ignore: decorator
@inline
export function tileChannels(left: i32): i32 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (left >= 6) return 6;
  } else {
    const fours = (5 - (left % 5)) % 5;
    if (left > 4 * fours || left == 7 || left == 11) return 5;
  }
  return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/** Calls may divide output channels at multiples of this, which every tile size divides, if as many are left. */
export const channelUnit: i32 = ASC_FEATURE_RELAXED_SIMD ? 24 : 40;

/** Computes all output channels of a group for one tile of pixels. */
export function tileColumn<T, X>(f: Frame, x: usize, vectors: i32, pixels: i32, to: usize): void {
  const e = <i32>sizeof<T>();
  const filterBytes = f.filter * e;
  const firstBytes = f.first * e;
  let bias = f.bias;
  let weights = f.weights;
  let left = f.outChannels;
  while (left >= 4) {
    const tile = tileChannels(left);
    const w = weights + tile * firstBytes;
    if (ASC_FEATURE_RELAXED_SIMD && tile == 6) {
      if (vectors == 2) rows<T, Two, X, SixRows>(f, x, w, pixels, bias, to);
      else rows<T, One, X, SixRows>(f, x, w, pixels, bias, to);
    } else if (!ASC_FEATURE_RELAXED_SIMD && tile == 5) {
      if (vectors == 2) rows<T, Two, X, FiveRows>(f, x, w, pixels, bias, to);
      else rows<T, One, X, FiveRows>(f, x, w, pixels, bias, to);
    } else {
      if (vectors == 2) rows<T, Two, X, FourRows>(f, x, w, pixels, bias, to);
      else rows<T, One, X, FourRows>(f, x, w, pixels, bias, to);
    }
    weights += tile * filterBytes;
    bias += tile * e;
    to += tile * f.channelStep;
    left -= tile;
  }
  if (left & 2) {
    const w = weights + 2 * firstBytes;
    if (!isBoolean<X>() && vectors == 4) rows2<T, Four, X>(f, x, w, pixels, bias, to);
    else if (vectors == 2) rows2<T, Two, X>(f, x, w, pixels, bias, to);
    else rows2<T, One, X>(f, x, w, pixels, bias, to);
    weights += 2 * filterBytes;
    bias += 2 * e;
    to += 2 * f.channelStep;
  }
  if (left & 1) {
    const w = weights + firstBytes;
    if (!isBoolean<X>() && sizeof<T>() == 4 && vectors == 8) rows1<T, Eight, X>(f, x, w, pixels, bias, to);
    else if (!isBoolean<X>() && vectors == 4) rows1<T, Four, X>(f, x, w, pixels, bias, to);
    else if (vectors == 2) rows1<T, Two, X>(f, x, w, pixels, bias, to);
    else rows1<T, One, X>(f, x, w, pixels, bias, to);
  }
}
