// SPDX-License-Identifier: MIT
import { finishLanes } from "../convolution/finish";
import { Frame } from "../convolution/plan";

// The tiles of depthwise share these loads and stores. `sizeof<S>()` is the stride, 1 or 2; `isBoolean<M>()` means that
// a tile touches the left or right edge of the input.

/** Sets all bits of the lanes whose column, `column` + S lane, is inside the row. */
// @ts-ignore: decorator
@inline
export function insideMask<T, S>(f: Frame, column: i32): v128 {
  const s = <i32>sizeof<S>();
  const lanes = sizeof<T>() == 4 ? i32x4(0, s, 2 * s, 3 * s) : i32x4(0, 0, s, s);
  return i32x4.lt_u(i32x4.add(i32x4.splat(column), lanes), i32x4.splat(f.planeWidth));
}

/** A tile that begins up to so many columns before a row may still have an element of it. */
const reach = 8;

/**
 * Returns where to read for `column`: near the row, where memory is there, and elsewhere only if all taps are masked.
 */
// @ts-ignore: decorator
@inline
export function nearColumn<T, S, M>(f: Frame, column: i32): i32 {
  if (!isBoolean<M>()) return column;
  return min(max(column, -<i32>(16 / sizeof<T>() * sizeof<S>()) - reach), f.planeWidth);
}

/** Finishes rows of sums in `f.scratch`, of which `lanes` are wanted. */
export function finishColumn<T>(f: Frame, rows: i32, lanes: i32, to: usize): void {
  for (let sums = f.scratch; rows > 0; rows--, sums += 16, to += f.outRowStep) {
    finishLanes<T>(f, v128.load(sums), v128.splat<T>(<T>0), to, lanes);
  }
}
