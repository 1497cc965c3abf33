// SPDX-License-Identifier: MIT
import { finishTile, finishVector } from "./finish";
import { Frame } from "./plan";

/**
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
 * x[k] is at source + taps[k], or, where the pixels are packed, at source + k * (bytes of the tile's width). Reads
 * whole vectors: pixels beyond the tile's `pixels` must be readable. k >= 1.
 *
 * A tile needs 8 independent sums to hide the latency of an addition, and V8 spills with more than 14 vectors in
 * use: so 4 channels x 2 vectors, 2 x 4, 1 x 8. Narrower tiles finish a row.
 */

/** As many vectors as `pixels` need, in the sizes that there are tiles for. */
export function tileVectors<T>(outChannels: i32, pixels: i32): i32 {
  const vectors = (pixels + <i32>(16 / sizeof<T>()) - 1) / <i32>(16 / sizeof<T>());
  if (vectors == 1) return 1;
  if (outChannels >= 4 || vectors < 4) return 2;
  return outChannels >= 2 || vectors < 8 ? 4 : 8;
}

/** All output channels of a block for one tile of pixels. */
// @ts-ignore: decorator
@inline
export function tileColumn<T>(f: Frame, packed: bool, source: usize, vectors: i32, pixels: i32, to: usize): void {
  const e = <i32>sizeof<T>();
  const channels = f.outChannels;
  const k = f.products;
  const filterBytes = f.filter * e;
  const firstBytes = f.first * e;
  let bias = f.bias;
  let weights = f.weights;
  let oc = 0;
  for (; oc + 4 <= channels; oc += 4) {
    const w = weights + 4 * firstBytes;
    if (vectors == 2) packed ? packed4x2<T>(f, source, k, w, pixels, bias, to) : tap4x2<T>(f, source, k, w, pixels, bias, to);
    else packed ? packed4x1<T>(f, source, k, w, pixels, bias, to) : tap4x1<T>(f, source, k, w, pixels, bias, to);
    weights += 4 * filterBytes;
    bias += 4 * e;
    to += 4 * f.channelPitch;
  }
  if (channels - oc >= 2) {
    const w = weights + 2 * firstBytes;
    if (vectors == 4) packed ? packed2x4<T>(f, source, k, w, pixels, bias, to) : tap2x4<T>(f, source, k, w, pixels, bias, to);
    else if (vectors == 2) packed ? packed2x2<T>(f, source, k, w, pixels, bias, to) : tap2x2<T>(f, source, k, w, pixels, bias, to);
    else packed ? packed2x1<T>(f, source, k, w, pixels, bias, to) : tap2x1<T>(f, source, k, w, pixels, bias, to);
    weights += 2 * filterBytes;
    bias += 2 * e;
    to += 2 * f.channelPitch;
    oc += 2;
  }
  if (oc < channels) {
    const w = weights + firstBytes;
    if (vectors == 8) packed ? packed1x8<T>(f, source, k, w, pixels, bias, to) : tap1x8<T>(f, source, k, w, pixels, bias, to);
    else if (vectors == 4) packed ? packed1x4<T>(f, source, k, w, pixels, bias, to) : tap1x4<T>(f, source, k, w, pixels, bias, to);
    else if (vectors == 2) packed ? packed1x2<T>(f, source, k, w, pixels, bias, to) : tap1x2<T>(f, source, k, w, pixels, bias, to);
    else packed ? packed1x1<T>(f, source, k, w, pixels, bias, to) : tap1x1<T>(f, source, k, w, pixels, bias, to);
  }
}

