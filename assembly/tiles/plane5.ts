// SPDX-License-Identifier: MIT
import { clamp } from "../convolution/finish";
import { Frame, high, low } from "../convolution/plan";
import { multiplyAdd } from "../vector";
import { insideMask, nearColumn } from "./plane";
import { everyOther } from "./plane3";
import { Masked, One, Two } from "./shape";

/**
 * Computes one vector of each of `rows` output rows in one channel, 5x5 at stride 1, as plane3.ts does, but with a loop
 * over the columns of the kernel. An output row begins in each row of input; five wait at most.
 */
export function plane5<T>(
  f: Frame, w: usize, bias: v128, top: i32, column: i32, rows: i32, to: usize, step: i32,
): void {
  const e = sizeof<T>();
  const height = f.planeHeight;
  const at = <usize>nearColumn<T, One, Masked>(f, column) * e;
  const noRow = f.noRow + at;
  let row = f.source + top * f.planeStep + at;
  let a0 = bias, a1 = bias, a2 = bias, a3 = bias, a4 = bias;
  to -= 4 * step;
  const first = to + 4 * step;
  for (const end = first + rows * step; to != end; to += step, row += f.planeStep, top++) {
    let x = <u32>top < <u32>height ? row : noRow;
    for (let kx = 0; kx < 5; kx++, x += e, w += 5 * e) {
      const y = v128.and(v128.load(x), insideMask<T, One>(f, column + kx));
      a0 = multiplyAdd<T>(v128.load_splat<T>(w, 4 * e), y, a0);
      a1 = multiplyAdd<T>(v128.load_splat<T>(w, 3 * e), y, a1);
      a2 = multiplyAdd<T>(v128.load_splat<T>(w, 2 * e), y, a2);
      a3 = multiplyAdd<T>(v128.load_splat<T>(w, e), y, a3);
      a4 = multiplyAdd<T>(v128.load_splat<T>(w), y, a4);
    }
    w -= 25 * e;
    // The first rows of input complete no output.
    if (to >= first) v128.store(to, clamp<T>(a0, low(f), high(f)));
    a0 = a1, a1 = a2, a2 = a3, a3 = a4, a4 = bias;
  }
}

/** Computes 5x5 at stride 2, one vector wide. An output row begins in every other row of input; three wait at most. */
export function plane5AtTwo<T>(
  f: Frame, w: usize, bias: v128, top: i32, column: i32, rows: i32, to: usize, step: i32,
): void {
  const e = sizeof<T>();
  const height = f.planeHeight;
  const at = <usize>nearColumn<T, Two, Masked>(f, column) * e;
  const noRow = f.noRow + at;
  let row = f.source + top * f.planeStep + at;
  let a0 = bias, a1 = bias, a2 = bias;
  to -= 2 * step;
  const first = to + 2 * step;
  for (const end = first + rows * step; to != end; to += step) {
    let x = <u32>top < <u32>height ? row : noRow;
    top++;
    row += f.planeStep;
    for (let kx = 0; kx < 5; kx++, x += e, w += 5 * e) {
      const y = tap<T>(f, x, column + kx);
      a0 = multiplyAdd<T>(v128.load_splat<T>(w, 4 * e), y, a0);
      a1 = multiplyAdd<T>(v128.load_splat<T>(w, 2 * e), y, a1);
      a2 = multiplyAdd<T>(v128.load_splat<T>(w), y, a2);
    }
    w -= 25 * e;
    if (to >= first) v128.store(to, clamp<T>(a0, low(f), high(f)));
    x = <u32>top < <u32>height ? row : noRow;
    top++;
    row += f.planeStep;
    for (let kx = 0; kx < 5; kx++, x += e, w += 5 * e) {
      const y = tap<T>(f, x, column + kx);
      a1 = multiplyAdd<T>(v128.load_splat<T>(w, 3 * e), y, a1);
      a2 = multiplyAdd<T>(v128.load_splat<T>(w, e), y, a2);
    }
    w -= 25 * e;
    a0 = a1, a1 = a2, a2 = bias;
  }
}

// @ts-ignore: decorator
@inline
function tap<T>(f: Frame, from: usize, column: i32): v128 {
  return v128.and(everyOther<T>(v128.load(from), v128.load(from, 16)), insideMask<T, Two>(f, column));
}
