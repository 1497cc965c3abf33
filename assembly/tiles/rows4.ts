// SPDX-License-Identifier: MIT
import { finishTile, finishVector } from "../finish";
import { Frame } from "../plan";
import { multiplyAdd } from "../vector";

/** 4 output channels x 1 or 2 vectors of pixels; see column.ts. */
export function rows4<T, V, X>(f: Frame, x: usize, w: usize, pixels: i32, bias: usize, to: usize): void {
  const e = sizeof<T>();
  const zero = v128.splat<T>(<T>0);
  let a0 = zero, b0 = zero;
  let a1 = zero, b1 = zero;
  let a2 = zero, b2 = zero;
  let a3 = zero, b3 = zero;
  let taps = f.taps;
  for (const end = w + <usize>f.products * 4 * e; w < end; w += 4 * e) {
    let at = x;
    if (isBoolean<X>()) {
      x += 16 * sizeof<V>();
    } else {
      at += load<i32>(taps);
      taps += 4;
    }
    const x0 = v128.load(at);
    const x1 = sizeof<V>() > 1 ? v128.load(at, 16) : x0;
    const y0 = v128.load_splat<T>(w);
    a0 = multiplyAdd<T>(y0, x0, a0);
    if (sizeof<V>() > 1) b0 = multiplyAdd<T>(y0, x1, b0);
    const y1 = v128.load_splat<T>(w, e);
    a1 = multiplyAdd<T>(y1, x0, a1);
    if (sizeof<V>() > 1) b1 = multiplyAdd<T>(y1, x1, b1);
    const y2 = v128.load_splat<T>(w, 2 * e);
    a2 = multiplyAdd<T>(y2, x0, a2);
    if (sizeof<V>() > 1) b2 = multiplyAdd<T>(y2, x1, b2);
    const y3 = v128.load_splat<T>(w, 3 * e);
    a3 = multiplyAdd<T>(y3, x0, a3);
    if (sizeof<V>() > 1) b3 = multiplyAdd<T>(y3, x1, b3);
  }
  if (f.planar) {
    const low = v128.splat<T>(<T>f.low), high = v128.splat<T>(<T>f.high);
    let added = v128.load_splat<T>(bias);
    finishVector<T>(f, a0, added, low, high, to, pixels);
    if (sizeof<V>() > 1) {
      finishVector<T>(f, b0, added, low, high, to + 16, pixels - <i32>(16 / e));
    }
    to += f.channelPitch;
    added = v128.load_splat<T>(bias, e);
    finishVector<T>(f, a1, added, low, high, to, pixels);
    if (sizeof<V>() > 1) {
      finishVector<T>(f, b1, added, low, high, to + 16, pixels - <i32>(16 / e));
    }
    to += f.channelPitch;
    added = v128.load_splat<T>(bias, 2 * e);
    finishVector<T>(f, a2, added, low, high, to, pixels);
    if (sizeof<V>() > 1) {
      finishVector<T>(f, b2, added, low, high, to + 16, pixels - <i32>(16 / e));
    }
    to += f.channelPitch;
    added = v128.load_splat<T>(bias, 3 * e);
    finishVector<T>(f, a3, added, low, high, to, pixels);
    if (sizeof<V>() > 1) {
      finishVector<T>(f, b3, added, low, high, to + 16, pixels - <i32>(16 / e));
    }
    return;
  }
  const scratch = f.scratch;
  v128.store(scratch, a0);
  v128.store(scratch, b0, 16);
  v128.store(scratch, a1, 32);
  v128.store(scratch, b1, 48);
  v128.store(scratch, a2, 64);
  v128.store(scratch, b2, 80);
  v128.store(scratch, a3, 96);
  v128.store(scratch, b3, 112);
  finishTile<T>(f, 32, <i32>e, 4, pixels, bias, to);
}
