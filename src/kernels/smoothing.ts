// SPDX-License-Identifier: MIT
import type { FloatArray, FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import type { TensorLike } from "../tensor.ts";
import { alongAxes, checkSize, type DesignOptions, type Kernel } from "./kernel.ts";

export interface GaussianOptions<D extends FloatDType = FloatDType> extends DesignOptions<D> {
  /** Standard deviation in samples, above 0. */
  readonly sigma: number;
  /** Samples along each side. Default `2 ceil(3 sigma) + 1`, which holds 99.7 % of each axis. */
  readonly size?: number;
}

const gaussianOptionNames: Names<GaussianOptions> = { sigma: true, size: true, dtype: true };
const designOptionNames: Names<DesignOptions> = { dtype: true };

/**
 * Designs the Gaussian low-pass: `exp(-(x^2 + y^2) / (2 sigma^2))`, with x and y from the centre `(size - 1) / 2`,
 * divided by its sum, so that flat areas keep their value. Throws INVALID_ARGUMENT, naming the argument.
 *
 * Source: R. Szeliski, "Computer Vision: Algorithms and Applications", 2nd edition, section 3.2.
 */
export function gaussian(
  options: GaussianOptions<"float64"> & { readonly dtype: "float64" },
): TensorLike<Float64Array>;
export function gaussian(options: GaussianOptions<"float32">): Kernel;
export function gaussian(options: GaussianOptions): TensorLike<FloatArray> {
  checkArity("gaussian", arguments.length, 1);
  if (options === undefined) throw invalid("{ sigma, size? }", "options", options);
  const { sigma, size, dtype } = readOptions(options, gaussianOptionNames);
  if (!(Number.isFinite(sigma) && sigma > 0)) throw invalid("a finite number above 0", "sigma", sigma);
  const length =
    size === undefined
      ? checkSize(2 * Math.ceil(3 * sigma) + 1, "2 ceil(3 sigma) + 1")
      : checkSize(size, "size");
  const centre = (length - 1) / 2;
  const nearest = centre % 1; // An even size has no sample at the centre.
  const profile = Array.from({ length }, (_, i) => {
    // Relative to the sample nearest to the centre, a tiny sigma cannot underflow every sample to 0.
    const squared = (i - centre) ** 2 - nearest ** 2;
    return Math.exp(-squared / 2 / sigma / sigma);
  });
  const sum = profile.reduce((total, value) => total + value, 0);
  const normalised = profile.map((value) => value / sum);
  return alongAxes(normalised, normalised, dtype);
}

/** Designs the mean of `size` x `size` neighbours: every weight is `1 / size^2`. Throws INVALID_ARGUMENT. */
export function box(size: number, options: Required<DesignOptions<"float64">>): TensorLike<Float64Array>;
export function box(size: number, options?: DesignOptions<"float32">): Kernel;
export function box(size: number, options?: DesignOptions): TensorLike<FloatArray> {
  checkArity("box", arguments.length, 2);
  const { dtype } = readOptions(options, designOptionNames);
  const length = checkSize(size, "size");
  const ones = new Array<number>(length).fill(1);
  return alongAxes(
    ones.map((one) => one / (length * length)),
    ones,
    dtype,
  );
}
