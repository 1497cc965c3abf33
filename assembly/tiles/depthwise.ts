// SPDX-License-Identifier: MIT
import { clamp } from "../finish";
import { Frame } from "../plan";
import { multiplyAdd } from "../vector";

/**
 * One channel by one 3x3 kernel, at strides where a row of input serves two or three rows of output: each is loaded
 * once on the way down, and what it adds to the rows below waits in registers.
 *
 *   stride 1   out[y] = below0 + w2 x[y + 2]       below0 = below1 + w1 x[y + 2]       below1 = w0 x[y + 2]
 *   stride 2   out[y] = below0 + w1 x[2 y + 1] + w2 x[2 y + 2]                         below0 = w0 x[2 y + 2]
 *
 * where w x is a sum over the three taps of a row. `sizeof<S>()` is the stride of rows. The last vector of a row overlaps
 * the one before it, so rows have at least one. Needs `f.planar`, and that this block is the whole sum.
 */
export function depthwise3x3<T, S>(f: Frame): void {
  const e = <i32>sizeof<T>();
  const lanes = 16 / e;
  const w = f.weights;
  const w00 = v128.load_splat<T>(w), w01 = v128.load_splat<T>(w, sizeof<T>());
  const w02 = v128.load_splat<T>(w, 2 * sizeof<T>()), w10 = v128.load_splat<T>(w, 3 * sizeof<T>());
  const w11 = v128.load_splat<T>(w, 4 * sizeof<T>()), w12 = v128.load_splat<T>(w, 5 * sizeof<T>());
  const w20 = v128.load_splat<T>(w, 6 * sizeof<T>()), w21 = v128.load_splat<T>(w, 7 * sizeof<T>());
  const w22 = v128.load_splat<T>(w, 8 * sizeof<T>());
  const taps = f.taps;
  const tap1 = load<i32>(taps, 4), tap2 = load<i32>(taps, 8), rowStep = load<i32>(taps, 12);
  const low = v128.splat<T>(<T>f.low), high = v128.splat<T>(<T>f.high);
  const bias = v128.load_splat<T>(f.bias);
  const outRowPitch = f.outRowPitch;
  // Rows that are done before the next column of vectors: few, as the cache lines of wide ones share sets.
  const chunk = f.rows <= 16 ? 16 : 8;
  for (let y = 0; y < f.rows; y += chunk) {
    const rows = min(chunk, f.rows - y);
    const source = f.source + y * f.lineAdvance;
    const target = f.target + y * outRowPitch;
    for (let x = 0; x < f.cols; x += lanes) {
      const at = min(x, f.cols - lanes) * e;
      let from = source + at;
      let to = target + at;
      let a = v128.load(from), b = v128.load(from + tap1), c = v128.load(from + tap2);
      let below0 = sum3<T>(a, b, c, w00, w01, w02, bias);
      let below1 = bias;
      if (sizeof<S>() == 1) {
        from += rowStep;
        a = v128.load(from);
        b = v128.load(from + tap1);
        c = v128.load(from + tap2);
        below0 = v128.add<T>(below0, row3<T>(a, b, c, w10, w11, w12));
        below1 = sum3<T>(a, b, c, w00, w01, w02, bias);
      }
      for (const end = to + rows * outRowPitch; to != end; to += outRowPitch) {
        if (sizeof<S>() == 2) {
          from += rowStep;
          const s = row3<T>(v128.load(from), v128.load(from + tap1), v128.load(from + tap2), w10, w11, w12);
          below0 = v128.add<T>(below0, s);
        }
        from += rowStep;
        a = v128.load(from);
        b = v128.load(from + tap1);
        c = v128.load(from + tap2);
        const sum = v128.add<T>(below0, row3<T>(a, b, c, w20, w21, w22));
        v128.store(to, clamp<T>(sum, low, high));
        if (sizeof<S>() == 1) {
          below0 = v128.add<T>(below1, row3<T>(a, b, c, w10, w11, w12));
          below1 = sum3<T>(a, b, c, w00, w01, w02, bias);
        } else {
          below0 = sum3<T>(a, b, c, w00, w01, w02, bias);
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function row3<T>(a: v128, b: v128, c: v128, w0: v128, w1: v128, w2: v128): v128 {
  return multiplyAdd<T>(c, w2, multiplyAdd<T>(b, w1, v128.mul<T>(a, w0)));
}

// @ts-ignore: decorator
@inline
function sum3<T>(a: v128, b: v128, c: v128, w0: v128, w1: v128, w2: v128, start: v128): v128 {
  return multiplyAdd<T>(c, w2, multiplyAdd<T>(b, w1, multiplyAdd<T>(a, w0, start)));
}
