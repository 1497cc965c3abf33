// SPDX-License-Identifier: MIT
import type { DType, FloatArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import { getWindow, type Window } from "../signal/window.ts";
import type { TensorLike } from "../tensor.ts";
import type { Axis } from "./gradient.ts";
import { alongAxes, checkPair, checkSize, type DesignOptions } from "./kernel.ts";

export interface LowpassOptions<D extends DType = DType> extends DesignOptions<D> {
  /** The frequency at which the response is 1/2, in cycles per sample: above 0, below 0.5. */
  readonly cutoff: number;
  /** The window that cuts off the ideal filter. Default "hamming". */
  readonly window?: Window;
  /** The axis of a size that is one number: "x" along rows (default), "y" down columns. */
  readonly axis?: Axis;
}

const optionNames: Names<LowpassOptions> = { cutoff: true, window: true, axis: true, dtype: true };

/**
 * Designs a low-pass filter as `scipy.signal.firwin` does. The ideal filter, sin(2 pi cutoff k) / (pi k) around the
 * middle k = 0, is cut off to `size` samples by a window and divided by its sum, so that flat areas keep their value.
 * Before a stride of 1 / (2 cutoff) it removes the frequencies that would alias to lower ones.
 *
 * A pair of sizes [vertical, horizontal] gives the outer product of two filters. The shape is [1, size] along x and
 * [size, 1] along y. Elements are float32 unless `dtype` is "float64".
 *
 * Source: A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, section 7.5. Throws
 * INVALID_ARGUMENT, naming the argument.
 */
export function lowpass(
  size: number | readonly [number, number],
  options: LowpassOptions<"float32"> & { readonly dtype?: "float32" },
): TensorLike<Float32Array>;
export function lowpass(
  size: number | readonly [number, number],
  options: LowpassOptions<"float64"> & { readonly dtype: "float64" },
): TensorLike<Float64Array>;
export function lowpass(
  size: number | readonly [number, number],
  options: LowpassOptions,
): TensorLike<FloatArray> {
  checkArity("lowpass", arguments.length, 2);
  const given = readOptions(options, optionNames);
  const { cutoff, window = "hamming", axis, dtype } = given;
  if (typeof cutoff !== "number" || !(cutoff > 0 && cutoff < 0.5)) {
    throw invalid("a number above 0 and below 0.5", "cutoff", cutoff);
  }
  const sizes = checkPair(size, "size", axis, 1);
  const [y, x] = sizes.map((n, i) => {
    const length = checkSize(n, Array.isArray(size) ? `size[${i}]` : "size");
    return length === 1 ? [1] : weightsOf(length, cutoff, getWindow(window, length, { symmetric: true }));
  });
  return alongAxes(y, x, dtype);
}

function weightsOf(size: number, cutoff: number, window: Float64Array): number[] {
  const weights = Array.from(window, (value, i) => {
    const k = i - (size - 1) / 2;
    return value * (k === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * k) / (Math.PI * k));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