// @ts-ignore: decorator
@inline
function rows4<T>(
  f: Frame, packed: bool, vectors: i32, source: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize,
): void {
  const e = sizeof<T>();
  let a0 = v128.splat<T>(<T>0), b0 = v128.splat<T>(<T>0);
  let a1 = v128.splat<T>(<T>0), b1 = v128.splat<T>(<T>0);
  let a2 = v128.splat<T>(<T>0), b2 = v128.splat<T>(<T>0);
  let a3 = v128.splat<T>(<T>0), b3 = v128.splat<T>(<T>0);
  let taps = f.taps;
  for (const end = w + <usize>k * 4 * e; w < end; w += 4 * e) {
    const at = packed ? source : source + load<i32>(taps);
    if (packed) source += vectors * 16;
    else taps += 4;
    const x0 = v128.load(at);
    const x1 = vectors > 1 ? v128.load(at, 16) : x0;
    const y0 = v128.load_splat<T>(w);
    a0 = v128.add<T>(a0, v128.mul<T>(y0, x0));
    if (vectors > 1) b0 = v128.add<T>(b0, v128.mul<T>(y0, x1));
    const y1 = v128.load_splat<T>(w, e);
    a1 = v128.add<T>(a1, v128.mul<T>(y1, x0));
    if (vectors > 1) b1 = v128.add<T>(b1, v128.mul<T>(y1, x1));
    const y2 = v128.load_splat<T>(w, 2 * e);
    a2 = v128.add<T>(a2, v128.mul<T>(y2, x0));
    if (vectors > 1) b2 = v128.add<T>(b2, v128.mul<T>(y2, x1));
    const y3 = v128.load_splat<T>(w, 3 * e);
    a3 = v128.add<T>(a3, v128.mul<T>(y3, x0));
    if (vectors > 1) b3 = v128.add<T>(b3, v128.mul<T>(y3, x1));
  }
  if (f.planar && pixels >= vectors * <i32>(16 / e)) {
    const low = v128.splat<T>(<T>f.low), high = v128.splat<T>(<T>f.high);
    let added = v128.load_splat<T>(bias);
    finishVector<T>(f, a0, added, low, high, to);
    if (vectors > 1) finishVector<T>(f, b0, added, low, high, to + 16);
    to += f.channelPitch;
    added = v128.load_splat<T>(bias, e);
    finishVector<T>(f, a1, added, low, high, to);
    if (vectors > 1) finishVector<T>(f, b1, added, low, high, to + 16);
    to += f.channelPitch;
    added = v128.load_splat<T>(bias, 2 * e);
    finishVector<T>(f, a2, added, low, high, to);
    if (vectors > 1) finishVector<T>(f, b2, added, low, high, to + 16);
    to += f.channelPitch;
    added = v128.load_splat<T>(bias, 3 * e);
    finishVector<T>(f, a3, added, low, high, to);
    if (vectors > 1) finishVector<T>(f, b3, added, low, high, to + 16);
    return;
  }
  const scratch = f.scratch;
  v128.store(scratch, a0);
  if (vectors > 1) v128.store(scratch, b0, 16);
  v128.store(scratch, a1, 32);
  if (vectors > 1) v128.store(scratch, b1, 48);
  v128.store(scratch, a2, 64);
  if (vectors > 1) v128.store(scratch, b2, 80);
  v128.store(scratch, a3, 96);
  if (vectors > 1) v128.store(scratch, b3, 112);
  finishTile<T>(f, 32, <i32>e, 4, pixels, bias, to);
}

function tap4x2<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows4<T>(f, false, 2, x, k, w, pixels, bias, to);
}

function tap4x1<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows4<T>(f, false, 1, x, k, w, pixels, bias, to);
}

function packed4x2<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows4<T>(f, true, 2, x, k, w, pixels, bias, to);
}

function packed4x1<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows4<T>(f, true, 1, x, k, w, pixels, bias, to);
}

