// SPDX-License-Identifier: MIT
import { Frame } from "../plan";
import { rows1 } from "./rows1";
import { rows2 } from "./rows2";
import { rows4 } from "./rows4";
import { rows6 } from "./rows6";
import { Eight, Four, One, Two } from "./shape";

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
 * A tile needs 8 independent sums to hide the latency of an addition, and V8 spills with more than 14 vectors in
 * use: so 4 channels x 2 vectors, 2 x 4, 1 x 8. Fused multiply-adds take longer and need no vector for a product: 6 x 2
 * there. Narrower tiles finish a row.
 */

/** As many vectors as `pixels` need, in the sizes that there are tiles for. */
export function tileVectors<T>(outChannels: i32, pixels: i32): i32 {
  const lanes = <i32>(16 / sizeof<T>());
  const vectors = (pixels + lanes - 1) / lanes;
  if (vectors == 1) return 1;
  if (outChannels >= 4 || vectors < 4) return 2;
  return outChannels >= 2 || vectors < 8 ? 4 : 8;
}

/** The next tile of output channels, of `left` channels. */
// @ts-ignore: decorator
@inline
export function tileChannels(left: i32): i32 {
  if (ASC_FEATURE_RELAXED_SIMD && left >= 6) return 6;
  return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/** All output channels of a group for one tile of pixels: tiles of 6 or 4 channels, then of 2 and of 1. */
export function tileColumn<T, X>(f: Frame, x: usize, vectors: i32, pixels: i32, to: usize): void {
  const e = <i32>sizeof<T>();
  const filterBytes = f.filter * e;
  const firstBytes = f.first * e;
  let bias = f.bias;
  let weights = f.weights;
  let left = f.outChannels;
  if (ASC_FEATURE_RELAXED_SIMD) {
    for (; left >= 6; left -= 6) {
      const w = weights + 6 * firstBytes;
      if (vectors == 2) rows6<T, Two, X>(f, x, w, pixels, bias, to);
      else rows6<T, One, X>(f, x, w, pixels, bias, to);
      weights += 6 * filterBytes;
      bias += 6 * e;
      to += 6 * f.channelPitch;
    }
  }
  for (; left >= 4; left -= 4) {
    const w = weights + 4 * firstBytes;
    if (vectors == 2) rows4<T, Two, X>(f, x, w, pixels, bias, to);
    else rows4<T, One, X>(f, x, w, pixels, bias, to);
    weights += 4 * filterBytes;
    bias += 4 * e;
    to += 4 * f.channelPitch;
  }
  if (left & 2) {
    const w = weights + 2 * firstBytes;
    if (vectors == 4) rows2<T, Four, X>(f, x, w, pixels, bias, to);
    else if (vectors == 2) rows2<T, Two, X>(f, x, w, pixels, bias, to);
    else rows2<T, One, X>(f, x, w, pixels, bias, to);
    weights += 2 * filterBytes;
    bias += 2 * e;
    to += 2 * f.channelPitch;
  }
  if (left & 1) {
    const w = weights + firstBytes;
    if (vectors == 8) rows1<T, Eight, X>(f, x, w, pixels, bias, to);
    else if (vectors == 4) rows1<T, Four, X>(f, x, w, pixels, bias, to);
    else if (vectors == 2) rows1<T, Two, X>(f, x, w, pixels, bias, to);
    else rows1<T, One, X>(f, x, w, pixels, bias, to);
  }
}
