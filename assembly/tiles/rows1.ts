// SPDX-License-Identifier: MIT
import { finishTile, finishVector } from "../convolution/finish";
import { Frame, high, low } from "../convolution/plan";
import { multiplyAdd } from "../vector";

/** Sums up 1 output channel x 1, 2, 4 or 8 vectors of pixels; see column.ts. */
export function rows1<T, V, X>(f: Frame, x: usize, w: usize, pixels: i32, bias: usize, to: usize): void {
  const e = sizeof<T>();
  const zero = v128.splat<T>(<T>0);
  let a0 = zero, b0 = zero, c0 = zero, d0 = zero;
  let e0 = zero, f0 = zero, g0 = zero, h0 = zero;
  let taps = f.taps;
  for (const end = w + <usize>f.products * e; w < end; w += e) {
    let at = x;
    if (isBoolean<X>()) {
      x += 16 * sizeof<V>();
    } else {
      at += load<i32>(taps);
      taps += 4;
    }
    const y0 = v128.load_splat<T>(w);
    a0 = multiplyAdd<T>(y0, v128.load(at), a0);
    if (sizeof<V>() > 1) {
      b0 = multiplyAdd<T>(y0, v128.load(at, 16), b0);
    }
    if (sizeof<V>() > 2) {
      c0 = multiplyAdd<T>(y0, v128.load(at, 32), c0);
      d0 = multiplyAdd<T>(y0, v128.load(at, 48), d0);
    }
    if (sizeof<V>() > 4) {
      e0 = multiplyAdd<T>(y0, v128.load(at, 64), e0);
      f0 = multiplyAdd<T>(y0, v128.load(at, 80), f0);
      g0 = multiplyAdd<T>(y0, v128.load(at, 96), g0);
      h0 = multiplyAdd<T>(y0, v128.load(at, 112), h0);
    }
  }
  if (f.planar) {
    const least = low(f), most = high(f);
    const added = v128.load_splat<T>(bias);
    finishVector<T>(f, a0, added, least, most, to, pixels);
    if (sizeof<V>() > 1) {
      finishVector<T>(f, b0, added, least, most, to + 16, pixels - <i32>(16 / e));
    }
    if (sizeof<V>() > 2) {
      finishVector<T>(f, c0, added, least, most, to + 32, pixels - <i32>(32 / e));
      finishVector<T>(f, d0, added, least, most, to + 48, pixels - <i32>(48 / e));
    }
    if (sizeof<V>() > 4) {
      finishVector<T>(f, e0, added, least, most, to + 64, pixels - <i32>(64 / e));
      finishVector<T>(f, f0, added, least, most, to + 80, pixels - <i32>(80 / e));
      finishVector<T>(f, g0, added, least, most, to + 96, pixels - <i32>(96 / e));
      finishVector<T>(f, h0, added, least, most, to + 112, pixels - <i32>(112 / e));
    }
    return;
  }
  const scratch = f.scratch;
  v128.store(scratch, a0);
  v128.store(scratch, b0, 16);
  v128.store(scratch, c0, 32);
  v128.store(scratch, d0, 48);
  v128.store(scratch, e0, 64);
  v128.store(scratch, f0, 80);
  v128.store(scratch, g0, 96);
  v128.store(scratch, h0, 112);
  finishTile<T>(f, 128, <i32>e, 1, pixels, bias, to);
}