// @ts-ignore: decorator
@inline
function rows2<T>(
  f: Frame, packed: bool, vectors: i32, source: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize,
): void {
  const e = sizeof<T>();
  let a0 = v128.splat<T>(<T>0), b0 = v128.splat<T>(<T>0), c0 = v128.splat<T>(<T>0), d0 = v128.splat<T>(<T>0);
  let a1 = v128.splat<T>(<T>0), b1 = v128.splat<T>(<T>0), c1 = v128.splat<T>(<T>0), d1 = v128.splat<T>(<T>0);
  let taps = f.taps;
  for (const end = w + <usize>k * 2 * e; w < end; w += 2 * e) {
    const at = packed ? source : source + load<i32>(taps);
    if (packed) source += vectors * 16;
    else taps += 4;
    const x0 = v128.load(at);
    const x1 = vectors > 1 ? v128.load(at, 16) : x0;
    const x2 = vectors > 2 ? v128.load(at, 32) : x0;
    const x3 = vectors > 2 ? v128.load(at, 48) : x0;
    const y0 = v128.load_splat<T>(w);
    a0 = v128.add<T>(a0, v128.mul<T>(y0, x0));
    if (vectors > 1) b0 = v128.add<T>(b0, v128.mul<T>(y0, x1));
    if (vectors > 2) c0 = v128.add<T>(c0, v128.mul<T>(y0, x2));
    if (vectors > 2) d0 = v128.add<T>(d0, v128.mul<T>(y0, x3));
    const y1 = v128.load_splat<T>(w, e);
    a1 = v128.add<T>(a1, v128.mul<T>(y1, x0));
    if (vectors > 1) b1 = v128.add<T>(b1, v128.mul<T>(y1, x1));
    if (vectors > 2) c1 = v128.add<T>(c1, v128.mul<T>(y1, x2));
    if (vectors > 2) d1 = v128.add<T>(d1, v128.mul<T>(y1, x3));
  }
  if (f.planar && pixels >= vectors * <i32>(16 / e)) {
    const low = v128.splat<T>(<T>f.low), high = v128.splat<T>(<T>f.high);
    let added = v128.load_splat<T>(bias);
    finishVector<T>(f, a0, added, low, high, to);
    if (vectors > 1) finishVector<T>(f, b0, added, low, high, to + 16);
    if (vectors > 2) finishVector<T>(f, c0, added, low, high, to + 32);
    if (vectors > 2) finishVector<T>(f, d0, added, low, high, to + 48);
    to += f.channelPitch;
    added = v128.load_splat<T>(bias, e);
    finishVector<T>(f, a1, added, low, high, to);
    if (vectors > 1) finishVector<T>(f, b1, added, low, high, to + 16);
    if (vectors > 2) finishVector<T>(f, c1, added, low, high, to + 32);
    if (vectors > 2) finishVector<T>(f, d1, added, low, high, to + 48);
    return;
  }
  const scratch = f.scratch;
  v128.store(scratch, a0);
  if (vectors > 1) v128.store(scratch, b0, 16);
  if (vectors > 2) v128.store(scratch, c0, 32);
  if (vectors > 2) v128.store(scratch, d0, 48);
  v128.store(scratch, a1, 64);
  if (vectors > 1) v128.store(scratch, b1, 80);
  if (vectors > 2) v128.store(scratch, c1, 96);
  if (vectors > 2) v128.store(scratch, d1, 112);
  finishTile<T>(f, 64, <i32>e, 2, pixels, bias, to);
}

function tap2x4<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows2<T>(f, false, 4, x, k, w, pixels, bias, to);
}

function tap2x2<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows2<T>(f, false, 2, x, k, w, pixels, bias, to);
}

function tap2x1<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows2<T>(f, false, 1, x, k, w, pixels, bias, to);
}

function packed2x4<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows2<T>(f, true, 4, x, k, w, pixels, bias, to);
}

function packed2x2<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows2<T>(f, true, 2, x, k, w, pixels, bias, to);
}

function packed2x1<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows2<T>(f, true, 1, x, k, w, pixels, bias, to);
}

