// SPDX-License-Identifier: MIT
import { Frame } from "../plan";
import { tileColumn, tileVectors } from "../tiles/column";
import { Packed } from "../tiles/shape";

/**
 * Patches as columns of a matrix, then a product of matrices. The matrix never exists as a whole: the patches of one
 * tile of pixels are gathered into a panel [k][pixel] that stays in the first cache, and all output channels use it.
 *
 * Unlike in direct, a tile may begin in one output row and end in another.
 */
export function im2col<T>(f: Frame, wholeRows: bool): void {
  const rows = wholeRows ? 1 : f.rows;
  const cols = wholeRows ? f.rows * f.cols : f.cols;
  for (let y = 0; y < rows; y++) {
    const target = f.target + y * f.outRowStep;
    for (let x = 0; x < cols; ) {
      const vectors = tileVectors<T, Packed>(f.outChannels, cols - x);
      const pixels = min(vectors * <i32>(16 / sizeof<T>()), cols - x);
      gather<T>(f, wholeRows ? x : y * f.cols + x, vectors, pixels);
      tileColumn<T, Packed>(f, f.panel, vectors, pixels, target + x * f.colStep);
      x += pixels;
    }
  }
}

/** panel[k][i] = element of tap k for pixel `first + i` of the block. */
function gather<T>(f: Frame, first: i32, vectors: i32, pixels: i32): void {
  let y = first / f.cols, x = first % f.cols;
  const width = vectors * 16;
  for (let i = 0; i < pixels; ) {
    const run = min(f.cols - x, pixels - i);
    const source = f.source + y * f.lineAdvance + x * f.pixelStep;
    const to = f.panel + <usize>i * sizeof<T>();
    // Lanes past the run are filled by the next one, or belong to no pixel.
    if (i == 0) gatherVectors(to, width, source, f.taps, f.products, vectors);
    else gatherElements<T>(to, width, source, f.taps, f.products, run);
    i += run;
    x = 0;
    y++;
  }
}

function gatherVectors(to: usize, width: i32, source: usize, taps: usize, k: i32, vectors: i32): void {
  for (const end = taps + <usize>k * 4; taps < end; taps += 4, to += width) {
    const from = source + load<i32>(taps);
    v128.store(to, v128.load(from));
    if (vectors > 1) v128.store(to, v128.load(from, 16), 16);
    for (let v = 2; v < vectors; v++) v128.store(to + 16 * v, v128.load(from + 16 * v));
  }
}

function gatherElements<T>(to: usize, width: i32, source: usize, taps: usize, k: i32, count: i32): void {
  for (const end = taps + <usize>k * 4; taps < end; taps += 4, to += width) {
    const from = source + load<i32>(taps);
    for (let i = 0; i < count; i++) store<T>(to + <usize>i * sizeof<T>(), load<T>(from + <usize>i * sizeof<T>()));
  }
}
