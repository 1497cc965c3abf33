// SPDX-License-Identifier: MIT
import { Border, borderIndex } from "../border";
import { IntegerPlan } from "./plan";

/**
 * Fills the strip, [pair of ic][row][column] of two int16 each, with the input that some output rows and columns read,
 * padding included. `input` is the first channel of the group; `top` and `left` are the input row and column of the
 * strip's corner, which may lie outside the image.
 */
export function fillPairs(
  p: IntegerPlan, strip: usize, input: usize, rows: i32, columns: i32, top: i32, left: i32,
): void {
  const zero = p.inputZeroPoint;
  const padding = (zero & 0xffff) | (zero << 16);
  const begin = min(columns, left < 0 ? (p.colSample - 1 - left) / p.colSample : 0);
  const inside = left < p.inWidth ? (p.inWidth - left + p.colSample - 1) / p.colSample : 0;
  const end = max(begin, min(columns, inside));
  for (let r = 0; r < rows; r++) {
    const iy = borderIndex(p.border, top + r * p.rowSample, p.inHeight);
    const to = strip + r * p.rowStep;
    const from = input + iy * p.inRowStep;
    if (iy < 0) {
      for (let g = 0; g < p.pairs; g++) fillPadding(to + g * p.pairStep, columns, padding);
    } else if (p.channelsLast) {
      for (let j = 0; j < columns; j++) {
        const ix = borderIndex(p.border, left + j * p.colSample, p.inWidth);
        if (ix < 0) fillPixelPadding(p, to + 4 * j, padding);
        else fillPixel(p, to + 4 * j, from + ix * p.inColStep);
      }
    } else {
      for (let g = 0; g < p.pairs; g++) {
        const a = from + 2 * g * p.inChannelStep;
        // A last channel without a partner is its own partner, with a weight of zero.
        const b = 2 * g + 1 < p.groupIn ? a + p.inChannelStep : a;
        fillRow(p, to + g * p.pairStep, a, b, left, begin, end, columns, padding);
      }
    }
  }
}

function fillPadding(to: usize, count: i32, padding: i32): void {
  for (const end = to + 4 * count; to < end; to += 4) store<i32>(to, padding);
}

function fillPixelPadding(p: IntegerPlan, to: usize, padding: i32): void {
  for (const end = to + p.pairs * p.pairStep; to < end; to += p.pairStep) store<i32>(to, padding);
}

// @ts-ignore: decorator
@inline
function element(p: IntegerPlan, at: usize): i32 {
  return p.signed ? <i32>load<i8>(at) : <i32>load<u8>(at);
}

// @ts-ignore: decorator
@inline
function pair(p: IntegerPlan, a: usize, b: usize): i32 {
  return (element(p, a) & 0xffff) | (element(p, b) << 16);
}

/** Copies the channels of a pixel, side by side from `from` on, to one column of all pairs. */
function fillPixel(p: IntegerPlan, to: usize, from: usize): void {
  const step = <usize>p.pairStep;
  const last = from + p.groupIn - 1;
  for (; from + 7 <= last; from += 8, to += 4 * step) {
    const words = widened(p, from);
    v128.store_lane<i32>(to, words, 0);
    v128.store_lane<i32>(to + step, words, 1);
    v128.store_lane<i32>(to + 2 * step, words, 2);
    v128.store_lane<i32>(to + 3 * step, words, 3);
  }
  for (; from <= last; from += 2, to += step) store<i32>(to, pair(p, from, min(from + 1, last)));
}

// @ts-ignore: decorator
@inline
function widened(p: IntegerPlan, at: usize): v128 {
  return p.signed ? v128.load_ext<i8>(at) : v128.load_ext<u8>(at);
}

/** Fills one row of a pair of channels, `a` and `b`; columns `begin` to `end` lie inside the image. */
function fillRow(
  p: IntegerPlan, to: usize, a: usize, b: usize, left: i32, begin: i32, end: i32, columns: i32, padding: i32,
): void {
  fillEdge(p, to, a, b, left, 0, begin, padding);
  let j = begin;
  if (p.colSample == 1) {
    for (; j + 8 <= end; j += 8) {
      const x = widened(p, a + left + j), y = widened(p, b + left + j);
      v128.store(to + 4 * j, v128.shuffle<i16>(x, y, 0, 8, 1, 9, 2, 10, 3, 11));
      v128.store(to + 4 * j, v128.shuffle<i16>(x, y, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    }
  }
  for (; j < end; j++) {
    const ix = left + j * p.colSample;
    store<i32>(to + 4 * j, pair(p, a + ix, b + ix));
  }
  fillEdge(p, to, a, b, left, end, columns, padding);
}

function fillEdge(
  p: IntegerPlan, to: usize, a: usize, b: usize, left: i32, begin: i32, end: i32, padding: i32,
): void {
  for (let j = begin; j < end; j++) {
    const ix = p.border == Border.CONSTANT ? -1 : borderIndex(p.border, left + j * p.colSample, p.inWidth);
    store<i32>(to + 4 * j, ix < 0 ? padding : pair(p, a + ix, b + ix));
  }
}
