// SPDX-License-Identifier: MIT
import { clamp } from "../convolution/finish";
import { Frame, high, low } from "../convolution/plan";
import { multiplyAdd } from "../vector";
import { insideMask, nearColumn } from "./plane";

/**
 * Computes one vector of each of `rows` output rows in one channel, 3x3 at stride `sizeof<S>()`. A row of input serves
 * two or three rows of output: it is loaded once on the way down, and its share of the rows below waits in registers.
 *
 *   stride 1   out[y] = below0 + w2 x[y + 2]       below0 = below1 + w1 x[y + 2]       below1 = w0 x[y + 2]
 *   stride 2   out[y] = below0 + w1 x[2 y + 1] + w2 x[2 y + 2]                         below0 = w0 x[2 y + 2]
 *
 * where w x is a sum over the three taps of a row. Weights are [kx][ky]; `top` and `column` are where the first tap of
 * the first output lies in the input.
 *
 * It calls nothing, as V8 would keep no sum in a register across a call.
 */
export function plane3<T, S, M>(
  f: Frame, w: usize, bias: v128, top: i32, column: i32, rows: i32, to: usize, toStep: i32,
): void {
  const e = sizeof<T>();
  const w00 = v128.load_splat<T>(w), w10 = v128.load_splat<T>(w, e), w20 = v128.load_splat<T>(w, 2 * e);
  const w01 = v128.load_splat<T>(w, 3 * e), w11 = v128.load_splat<T>(w, 4 * e), w21 = v128.load_splat<T>(w, 5 * e);
  const w02 = v128.load_splat<T>(w, 6 * e), w12 = v128.load_splat<T>(w, 7 * e), w22 = v128.load_splat<T>(w, 8 * e);
  const m0 = insideMask<T, S>(f, column), m1 = insideMask<T, S>(f, column + 1);
  const m2 = insideMask<T, S>(f, column + 2);
  const at = <usize>nearColumn<T, S, M>(f, column) * e;
  const noRow = f.noRow + at;
  const height = f.planeHeight;
  const source = f.source + at;
  let step = f.planeStep;
  // Rows run from above the input to below it. An unsigned comparison finds those outside, which `noRow` replaces.
  let row = source + top * step;
  let here = <u32>top < <u32>height ? row : noRow;
  let a = tap0<T, S, M>(here, m0), b = tap1<T, S, M>(here, m1), c = tap2<T, S, M>(here, a, m2);
  let below0 = sum3<T>(a, b, c, w00, w01, w02, bias);
  let below1 = bias;
  if (sizeof<S>() == 1) {
    row += step;
    here = <u32>++top < <u32>height ? row : noRow;
    a = tap0<T, S, M>(here, m0);
    b = tap1<T, S, M>(here, m1);
    c = tap2<T, S, M>(here, a, m2);
    below0 = v128.add<T>(below0, row3<T>(a, b, c, w10, w11, w12));
    below1 = sum3<T>(a, b, c, w00, w01, w02, bias);
  }
  for (const end = to + rows * toStep; to != end; to += toStep) {
    if (sizeof<S>() == 2) {
      row += step;
      here = <u32>++top < <u32>height ? row : noRow;
      a = tap0<T, S, M>(here, m0);
      b = tap1<T, S, M>(here, m1);
      c = tap2<T, S, M>(here, a, m2);
      below0 = v128.add<T>(below0, row3<T>(a, b, c, w10, w11, w12));
    }
    row += step;
    here = <u32>++top < <u32>height ? row : noRow;
    a = tap0<T, S, M>(here, m0);
    b = tap1<T, S, M>(here, m1);
    c = tap2<T, S, M>(here, a, m2);
    v128.store(to, clamp<T>(v128.add<T>(below0, row3<T>(a, b, c, w20, w21, w22)), low(f), high(f)));
    if (sizeof<S>() == 1) {
      below0 = v128.add<T>(below1, row3<T>(a, b, c, w10, w11, w12));
      below1 = sum3<T>(a, b, c, w00, w01, w02, bias);
    } else {
      below0 = sum3<T>(a, b, c, w00, w01, w02, bias);
    }
  }
}

/** Loads the elements that a tap reads for neighbouring output pixels: every one, or every other. */
// @ts-ignore: decorator
@inline
function tap0<T, S, M>(from: usize, mask: v128): v128 {
  let x = v128.load(from);
  if (sizeof<S>() == 2) x = everyOther<T>(x, v128.load(from, 16));
  return isBoolean<M>() ? v128.and(x, mask) : x;
}

// @ts-ignore: decorator
@inline
function tap1<T, S, M>(from: usize, mask: v128): v128 {
  let x = v128.load(from, sizeof<T>());
  if (sizeof<S>() == 2) x = everyOther<T>(x, v128.load(from, 16 + sizeof<T>()));
  return isBoolean<M>() ? v128.and(x, mask) : x;
}

/** At stride 2 these elements are the next lanes of the first tap, `a`. */
// @ts-ignore: decorator
@inline
function tap2<T, S, M>(from: usize, a: v128, mask: v128): v128 {
  let x: v128;
  if (sizeof<S>() == 1) x = v128.load(from, 2 * sizeof<T>());
  else if (sizeof<T>() == 4) x = v128.shuffle<f32>(a, v128.load_splat<f32>(from, 32), 1, 2, 3, 4);
  else x = v128.shuffle<f64>(a, v128.load_splat<f64>(from, 32), 1, 2);
  return isBoolean<M>() ? v128.and(x, mask) : x;
}

// @ts-ignore: decorator
@inline
export function everyOther<T>(x: v128, y: v128): v128 {
  return sizeof<T>() == 4 ? v128.shuffle<f32>(x, y, 0, 2, 4, 6) : v128.shuffle<f64>(x, y, 0, 2);
}

// @ts-ignore: decorator
@inline
function sum3<T>(a: v128, b: v128, c: v128, w0: v128, w1: v128, w2: v128, start: v128): v128 {
  return multiplyAdd<T>(c, w2, multiplyAdd<T>(b, w1, multiplyAdd<T>(a, w0, start)));
}

// @ts-ignore: decorator
@inline
function row3<T>(a: v128, b: v128, c: v128, w0: v128, w1: v128, w2: v128): v128 {
  return multiplyAdd<T>(c, w2, multiplyAdd<T>(b, w1, v128.mul<T>(a, w0)));
}
