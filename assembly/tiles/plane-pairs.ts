// SPDX-License-Identifier: MIT
import { clamp } from "../convolution/finish";
import { Frame, high, low } from "../convolution/plan";
import { multiplyAdd } from "../vector";

/**
 * Does what planeBand does, two vectors at a time: eight sums hide the latency of fused multiply-adds. They leave
 * registers for pieces of three taps, each of which loads six rows of the input, and for single taps.
 */
export function planePairs<T>(
  f: Frame, height: i32, width: i32, w: usize, bias: v128, from: usize, step: usize, to: usize, outStep: i32,
  pairs: i32,
): void {
  const e = sizeof<T>();
  const columnBytes = <usize>height * e, kernelBytes = <usize>width * columnBytes;
  for (const end = to + 32 * pairs; to != end; to += 32, from += 32) {
    let a0 = bias, a1 = bias, a2 = bias, a3 = bias;
    let b0 = bias, b1 = bias, b2 = bias, b3 = bias;
    let column = from;
    for (let v = w; v < w + kernelBytes; column += e) {
      let at = column;
      const below = v + columnBytes;
      for (const threes = below - 2 * e; v < threes; v += 3 * e) {
        const w0 = v128.load_splat<T>(v), w1 = v128.load_splat<T>(v, e), w2 = v128.load_splat<T>(v, 2 * e);
        const x0 = v128.load(at);
        a0 = multiplyAdd<T>(w0, x0, a0);
        b0 = multiplyAdd<T>(w0, v128.load(at, 16), b0);
        at += step;
        const x1 = v128.load(at);
        a1 = multiplyAdd<T>(w0, x1, a1);
        a0 = multiplyAdd<T>(w1, x1, a0);
        const y1 = v128.load(at, 16);
        b1 = multiplyAdd<T>(w0, y1, b1);
        b0 = multiplyAdd<T>(w1, y1, b0);
        at += step;
        const x2 = v128.load(at);
        a2 = multiplyAdd<T>(w0, x2, a2);
        a1 = multiplyAdd<T>(w1, x2, a1);
        a0 = multiplyAdd<T>(w2, x2, a0);
        const y2 = v128.load(at, 16);
        b2 = multiplyAdd<T>(w0, y2, b2);
        b1 = multiplyAdd<T>(w1, y2, b1);
        b0 = multiplyAdd<T>(w2, y2, b0);
        at += step;
        const x3 = v128.load(at);
        a3 = multiplyAdd<T>(w0, x3, a3);
        a2 = multiplyAdd<T>(w1, x3, a2);
        a1 = multiplyAdd<T>(w2, x3, a1);
        const y3 = v128.load(at, 16);
        b3 = multiplyAdd<T>(w0, y3, b3);
        b2 = multiplyAdd<T>(w1, y3, b2);
        b1 = multiplyAdd<T>(w2, y3, b1);
        const x4 = v128.load(at + step);
        a3 = multiplyAdd<T>(w1, x4, a3);
        a2 = multiplyAdd<T>(w2, x4, a2);
        a3 = multiplyAdd<T>(w2, v128.load(at + 2 * step), a3);
        const y4 = v128.load(at + step, 16);
        b3 = multiplyAdd<T>(w1, y4, b3);
        b2 = multiplyAdd<T>(w2, y4, b2);
        b3 = multiplyAdd<T>(w2, v128.load(at + 2 * step, 16), b3);
      }
      for (; v < below; v += e, at += step) {
        const w0 = v128.load_splat<T>(v);
        a0 = multiplyAdd<T>(w0, v128.load(at), a0);
        a1 = multiplyAdd<T>(w0, v128.load(at + step), a1);
        a2 = multiplyAdd<T>(w0, v128.load(at + 2 * step), a2);
        a3 = multiplyAdd<T>(w0, v128.load(at + 3 * step), a3);
        b0 = multiplyAdd<T>(w0, v128.load(at, 16), b0);
        b1 = multiplyAdd<T>(w0, v128.load(at + step, 16), b1);
        b2 = multiplyAdd<T>(w0, v128.load(at + 2 * step, 16), b2);
        b3 = multiplyAdd<T>(w0, v128.load(at + 3 * step, 16), b3);
      }
    }
    const least = low(f), most = high(f);
    finish<T>(a0, b0, least, most, to);
    finish<T>(a1, b1, least, most, to + outStep);
    finish<T>(a2, b2, least, most, to + 2 * outStep);
    finish<T>(a3, b3, least, most, to + 3 * outStep);
  }
}

// @ts-ignore: decorator
@inline
function finish<T>(a: v128, b: v128, low: v128, high: v128, to: usize): void {
  v128.store(to, clamp<T>(a, low, high));
  v128.store(to, clamp<T>(b, low, high), 16);
}
