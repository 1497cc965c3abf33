// SPDX-License-Identifier: MIT
import { Border, borderIndex } from "../border";
import { Plan } from "../convolution/plan";
import { fillEdge } from "../convolution/strip";
import { inputPoints2 } from "./points2";
import { inputPoints4 } from "./points4";

/** Bytes of a line of four squares: 18 columns, and room for the vectors that are stored past them. */
const rowStep: usize = 96;

/**
 * Computes B^T d B for all channels of up to four squares that follow each other in a row of squares:
 * planes[position][ic][square]. It writes whole vectors: lanes past the last square belong to the next run of squares,
 * which is written later, or to slack. `input` is where the first channel lies.
 */
// @ts-ignore: decorator
@inline
export function transformInputs(
  p: Plan, input: usize, row: i32, column: i32, count: i32, planes: usize, lines: usize,
): void {
  const size = p.squareSize;
  const top = row * size - p.padTop, left = column * size - p.padLeft;
  // Squares may reach past the rows and columns that their outputs need, which may not even be there: zeros replace
  // them.
  const rows = min(size + 2, p.outHeight + 2 - p.padTop - top);
  const columns = min(count * size + 2, p.outWidth + 2 - p.padLeft - left);
  const inside =
    top >= 0 && left >= 0 && top + size + 2 <= min(p.inHeight, top + rows) &&
    left + count * size + 2 <= min(p.inWidth, left + columns);
  const step = inside ? <usize>p.inRowStep : rowStep;
  const vectors = (count * size + 5) >> 2;
  for (let ic = 0; ic < p.groupIn; ic++, input += p.inChannelStep) {
    let from = lines;
    if (inside) from = input + top * p.inRowStep + left * 4;
    else fillLines(p, input, top, left, rows, columns, lines);
    const to = planes + ic * p.lineStep;
    if (size == 4) {
      downColumns4(from, step, vectors, lines);
      alongRows4(lines, to, p.planeStep);
    } else {
      downColumns2(from, step, vectors, lines);
      alongRows2(lines, to, p.planeStep);
    }
  }
}

/** Copies `rows` x `columns` inputs with their borders, and fills the squares up with zeros. */
function fillLines(p: Plan, channel: usize, top: i32, left: i32, rows: i32, columns: i32, lines: usize): void {
  const begin = min(max(-left, 0), columns);
  const end = max(min(columns, p.inWidth - left), begin);
  const zero = f32x4.splat(0);
  for (let y = 0; y < p.squareSize + 2; y++, lines += rowStep) {
    v128.store(lines, zero);
    v128.store(lines, zero, 16);
    v128.store(lines, zero, 32);
    v128.store(lines, zero, 48);
    v128.store(lines, zero, 64);
    v128.store(lines, zero, 80);
    const iy = y < rows ? borderIndex(p.border, top + y, p.inHeight) : -1;
    if (iy < 0) continue;
    const row = channel + iy * p.inRowStep;
    copy(lines + begin * 4, row + (left + begin) * 4, end - begin);
    if (p.border == Border.CONSTANT) continue;
    fillEdge<f32>(p, lines, row, left, 1, 0, begin);
    fillEdge<f32>(p, lines, row, left, 1, end, columns);
  }
}

/** Copies `count` elements. If there are four or more, the last vector overlaps the one before. */
// @ts-ignore: decorator
@inline
function copy(to: usize, from: usize, count: i32): void {
  if (count < 4) {
    for (; count > 0; count--, to += 4, from += 4) store<f32>(to, load<f32>(from));
    return;
  }
  const last = to + (count - 4) * 4;
  const lastFrom = from + (count - 4) * 4;
  for (; to < last; to += 16, from += 16) v128.store(to, v128.load(from));
  v128.store(last, v128.load(lastFrom));
}

/** Computes B^T d, for columns side by side as they lie. */
// @ts-ignore: decorator
@inline
function downColumns4(from: usize, step: usize, vectors: i32, lines: usize): void {
  for (const end = lines + 16 * vectors; lines < end; lines += 16, from += 16) {
    const third = from + 3 * step;
    inputPoints4(
      v128.load(from), v128.load(from + step), v128.load(from + 2 * step),
      v128.load(third), v128.load(third + step), v128.load(third + 2 * step), lines, rowStep,
    );
  }
}

/**
 * Computes (B^T d) B: for each line, a vector holds column i of four squares.
 *
 *   line       a0 a1 a2 a3 | b0 b1 b2 b3 | c0 c1 c2 c3 | d0 d1 d2 d3 | e0 e1
 *   column 0   a0 b0 c0 d0      columns 4, 5   b0 c0 d0 e0, b1 c1 d1 e1: the first two of the next square
 */
// @ts-ignore: decorator
@inline
function alongRows4(lines: usize, to: usize, planeStep: usize): void {
  for (const end = lines + 6 * rowStep; lines < end; lines += rowStep, to += 6 * planeStep) {
    const a = v128.load(lines), b = v128.load(lines, 16), c = v128.load(lines, 32), d = v128.load(lines, 48);
    const e = v128.load64_zero(lines, 64);
    const ab01 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd01 = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const ab23 = v128.shuffle<f32>(a, b, 2, 6, 3, 7), cd23 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    const column0 = v128.shuffle<f32>(ab01, cd01, 0, 1, 4, 5), column1 = v128.shuffle<f32>(ab01, cd01, 2, 3, 6, 7);
    inputPoints4(
      column0, column1,
      v128.shuffle<f32>(ab23, cd23, 0, 1, 4, 5), v128.shuffle<f32>(ab23, cd23, 2, 3, 6, 7),
      v128.shuffle<f32>(column0, e, 1, 2, 3, 4), v128.shuffle<f32>(column1, e, 1, 2, 3, 5), to, planeStep,
    );
  }
}

// @ts-ignore: decorator
@inline
function downColumns2(from: usize, step: usize, vectors: i32, lines: usize): void {
  for (const end = lines + 16 * vectors; lines < end; lines += 16, from += 16) {
    inputPoints2(
      v128.load(from), v128.load(from + step), v128.load(from + 2 * step), v128.load(from + 3 * step),
      lines, rowStep,
    );
  }
}

/** Does what alongRows4 does, for the line a0 a1 b0 b1 | c0 c1 d0 d1 | e0 e1. */
// @ts-ignore: decorator
@inline
function alongRows2(lines: usize, to: usize, planeStep: usize): void {
  for (const end = lines + 4 * rowStep; lines < end; lines += rowStep, to += 4 * planeStep) {
    const ab = v128.load(lines), cd = v128.load(lines, 16);
    const e = v128.load64_zero(lines, 32);
    const column0 = v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), column1 = v128.shuffle<f32>(ab, cd, 1, 3, 5, 7);
    inputPoints2(
      column0, column1, v128.shuffle<f32>(column0, e, 1, 2, 3, 4), v128.shuffle<f32>(column1, e, 1, 2, 3, 5),
      to, planeStep,
    );
  }
}
