// SPDX-License-Identifier: MIT
import { Border, borderIndex } from "../border";
import { Plan } from "./plan";
import { fillFast, isFast } from "./strip-zeros";

/**
 * Fills the strip with the input rows that output rows read, for each channel of a block. It includes borders, so that
 * the algorithms need no test for an edge.
 *
 *   strip[ic][row][phase][column]
 *
 * A row that no tap reads is left out (rowSample), and so is such a column (phaseSample). With phases, columns are
 * split by their phase in the horizontal stride, so that elements which neighbouring output pixels read lie side by
 * side.
 *
 * `input` is the first channel of the block; `top` and `left` are the input row and column of the strip's corner,
 * which may lie outside the image.
 */
export function fillStrip<T>(
  p: Plan, strip: usize, input: usize, channels: i32, rows: i32, columns: i32, top: i32, left: i32,
): void {
  if (isFast<T>(p)) {
    for (let ic = 0; ic < channels; ic++) {
      fillFast<T>(p, strip + ic * p.channelStep, input + ic * p.inChannelStep, rows, columns, top, left);
    }
    return;
  }
  for (let phase = 0; phase < p.phases; phase++) {
    const first = left + ((phase * p.dilationX) % p.strideX);
    const begin = insideFrom(first, p.phaseSample, columns);
    const end = max(begin, insideTo(p, first, p.phaseSample, columns));
    for (let r = 0; r < rows; r++) {
      const iy = borderIndex(p.border, top + r * p.rowSample, p.inHeight);
      let to = strip + r * p.rowStep + phase * p.phaseStep;
      let from = input + iy * p.inRowStep;
      for (let ic = 0; ic < channels; ic++, to += p.channelStep, from += p.inChannelStep) {
        if (iy < 0) fillZeros<T>(to, columns);
        else fillSpan<T>(p, to, from, first, p.phaseSample, begin, end, columns);
      }
    }
  }
}

/** Rows are short, and a call of memory.fill would take longer. */
// @ts-ignore: decorator
@inline
function fillZeros<T>(to: usize, count: i32): void {
  const end = to + <usize>count * sizeof<T>();
  for (; to + 16 <= end; to += 16) v128.store(to, v128.splat<T>(<T>0));
  for (; to < end; to += sizeof<T>()) store<T>(to, <T>0);
}

/** Returns the first of `count` elements at left + j sample that lies inside the row. */
// @ts-ignore: decorator
@inline
function insideFrom(left: i32, sample: i32, count: i32): i32 {
  return min(count, left < 0 ? (sample - 1 - left) / sample : 0);
}

/** Returns the end of the elements that lie inside the row. */
// @ts-ignore: decorator
@inline
function insideTo(p: Plan, left: i32, sample: i32, count: i32): i32 {
  return min(count, left < p.inWidth ? (p.inWidth - left + sample - 1) / sample : 0);
}

/** Sets to[j] = from[left + j sample] for `count` elements, of which `begin` to `end` are inside the row. */
function fillSpan<T>(
  p: Plan, to: usize, from: usize, left: i32, sample: i32, begin: i32, end: i32, count: i32,
): void {
  const step = p.inColStep;
  fillEdge<T>(p, to, from, left, sample, 0, begin);
  if (end > begin) {
    const first = from + (left + begin * sample) * step;
    copyStrided<T>(to + <usize>begin * sizeof<T>(), first, sample * step, end - begin);
  }
  fillEdge<T>(p, to, from, left, sample, end, count);
}

/** Does the same for elements `begin` to `end`, outside of the row. */
// @ts-ignore: decorator
@inline
export function fillEdge<T>(p: Plan, to: usize, from: usize, left: i32, sample: i32, begin: i32, end: i32): void {
  for (let j = begin; j < end; j++) {
    const ix = p.border == Border.CONSTANT ? -1 : borderIndex(p.border, left + j * sample, p.inWidth);
    store<T>(to + <usize>j * sizeof<T>(), ix < 0 ? <T>0 : load<T>(from + ix * p.inColStep));
  }
}

/** Sets to[j] = from[j step] for `count` elements. */
// @ts-ignore: decorator
@inline
function copyStrided<T>(to: usize, from: usize, step: i32, count: i32): void {
  const lanes = <i32>(16 / sizeof<T>());
  const whole = to + <usize>(count & -lanes) * sizeof<T>();
  const end = to + <usize>count * sizeof<T>();
  if (step == sizeof<T>()) {
    for (; to < whole; to += 16, from += 16) v128.store(to, v128.load(from));
    if (count > lanes) {
      // The last vector overlaps the one before.
      const back = <usize>((lanes - (count & (lanes - 1))) & (lanes - 1)) * sizeof<T>();
      if (back > 0) v128.store(to - back, v128.load(from - back));
      return;
    }
  } else if (step == 2 * sizeof<T>()) {
    // The last vector is left to the loop below: its odd element may lie past the input.
    for (; to + 16 < end; to += 16, from += 32) {
      const a = v128.load(from), b = v128.load(from, 16);
      if (sizeof<T>() == 4) v128.store(to, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
      else v128.store(to, v128.shuffle<f64>(a, b, 0, 2));
    }
  }
  for (; to < end; to += sizeof<T>(), from += step) store<T>(to, load<T>(from));
}
