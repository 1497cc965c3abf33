// SPDX-License-Identifier: MIT
import { Frame } from "../convolution/plan";
import { tileColumn, tileVectors } from "../tiles/column";
import { Packed } from "../tiles/shape";

/** Bytes of a product in a panel: two vectors of pixels. */
const panelWidth = 32;
/** So many panels are gathered at a time. src/backend/wasm/conv-plan.ts makes room for them. */
const mostPanels = 4;

/**
 * Multiplies the weights by a matrix whose columns are patches. The matrix never exists as a whole: the patches of one
 * tile of pixels are gathered into a panel [k][pixel] that stays in the first cache, and all output channels use it.
 *
 * Unlike a tile of direct, one may begin in one output row and end in another.
 */
export function im2col<T>(f: Frame, wholeRows: bool): void {
  const rows = wholeRows ? 1 : f.rows;
  const cols = wholeRows ? f.rows * f.cols : f.cols;
  const wide = panelWidth / <i32>sizeof<T>();
  for (let y = 0; y < rows; y++) {
    let target = f.target + y * f.outRowStep;
    for (let x = 0; x < cols; ) {
      const first = wholeRows ? x : y * f.cols + x;
      const line = first / f.cols, column = first % f.cols;
      const panels = min((f.cols - column) / wide, mostPanels);
      if (panels > 0) {
        gatherPanels(f, f.source + line * f.lineAdvance + column * f.pixelStep, panels);
        const panelBytes = f.products * panelWidth;
        for (let panel = 0; panel < panels; panel++) {
          tileColumn<T, Packed>(f, f.panel + panel * panelBytes, 2, wide, target);
          target += wide * f.colStep;
        }
        x += panels * wide;
        continue;
      }
      const vectors = tileVectors<T, Packed>(f.outChannels, cols - x);
      const pixels = min(vectors * <i32>(16 / sizeof<T>()), cols - x);
      gather<T>(f, line, column, vectors, pixels);
      tileColumn<T, Packed>(f, f.panel, vectors, pixels, target);
      target += pixels * f.colStep;
      x += pixels;
    }
  }
}

/**
 * Gathers panels of pixels that all lie in one row, the first at `source`. Channels are often pages apart, so the
 * pixels of one channel are fetched together.
 */
function gatherPanels(f: Frame, source: usize, panels: i32): void {
  const step = f.products * panelWidth;
  let to = f.panel;
  let taps = f.taps;
  for (const end = taps + <usize>f.products * 4; taps < end; taps += 4, to += panelWidth) {
    let from = source + load<i32>(taps);
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    let at = to;
    for (let panel = 1; panel < panels; panel++) {
      from += panelWidth;
      at += step;
      v128.store(at, v128.load(from));
      v128.store(at, v128.load(from, 16), 16);
    }
  }
}

/** panel[k][i] = element of tap k for pixel i of those from `column` of output row `y` on, across the ends of rows. */
function gather<T>(f: Frame, y: i32, column: i32, vectors: i32, pixels: i32): void {
  const width = vectors * 16;
  let x = column;
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
  }
}

function gatherElements<T>(to: usize, width: i32, source: usize, taps: usize, k: i32, count: i32): void {
  for (const end = taps + <usize>k * 4; taps < end; taps += 4, to += width) {
    const from = source + load<i32>(taps);
    const last = to + <usize>count * sizeof<T>();
    let at = to, next = from;
    for (; at + 16 <= last; at += 16, next += 16) v128.store(at, v128.load(next));
    for (; at < last; at += sizeof<T>(), next += sizeof<T>()) store<T>(at, load<T>(next));
  }
}
