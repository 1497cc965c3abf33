// SPDX-License-Identifier: MIT
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../options.ts";
import { checkSize, type Kernel, outerProduct } from "./kernel.ts";

export interface GaussianOptions {
  /** Standard deviation in samples, above 0. */
  readonly sigma: number;
  /** Samples along each side; `2 ceil(3 sigma) + 1` by default, which holds 99.7 % of each axis. */
  readonly size?: number;
}

const optionNames: Names<GaussianOptions> = { sigma: true, size: true };

/**
 * The Gaussian low-pass: `exp(-(x^2 + y^2) / (2 sigma^2))`, with x and y from the centre `(size - 1) / 2`, divided by
 * its sum, so that flat areas keep their value.
 *
 * Source: R. Szeliski, "Computer Vision: Algorithms and Applications", 2nd edition, section 3.2.
 */
export function gaussian(options: GaussianOptions): Kernel {
  checkArity("gaussian", arguments.length, 1);
  if (options === undefined) throw invalid("{ sigma, size? }", "options", options);
  const { sigma, size } = readOptions(options, optionNames);
  if (!(Number.isFinite(sigma) && sigma > 0)) throw invalid("a finite number above 0", "sigma", sigma);
  const length =
    size === undefined
      ? checkSize(2 * Math.ceil(3 * sigma) + 1, "2 ceil(3 sigma) + 1")
      : checkSize(size, "size");
  const centre = (length - 1) / 2;
  const nearest = centre % 1; // an even size has no sample at the centre
  const profile = Array.from({ length }, (_, i) => {
    // Relative to the sample nearest to the centre, so that a tiny sigma cannot underflow every sample to 0.
    const squared = (i - centre) ** 2 - nearest ** 2;
    return Math.exp(-squared / 2 / sigma / sigma);
  });
  const sum = profile.reduce((total, value) => total + value, 0);
  const normalised = profile.map((value) => value / sum);
  return outerProduct(normalised, normalised);
}

/** The mean of `size` x `size` neighbours: every weight is `1 / size^2`. */
export function box(size: number): Kernel {
  checkArity("box", arguments.length, 1);
  const length = checkSize(size, "size");
  return { data: new Float32Array(length * length).fill(1 / (length * length)), shape: [length, length] };
}
