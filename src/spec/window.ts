// SPDX-License-Identifier: MIT
import type { FloatDType } from "../dtype.ts";
import type { WindowGeometry } from "./convolution.ts";

/** Windows that apply to each channel on its own. */
export interface WindowSpec extends WindowGeometry {
  readonly channels: number;
}

/**
 * A pooling: each channel's windows become their greatest or mean element. Padding holds no elements here; operators
 * lay any border other than zeros around the image beforehand.
 */
export interface PoolSpec extends WindowSpec {
  readonly kind: "max" | "average";
  /**
   * Whether a mean divides by the number of elements of its window in the padded input, or only of those in the input.
   */
  readonly countIncludePad: boolean;
  readonly dtype: FloatDType;
}

/** The windows of one axis, cut down to the input. */
export interface AxisWindows {
  /** The first element of window o that lies in the input; the others follow a dilation apart. */
  readonly first: Int32Array;
  /** The number of elements of window o that lie in the input. */
  readonly taps: Int32Array;
  /** The number of elements of window o that lie in the padded input. */
  readonly paddedTaps: Int32Array;
}

/** Returns the windows along an axis: 0 for rows, 1 for columns. */
export function axisWindows(spec: WindowSpec, axis: 0 | 1): AxisWindows {
  const [size, kernel, out] =
    axis === 0
      ? [spec.inHeight, spec.kernelHeight, spec.outHeight]
      : [spec.inWidth, spec.kernelWidth, spec.outWidth];
  const stride = spec.strides[axis];
  const dilation = spec.dilations[axis];
  const before = spec.padding[2 * axis];
  const after = spec.padding[2 * axis + 1];
  const first = new Int32Array(out);
  const taps = new Int32Array(out);
  const paddedTaps = new Int32Array(out);
  for (let o = 0; o < out; o++) {
    const start = o * stride - before;
    const skipped = Math.min(Math.max(Math.ceil(-start / dilation), 0), kernel);
    const end = Math.min(Math.max(Math.ceil((size - start) / dilation), skipped), kernel);
    first[o] = start + skipped * dilation;
    taps[o] = end - skipped;
    paddedTaps[o] = Math.min(Math.ceil((size + after - start) / dilation), kernel);
  }
  return { first, taps, paddedTaps };
}
