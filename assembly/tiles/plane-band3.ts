// SPDX-License-Identifier: MIT
import { clamp } from "../convolution/finish";
import { Frame, high, low } from "../convolution/plan";
import { multiplyAdd } from "../vector";

/**
 * Computes four output rows of one channel, vector by vector, for kernels of three rows at stride 1.
 *
 *   a[r] = bias + sum over kx, ky of w[kx][ky] * x[r + ky][kx]
 *
 * It takes one column of the kernel after the other, and loads each row of the input once, for up to three sums. All
 * six rows are there, `step` bytes apart.
 */
export function planeBand3<T>(
  f: Frame, width: i32, w: usize, bias: v128, from: usize, step: i32, to: usize, outStep: i32, vectors: i32,
): void {
  const e = sizeof<T>();
  const kernelBytes = <usize>width * 3 * e;
  for (const end = to + 16 * vectors; to != end; to += 16, from += 16) {
    let a0 = bias, a1 = bias, a2 = bias, a3 = bias;
    let x = from;
    for (let v = w; v < w + kernelBytes; v += 3 * e, x += e) {
      const w0 = v128.load_splat<T>(v), w1 = v128.load_splat<T>(v, e), w2 = v128.load_splat<T>(v, 2 * e);
      let at = x;
      a0 = multiplyAdd<T>(w0, v128.load(at), a0);
      const x1 = v128.load((at += step));
      a0 = multiplyAdd<T>(w1, x1, a0);
      a1 = multiplyAdd<T>(w0, x1, a1);
      const x2 = v128.load((at += step));
      a0 = multiplyAdd<T>(w2, x2, a0);
      a1 = multiplyAdd<T>(w1, x2, a1);
      a2 = multiplyAdd<T>(w0, x2, a2);
      const x3 = v128.load((at += step));
      a1 = multiplyAdd<T>(w2, x3, a1);
      a2 = multiplyAdd<T>(w1, x3, a2);
      a3 = multiplyAdd<T>(w0, x3, a3);
      const x4 = v128.load((at += step));
      a2 = multiplyAdd<T>(w2, x4, a2);
      a3 = multiplyAdd<T>(w1, x4, a3);
      a3 = multiplyAdd<T>(w2, v128.load(at + step), a3);
    }
    const least = low(f), most = high(f);
    v128.store(to, clamp<T>(a0, least, most));
    v128.store(to + outStep, clamp<T>(a1, least, most));
    v128.store(to + 2 * outStep, clamp<T>(a2, least, most));
    v128.store(to + 3 * outStep, clamp<T>(a3, least, most));
  }
}
