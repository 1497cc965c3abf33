// SPDX-License-Identifier: MIT
import { Frame } from "../convolution/plan";
import { tileChannels } from "../tiles/column";

/** Pixels of a block lie in rows, which are joined into one where they follow each other without a gap. */
@unmanaged
export class Pixels {
  rows: i32;
  cols: i32;
  /** Bytes from one pixel to the next in its row, and to the one below. */
  step: i32;
  rowStep: i32;
}

/** Bytes that packElements may write beyond the last pixel: three rows of a panel. */
export const panelSlack: usize = 96;

/**
 * Packs output channels as rows of the tiles of column.ts: to[tile][pixel][channel of the tile]. `from` is where the
 * first pixel of the first of `f.outChannels` channels lies.
 */
export function packOutputs<T>(f: Frame, px: Pixels, from: usize, channelStep: i32, to: usize): void {
  const pixels = px.rows * px.cols;
  for (let oc = 0; oc < f.outChannels; ) {
    const tile = tileChannels(f.outChannels - oc);
    const width = <usize>tile * sizeof<T>();
    for (let i = 0; i < tile; i++, from += channelStep) {
      packChannel<T>(px, from, to + <usize>i * sizeof<T>(), width);
    }
    to += pixels * width;
    oc += tile;
  }
}

/** Stores the element of each pixel in one channel at to + pixel * width. */
export function packChannel<T>(px: Pixels, from: usize, to: usize, width: usize): void {
  for (let y = 0; y < px.rows; y++, from += px.rowStep) {
    let at = from;
    let x = 0;
    if (px.step == sizeof<T>()) {
      for (; x + 4 <= px.cols; x += 4, at += 4 * sizeof<T>(), to += 4 * width) {
        store<T>(to, load<T>(at));
        store<T>(to + width, load<T>(at, sizeof<T>()));
        store<T>(to + 2 * width, load<T>(at, 2 * sizeof<T>()));
        store<T>(to + 3 * width, load<T>(at, 3 * sizeof<T>()));
      }
    }
    for (; x < px.cols; x++, at += px.step, to += width) store<T>(to, load<T>(at));
  }
}

/**
 * Packs elements of windows as lanes of the tiles: to[tile][pixel][element of the tile]. Tiles are two vectors wide,
 * the last may be one. `taps` has the offset of each of `count` elements from the first one. Pixels are side by side in
 * `px`; a vector beyond the last is readable.
 */
export function packElements<T>(px: Pixels, source: usize, taps: usize, count: i32, to: usize): void {
  const lanes = <i32>(16 / sizeof<T>());
  const pixels = px.rows * px.cols;
  for (let e = 0; e < count; ) {
    const vectors = count - e > lanes ? 2 : 1;
    const width = <usize>(vectors * 16);
    for (let v = 0; v < vectors; v++, e += lanes) {
      const last = count - 1;
      const s0 = source + load<i32>(taps + 4 * e);
      const s1 = source + load<i32>(taps + 4 * min(e + 1, last));
      if (sizeof<T>() == 4) {
        const s2 = source + load<i32>(taps + 4 * min(e + 2, last));
        const s3 = source + load<i32>(taps + 4 * min(e + 3, last));
        transposeFours(px, s0, s1, s2, s3, to + v * 16, width);
      } else {
        transposePairs(px, s0, s1, to + v * 16, width);
      }
    }
    to += pixels * width;
  }
}

/** Packs four elements of float32, four pixels at a time. */
function transposeFours(px: Pixels, s0: usize, s1: usize, s2: usize, s3: usize, to: usize, width: usize): void {
  for (let y = 0; y < px.rows; y++) {
    const row = <usize>(y * px.rowStep);
    const end = row + px.cols * 4;
    let out = to + y * px.cols * width;
    for (let x = row; x < end; x += 16, out += 4 * width) {
      const a = v128.load(s0 + x), b = v128.load(s1 + x), c = v128.load(s2 + x), d = v128.load(s3 + x);
      const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(out, v128.shuffle<f64>(ab0, cd0, 0, 2));
      v128.store(out + width, v128.shuffle<f64>(ab0, cd0, 1, 3));
      v128.store(out + 2 * width, v128.shuffle<f64>(ab1, cd1, 0, 2));
      v128.store(out + 3 * width, v128.shuffle<f64>(ab1, cd1, 1, 3));
    }
  }
}

/** Packs two elements of float64, two pixels at a time. */
function transposePairs(px: Pixels, s0: usize, s1: usize, to: usize, width: usize): void {
  for (let y = 0; y < px.rows; y++) {
    const row = <usize>(y * px.rowStep);
    const end = row + px.cols * 8;
    let out = to + y * px.cols * width;
    for (let x = row; x < end; x += 16, out += 2 * width) {
      const a = v128.load(s0 + x), b = v128.load(s1 + x);
      v128.store(out, v128.shuffle<f64>(a, b, 0, 2));
      v128.store(out + width, v128.shuffle<f64>(a, b, 1, 3));
    }
  }
}
