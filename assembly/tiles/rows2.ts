// SPDX-License-Identifier: MIT
import { finishTile, finishVector } from "../convolution/finish";
import { Frame, high, low } from "../convolution/plan";
import { multiplyAdd } from "../vector";

/** Sums up 2 output channels x 1, 2 or 4 vectors of pixels; see column.ts. */
export function rows2<T, V, X>(f: Frame, x: usize, w: usize, pixels: i32, bias: usize, to: usize): void {
  const e = sizeof<T>();
  const zero = v128.splat<T>(<T>0);
  let a0 = zero, b0 = zero, c0 = zero, d0 = zero;
  let a1 = zero, b1 = zero, c1 = zero, d1 = zero;
  let taps = f.taps;
  for (const end = w + <usize>f.products * 2 * e; w < end; w += 2 * e) {
    let at = x;
    if (isBoolean<X>()) {
      x += 16 * sizeof<V>();
    } else {
      at += load<i32>(taps);
      taps += 4;
    }
    const y0 = v128.load_splat<T>(w);
    const y1 = v128.load_splat<T>(w, e);
    const x0 = v128.load(at);
    a0 = multiplyAdd<T>(y0, x0, a0);
    a1 = multiplyAdd<T>(y1, x0, a1);
    if (sizeof<V>() > 1) {
      const x1 = v128.load(at, 16);
      b0 = multiplyAdd<T>(y0, x1, b0);
      b1 = multiplyAdd<T>(y1, x1, b1);
    }
    if (sizeof<V>() > 2) {
      const x2 = v128.load(at, 32);
      c0 = multiplyAdd<T>(y0, x2, c0);
      c1 = multiplyAdd<T>(y1, x2, c1);
      const x3 = v128.load(at, 48);
      d0 = multiplyAdd<T>(y0, x3, d0);
      d1 = multiplyAdd<T>(y1, x3, d1);
    }
  }
  if (f.planar) {
    const least = low(f), most = high(f);
    let added = v128.load_splat<T>(bias);
    finishVector<T>(f, a0, added, least, most, to, pixels);
    if (sizeof<V>() > 1) {
      finishVector<T>(f, b0, added, least, most, to + 16, pixels - <i32>(16 / e));
    }
    if (sizeof<V>() > 2) {
      finishVector<T>(f, c0, added, least, most, to + 32, pixels - <i32>(32 / e));
      finishVector<T>(f, d0, added, least, most, to + 48, pixels - <i32>(48 / e));
    }
    to += f.channelStep;
    added = v128.load_splat<T>(bias, e);
    finishVector<T>(f, a1, added, least, most, to, pixels);
    if (sizeof<V>() > 1) {
      finishVector<T>(f, b1, added, least, most, to + 16, pixels - <i32>(16 / e));
    }
    if (sizeof<V>() > 2) {
      finishVector<T>(f, c1, added, least, most, to + 32, pixels - <i32>(32 / e));
      finishVector<T>(f, d1, added, least, most, to + 48, pixels - <i32>(48 / e));
    }
    return;
  }
  const scratch = f.scratch;
  v128.store(scratch, a0);
  v128.store(scratch, b0, 16);
  v128.store(scratch, c0, 32);
  v128.store(scratch, d0, 48);
  v128.store(scratch, a1, 64);
  v128.store(scratch, b1, 80);
  v128.store(scratch, c1, 96);
  v128.store(scratch, d1, 112);
  finishTile<T>(f, 64, <i32>e, 2, pixels, bias, to);
}
