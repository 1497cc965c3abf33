// SPDX-License-Identifier: MIT
import { clamp } from "../convolution/finish";
import { Frame, high, low } from "../convolution/plan";
import { multiplyAdd } from "../vector";

/**
 * Computes four output rows of one channel, vector by vector, at stride 1, for kernels of `height` x `width`.
 *
 *   a[r] = bias + sum over kx, ky of w[kx][ky] * x[r + ky][kx]
 *
 * Each column of the kernel is taken in pieces of 7, 5, 3 or 1 taps, which stay in registers. A piece of n taps loads
 * n + 3 rows of the input, each once, for up to four sums. All `height` + 3 rows are there, `step` bytes apart.
 */
export function planeBand<T>(
  f: Frame, height: i32, width: i32, w: usize, bias: v128, from: usize, step: usize, to: usize, outStep: i32,
  vectors: i32,
): void {
  const e = sizeof<T>();
  const columnBytes = <usize>height * e, kernelBytes = <usize>width * columnBytes;
  for (const end = to + 16 * vectors; to != end; to += 16, from += 16) {
    let a0 = bias, a1 = bias, a2 = bias, a3 = bias;
    let column = from;
    let at = from;
    for (let v = w; v < w + kernelBytes; column += e, at = column) {
      const below = v + columnBytes;
      while (v < below) {
        const left = (below - v) / e;
        const w0 = v128.load_splat<T>(v);
        const x0 = v128.load(at);
        a0 = multiplyAdd<T>(w0, x0, a0);
        if (left < 3) {
          a1 = multiplyAdd<T>(w0, v128.load(at + step), a1);
          a2 = multiplyAdd<T>(w0, v128.load(at + 2 * step), a2);
          a3 = multiplyAdd<T>(w0, v128.load(at + 3 * step), a3);
          at += step;
          v += e;
          continue;
        }
        at += step;
        const w1 = v128.load_splat<T>(v, e), w2 = v128.load_splat<T>(v, 2 * e);
        const x1 = v128.load(at);
        a0 = multiplyAdd<T>(w1, x1, a0);
        a1 = multiplyAdd<T>(w0, x1, a1);
        at += step;
        const x2 = v128.load(at);
        a0 = multiplyAdd<T>(w2, x2, a0);
        a1 = multiplyAdd<T>(w1, x2, a1);
        a2 = multiplyAdd<T>(w0, x2, a2);
        at += step;
        const x3 = v128.load(at);
        if (left < 5) {
          a1 = multiplyAdd<T>(w2, x3, a1);
          a2 = multiplyAdd<T>(w1, x3, a2);
          a3 = multiplyAdd<T>(w0, x3, a3);
          const x4 = v128.load(at + step);
          a2 = multiplyAdd<T>(w2, x4, a2);
          a3 = multiplyAdd<T>(w1, x4, a3);
          a3 = multiplyAdd<T>(w2, v128.load(at + 2 * step), a3);
          v += 3 * e;
          continue;
        }
        const w3 = v128.load_splat<T>(v, 3 * e), w4 = v128.load_splat<T>(v, 4 * e);
        a0 = multiplyAdd<T>(w3, x3, a0);
        a1 = multiplyAdd<T>(w2, x3, a1);
        a2 = multiplyAdd<T>(w1, x3, a2);
        a3 = multiplyAdd<T>(w0, x3, a3);
        at += step;
        const x4 = v128.load(at);
        a0 = multiplyAdd<T>(w4, x4, a0);
        a1 = multiplyAdd<T>(w3, x4, a1);
        a2 = multiplyAdd<T>(w2, x4, a2);
        a3 = multiplyAdd<T>(w1, x4, a3);
        at += step;
        const x5 = v128.load(at);
        if (left < 10 && left != 7) {
          a1 = multiplyAdd<T>(w4, x5, a1);
          a2 = multiplyAdd<T>(w3, x5, a2);
          a3 = multiplyAdd<T>(w2, x5, a3);
          const x6 = v128.load(at + step);
          a2 = multiplyAdd<T>(w4, x6, a2);
          a3 = multiplyAdd<T>(w3, x6, a3);
          a3 = multiplyAdd<T>(w4, v128.load(at + 2 * step), a3);
          v += 5 * e;
          continue;
        }
        const w5 = v128.load_splat<T>(v, 5 * e), w6 = v128.load_splat<T>(v, 6 * e);
        a0 = multiplyAdd<T>(w5, x5, a0);
        a1 = multiplyAdd<T>(w4, x5, a1);
        a2 = multiplyAdd<T>(w3, x5, a2);
        a3 = multiplyAdd<T>(w2, x5, a3);
        at += step;
        const x6 = v128.load(at);
        a0 = multiplyAdd<T>(w6, x6, a0);
        a1 = multiplyAdd<T>(w5, x6, a1);
        a2 = multiplyAdd<T>(w4, x6, a2);
        a3 = multiplyAdd<T>(w3, x6, a3);
        at += step;
        const x7 = v128.load(at);
        a1 = multiplyAdd<T>(w6, x7, a1);
        a2 = multiplyAdd<T>(w5, x7, a2);
        a3 = multiplyAdd<T>(w4, x7, a3);
        const x8 = v128.load(at + step);
        a2 = multiplyAdd<T>(w6, x8, a2);
        a3 = multiplyAdd<T>(w5, x8, a3);
        a3 = multiplyAdd<T>(w6, v128.load(at + 2 * step), a3);
        v += 7 * e;
      }
    }
    const least = low(f), most = high(f);
    v128.store(to, clamp<T>(a0, least, most));
    v128.store(to + outStep, clamp<T>(a1, least, most));
    v128.store(to + 2 * outStep, clamp<T>(a2, least, most));
    v128.store(to + 3 * outStep, clamp<T>(a3, least, most));
  }
}
