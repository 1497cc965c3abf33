// SPDX-License-Identifier: MIT
import { Frame, Plan } from "../convolution/plan";
import { finishColumn } from "../tiles/plane";
import { plane3 } from "../tiles/plane3";
import { plane5, plane5AtTwo } from "../tiles/plane5";
import { planeBand } from "../tiles/plane-band";
import { planeBand3 } from "../tiles/plane-band3";
import { planePairs } from "../tiles/plane-pairs";
import { Inside, Masked, One, Two } from "../tiles/shape";

/**
 * Computes `f.rows` x `f.cols` outputs in each of the frame's channels. Each group has one input channel, and there is
 * no dilation.
 *
 * If it reads the input as it lies, kernels are 3x3 or 5x5, strides are 1 or 2 and padding is zeros: a row of zeros
 * stands in for the rows above and below, and lanes left and right of a row are masked.
 *
 * If it reads a strip, which has its borders and three rows to spare, it takes any kernel at stride 1.
 */
export function depthwise<T>(p: Plan, f: Frame): void {
  const size = <usize>f.filter * sizeof<T>();
  for (let oc = 0; oc < f.outChannels; oc++) {
    const bias = v128.load_splat<T>(f.bias + <usize>oc * sizeof<T>());
    const w = f.weights + oc * size;
    const output = f.target + oc * f.channelStep;
    if (p.planes) bands<T>(f, p.kernelHeight, p.kernelWidth, w, bias, output);
    else columns<T>(f, p.kernelWidth, p.strideX, w, bias, output);
  }
}

/** Goes down columns of vectors. The last column overlaps the one before. */
function columns<T>(f: Frame, k: i32, s: i32, w: usize, bias: v128, output: usize): void {
  const e = <i32>sizeof<T>(), vector = 16 / e;
  const cols = f.cols, left = f.planeLeft;
  const whole = f.planar && cols >= vector;
  const step = whole ? f.outRowStep : 16;
  const lanes = min(vector, cols);
  // Vectors of output columns from firstInside to lastInside read nothing outside of the rows.
  const firstInside = (s - 1 - left) / s;
  const lastInside = (f.planeWidth - k - left - s * (vector - 1) + s) / s - 1;
  const chunk = whole ? f.rows : 8;
  for (let y = 0; y < f.rows; y += chunk) {
    const rows = min(chunk, f.rows - y);
    const line = output + y * f.outRowStep;
    const top = f.planeTop + y * s;
    for (let col = 0; col < cols; col += lanes) {
      const x = min(col, cols - lanes);
      // A second pair of loops for float64 is not worth its size.
      const inside = sizeof<T>() == 4 && x >= firstInside && x <= lastInside;
      const to = line + x * e;
      const sums = whole ? to : f.scratch;
      const column = x * s + left;
      if (k == 5) {
        if (s == 2) plane5AtTwo<T>(f, w, bias, top, column, rows, sums, step);
        else plane5<T>(f, w, bias, top, column, rows, sums, step);
      } else if (s == 2) {
        if (inside) plane3<T, Two, Inside>(f, w, bias, top, column, rows, sums, step);
        else plane3<T, Two, Masked>(f, w, bias, top, column, rows, sums, step);
      } else {
        if (inside) plane3<T, One, Inside>(f, w, bias, top, column, rows, sums, step);
        else plane3<T, One, Masked>(f, w, bias, top, column, rows, sums, step);
      }
      if (!whole) finishColumn<T>(f, rows, lanes, to);
    }
  }
}

/** Goes along bands of four rows. The last band overlaps the one before, and so does the last vector of each. */
function bands<T>(f: Frame, height: i32, width: i32, w: usize, bias: v128, output: usize): void {
  const e = <i32>sizeof<T>(), vector = 16 / e;
  const cols = f.cols, step = f.lineAdvance;
  const rows = min(4, f.rows);
  const lanes = min(vector, cols);
  for (let row = 0; row < f.rows; row += 4) {
    const y = min(row, f.rows - rows);
    const from = f.source + y * step;
    const to = output + y * f.outRowStep;
    if (f.planar && rows == 4 && cols >= vector) {
      const vectors = cols / vector;
      band<T>(f, height, width, w, bias, from, to, f.outRowStep, vectors);
      const last = (cols - vector) * e;
      if (vectors * vector < cols) band<T>(f, height, width, w, bias, from + last, to + last, f.outRowStep, 1);
      continue;
    }
    for (let col = 0; col < cols; col += lanes) {
      const at = min(col, cols - lanes) * e;
      band<T>(f, height, width, w, bias, from + at, f.scratch, 16, 1);
      finishColumn<T>(f, rows, lanes, to + at);
    }
  }
}

function band<T>(
  f: Frame, height: i32, width: i32, w: usize, bias: v128, from: usize, to: usize, outStep: i32, vectors: i32,
): void {
  const step = f.lineAdvance;
  if (ASC_FEATURE_RELAXED_SIMD && height > 3) {
    const pairs = vectors / 2;
    planePairs<T>(f, height, width, w, bias, from, step, to, outStep, pairs);
    from += 32 * pairs;
    to += 32 * pairs;
    vectors -= 2 * pairs;
  }
  if (height == 3) planeBand3<T>(f, width, w, bias, from, step, to, outStep, vectors);
  else planeBand<T>(f, height, width, w, bias, from, step, to, outStep, vectors);
}