// @ts-ignore: decorator
@inline
function rows1<T>(
  f: Frame, packed: bool, vectors: i32, source: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize,
): void {
  const e = sizeof<T>();
  let a0 = v128.splat<T>(<T>0), b0 = v128.splat<T>(<T>0), c0 = v128.splat<T>(<T>0), d0 = v128.splat<T>(<T>0), e0 = v128.splat<T>(<T>0), f0 = v128.splat<T>(<T>0), g0 = v128.splat<T>(<T>0), h0 = v128.splat<T>(<T>0);
  let taps = f.taps;
  for (const end = w + <usize>k * e; w < end; w += e) {
    const at = packed ? source : source + load<i32>(taps);
    if (packed) source += vectors * 16;
    else taps += 4;
    const y = v128.load_splat<T>(w);
    a0 = v128.add<T>(a0, v128.mul<T>(y, v128.load(at)));
    if (vectors > 1) b0 = v128.add<T>(b0, v128.mul<T>(y, v128.load(at, 16)));
    if (vectors > 2) c0 = v128.add<T>(c0, v128.mul<T>(y, v128.load(at, 32)));
    if (vectors > 2) d0 = v128.add<T>(d0, v128.mul<T>(y, v128.load(at, 48)));
    if (vectors > 4) e0 = v128.add<T>(e0, v128.mul<T>(y, v128.load(at, 64)));
    if (vectors > 4) f0 = v128.add<T>(f0, v128.mul<T>(y, v128.load(at, 80)));
    if (vectors > 4) g0 = v128.add<T>(g0, v128.mul<T>(y, v128.load(at, 96)));
    if (vectors > 4) h0 = v128.add<T>(h0, v128.mul<T>(y, v128.load(at, 112)));
  }
  if (f.planar && pixels >= vectors * <i32>(16 / e)) {
    const low = v128.splat<T>(<T>f.low), high = v128.splat<T>(<T>f.high);
    let added = v128.load_splat<T>(bias);
    finishVector<T>(f, a0, added, low, high, to);
    if (vectors > 1) finishVector<T>(f, b0, added, low, high, to + 16);
    if (vectors > 2) finishVector<T>(f, c0, added, low, high, to + 32);
    if (vectors > 2) finishVector<T>(f, d0, added, low, high, to + 48);
    if (vectors > 4) finishVector<T>(f, e0, added, low, high, to + 64);
    if (vectors > 4) finishVector<T>(f, f0, added, low, high, to + 80);
    if (vectors > 4) finishVector<T>(f, g0, added, low, high, to + 96);
    if (vectors > 4) finishVector<T>(f, h0, added, low, high, to + 112);
    return;
  }
  const scratch = f.scratch;
  v128.store(scratch, a0);
  if (vectors > 1) v128.store(scratch, b0, 16);
  if (vectors > 2) v128.store(scratch, c0, 32);
  if (vectors > 2) v128.store(scratch, d0, 48);
  if (vectors > 4) v128.store(scratch, e0, 64);
  if (vectors > 4) v128.store(scratch, f0, 80);
  if (vectors > 4) v128.store(scratch, g0, 96);
  if (vectors > 4) v128.store(scratch, h0, 112);
  finishTile<T>(f, 128, <i32>e, 1, pixels, bias, to);
}

function tap1x8<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows1<T>(f, false, 8, x, k, w, pixels, bias, to);
}

function tap1x4<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows1<T>(f, false, 4, x, k, w, pixels, bias, to);
}

function tap1x2<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows1<T>(f, false, 2, x, k, w, pixels, bias, to);
}

function tap1x1<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows1<T>(f, false, 1, x, k, w, pixels, bias, to);
}

function packed1x8<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows1<T>(f, true, 8, x, k, w, pixels, bias, to);
}

function packed1x4<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows1<T>(f, true, 4, x, k, w, pixels, bias, to);
}

function packed1x2<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows1<T>(f, true, 2, x, k, w, pixels, bias, to);
}

function packed1x1<T>(f: Frame, x: usize, k: i32, w: usize, pixels: i32, bias: usize, to: usize): void {
  rows1<T>(f, true, 1, x, k, w, pixels, bias, to);
}

