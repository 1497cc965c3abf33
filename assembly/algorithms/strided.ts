// SPDX-License-Identifier: MIT
import { finishTile } from "../convolution/finish";
import { Frame } from "../convolution/plan";
import { multiplyAdd } from "../vector";

/**
 * Computes the matrix product of im2col over strided windows of the input, without copying a patch. Lanes are output
 * channels; each element of a window is broadcast from where it lies.
 *
 *              w[k]  | oc 0..3 | oc 4..7 |
 *   x[k] pixel 0     |    a0   |    b0   |
 *        pixel 1     |    a1   |    b1   |
 *        pixel 2     |    a2   |    b2   |
 *        pixel 3     |    a3   |    b3   |
 *
 * Pixels of a tile are four addresses of their own, so they may lie in different rows.
 */
export function strided<T>(f: Frame, wholeRows: bool): void {
  const rows = wholeRows ? 1 : f.rows;
  const cols = wholeRows ? f.rows * f.cols : f.cols;
  for (let y = 0; y < rows; y++) {
    const first = wholeRows ? 0 : y * f.cols;
    const target = f.target + y * f.outRowStep;
    for (let x = 0; x < cols; x += 4) {
      const last = first + cols - 1;
      const s0 = windowOf(f, first + x);
      const s1 = windowOf(f, min(first + x + 1, last));
      const s2 = windowOf(f, min(first + x + 2, last));
      const s3 = windowOf(f, min(first + x + 3, last));
      channels<T>(f, s0, s1, s2, s3, min(4, cols - x), target + x * f.colStep);
    }
  }
}

// @ts-ignore: decorator
@inline
function windowOf(f: Frame, pixel: i32): usize {
  return f.source + (pixel / f.cols) * f.lineAdvance + (pixel % f.cols) * f.pixelStep;
}

/** Computes all output channels of a block for one tile of pixels. */
function channels<T>(f: Frame, s0: usize, s1: usize, s2: usize, s3: usize, pixels: i32, to: usize): void {
  const e = <i32>sizeof<T>();
  const lanes = 16 / e;
  for (let oc = 0; oc < f.outChannels; ) {
    const left = f.outChannels - oc;
    const weights = f.weights + oc * f.filter * e;
    const bias = f.bias + oc * e;
    const target = to + oc * f.channelStep;
    if (left > lanes) {
      strided4x2<T>(f, s0, s1, s2, s3, weights + f.first * 32, f.products);
      finishTile<T>(f, e, 32, min(2 * lanes, left), pixels, bias, target);
      oc += 2 * lanes;
    } else {
      strided4x1<T>(f, s0, s1, s2, s3, weights + f.first * 16, f.products);
      finishTile<T>(f, e, 16, left, pixels, bias, target);
      oc += lanes;
    }
  }
}

// @ts-ignore: decorator
@inline
function strided4x2<T>(f: Frame, s0: usize, s1: usize, s2: usize, s3: usize, w: usize, k: i32): void {
  let taps = f.taps;
  let a0 = v128.splat<T>(<T>0), b0 = v128.splat<T>(<T>0);
  let a1 = v128.splat<T>(<T>0), b1 = v128.splat<T>(<T>0);
  let a2 = v128.splat<T>(<T>0), b2 = v128.splat<T>(<T>0);
  let a3 = v128.splat<T>(<T>0), b3 = v128.splat<T>(<T>0);
  for (const end = w + <usize>k * 32; w < end; w += 32, taps += 4) {
    const tap = load<i32>(taps);
    const y0 = v128.load(w), y1 = v128.load(w, 16);
    const x0 = v128.load_splat<T>(s0 + tap);
    a0 = multiplyAdd<T>(x0, y0, a0);
    b0 = multiplyAdd<T>(x0, y1, b0);
    const x1 = v128.load_splat<T>(s1 + tap);
    a1 = multiplyAdd<T>(x1, y0, a1);
    b1 = multiplyAdd<T>(x1, y1, b1);
    const x2 = v128.load_splat<T>(s2 + tap);
    a2 = multiplyAdd<T>(x2, y0, a2);
    b2 = multiplyAdd<T>(x2, y1, b2);
    const x3 = v128.load_splat<T>(s3 + tap);
    a3 = multiplyAdd<T>(x3, y0, a3);
    b3 = multiplyAdd<T>(x3, y1, b3);
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
}

function strided4x1<T>(f: Frame, s0: usize, s1: usize, s2: usize, s3: usize, w: usize, k: i32): void {
  let taps = f.taps;
  let a0 = v128.splat<T>(<T>0), a1 = a0, a2 = a0, a3 = a0;
  for (const end = w + <usize>k * 16; w < end; w += 16, taps += 4) {
    const tap = load<i32>(taps);
    const y = v128.load(w);
    a0 = multiplyAdd<T>(v128.load_splat<T>(s0 + tap), y, a0);
    a1 = multiplyAdd<T>(v128.load_splat<T>(s1 + tap), y, a1);
    a2 = multiplyAdd<T>(v128.load_splat<T>(s2 + tap), y, a2);
    a3 = multiplyAdd<T>(v128.load_splat<T>(s3 + tap), y, a3);
  }
  const scratch = f.scratch;
  v128.store(scratch, a0);
  v128.store(scratch, a1, 16);
  v128.store(scratch, a2, 32);
  v128.store(scratch, a3, 48);
}
