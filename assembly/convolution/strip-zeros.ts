// SPDX-License-Identifier: MIT
import { Border } from "../border";
import { Plan } from "./plan";

/**
 * Returns whether fillFast can fill it: rows have zeros around them, and keep their order or are split by the parity of
 * their columns.
 */
export function isFast<T>(p: Plan): bool {
  if (p.border != Border.CONSTANT || p.inColStep != sizeof<T>() || p.rowSample != 1) return false;
  return p.phaseSample == 1 || (p.phases == 2 && p.phaseSample == 2 && p.dilationX == 1);
}

/** Fills one channel of fillStrip. `from` is where its row 0 begins. */
export function fillFast<T>(p: Plan, to: usize, from: usize, rows: i32, columns: i32, top: i32, left: i32): void {
  const begin = min(rows, max(0, -top));
  const end = max(begin, min(rows, p.inHeight - top));
  const step = p.rowStep;
  zeros<T>(to, to + begin * step);
  zeros<T>(to + end * step, to + rows * step);
  from += (top + begin) * p.inRowStep + <usize>left * sizeof<T>();
  to += begin * step;
  if (p.phaseSample == 1) wholeRows<T>(p, to, from, end - begin, columns, left);
  else splitRows<T>(p, to, from, end - begin, columns, left);
}

/** Sets to[j] = from[j] where left + j is inside the row. */
function wholeRows<T>(p: Plan, to: usize, from: usize, rows: i32, columns: i32, left: i32): void {
  const begin = <usize>min(columns, max(0, -left)) * sizeof<T>();
  const end = max(begin, <usize>max(0, min(columns, p.inWidth - left)) * sizeof<T>());
  const bytes = <usize>columns * sizeof<T>();
  for (const last = to + rows * p.rowStep; to != last; to += p.rowStep, from += p.inRowStep) {
    zeros<T>(to, to + begin);
    let at = begin;
    for (; at + 16 <= end; at += 16) v128.store(to + at, v128.load(from + at));
    // The last vector overlaps the one before it.
    if (at < end && end - begin >= 16) v128.store(to + end - 16, v128.load(from + end - 16));
    else for (; at < end; at += sizeof<T>()) store<T>(to + at, load<T>(from + at));
    zeros<T>(to + end, to + bytes);
  }
}

/** Sets to[j] = from[2 j] in the first phase and from[2 j + 1] in the second, where these are inside the row. */
// @ts-ignore: decorator
@inline
function splitRows<T>(p: Plan, to: usize, from: usize, rows: i32, columns: i32, left: i32): void {
  const lanes = <i32>(16 / sizeof<T>());
  const second = <usize>p.phaseStep;
  // Whole vectors are taken while both phases are inside.
  const begin = min(columns, left < 0 ? (1 - left) >> 1 : 0);
  const whole = max(0, min(columns, (p.inWidth - left) >> 1) - begin) & -lanes;
  for (const last = to + rows * p.rowStep; to != last; to += p.rowStep, from += p.inRowStep) {
    splitEdge<T>(p, to, from, left, 0, begin);
    let at = to + <usize>begin * sizeof<T>();
    let x = from + <usize>begin * 2 * sizeof<T>();
    for (const end = at + <usize>whole * sizeof<T>(); at < end; at += 16, x += 32) {
      const a = v128.load(x), b = v128.load(x, 16);
      if (sizeof<T>() == 4) {
        v128.store(at, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
        v128.store(at + second, v128.shuffle<f32>(a, b, 1, 3, 5, 7));
      } else {
        v128.store(at, v128.shuffle<f64>(a, b, 0, 2));
        v128.store(at + second, v128.shuffle<f64>(a, b, 1, 3));
      }
    }
    splitEdge<T>(p, to, from, left, begin + whole, columns);
  }
}

// @ts-ignore: decorator
@inline
function splitEdge<T>(p: Plan, to: usize, from: usize, left: i32, begin: i32, end: i32): void {
  for (let j = begin; j < end; j++) {
    const at = to + <usize>j * sizeof<T>();
    const x = from + <usize>(2 * j) * sizeof<T>();
    const inside = <u32>(left + 2 * j) < <u32>p.inWidth;
    store<T>(at, inside ? load<T>(x) : <T>0);
    if (<u32>(left + 2 * j + 1) < <u32>p.inWidth) store<T>(at + p.phaseStep, load<T>(x, sizeof<T>()));
    else store<T>(at + p.phaseStep, <T>0);
  }
}

// @ts-ignore: decorator
@inline
function zeros<T>(from: usize, to: usize): void {
  for (; from + 16 <= to; from += 16) v128.store(from, v128.splat<T>(<T>0));
  for (; from < to; from += sizeof<T>()) store<T>(from, <T>0);
}
