// SPDX-License-Identifier: MIT

import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import { type Kernel, outerProduct } from "./kernel.ts";

/** The direction of a derivative: "x" along a row, from left to right; "y" down a column. */
export type Axis = "x" | "y";

const sobelSizes = [3, 5, 7] as const;

export interface SobelOptions {
  /** Samples along each side. Default 3. */
  readonly size?: (typeof sobelSizes)[number];
}

const optionNames: Names<SobelOptions> = { size: true };

/**
 * Designs Sobel's derivative: the central difference `[-1, 0, 1]` along `axis`, smoothed by `[1, 2, 1]` across it. It
 * is positive where the values grow to the right ("x") or downwards ("y"); a unit step answers with 4.
 *
 * Larger sizes smooth more, by binomial coefficients across `axis` and, along it, by differences of the row above in
 * Pascal's triangle. Their weights are whole numbers, those of OpenCV's `getDerivKernels`; a unit step answers with 48
 * for size 5 and 640 for size 7.
 *
 * Sources: I. Sobel and G. Feldman, "A 3x3 Isotropic Gradient Operator for Image Processing", Stanford AI Project,
 * 1968; for larger sizes, P.-E. Danielsson and O. Seger, "Generalized and Separable Sobel Operators", in Machine Vision
 * for Three-Dimensional Scenes, 1990. Throws INVALID_ARGUMENT, naming the argument.
 */
export function sobel(axis: Axis, options?: SobelOptions): Kernel {
  checkArity("sobel", arguments.length, 2);
  const { size = 3 } = readOptions(options, optionNames);
  if (!sobelSizes.includes(size)) throw invalid("3, 5 or 7", "size", size);
  const row = pascalsTriangle(size - 2);
  return derivative(
    pascalsTriangle(size - 1),
    axis,
    [...row, 0].map((value, i) => (row[i - 1] ?? 0) - value),
  );
}

/** Returns row n of Pascal's triangle: its n + 1 binomial coefficients. */
function pascalsTriangle(n: number): number[] {
  let row = [1];
  for (let i = 0; i < n; i++) row = [...row, 0].map((value, k) => value + (row[k - 1] ?? 0));
  return row;
}

/**
 * Designs Prewitt's derivative: the central difference `[-1, 0, 1]` along `axis`, smoothed by `[1, 1, 1]` across it.
 * Signs are those of {@link sobel}; a unit step answers with 3. Throws INVALID_ARGUMENT.
 *
 * Source: J. M. S. Prewitt, "Object Enhancement and Extraction", in Picture Processing and Psychopictorics, 1970.
 */
export function prewitt(axis: Axis): Kernel {
  checkArity("prewitt", arguments.length, 1);
  return derivative([1, 1, 1], axis);
}

/**
 * Designs Scharr's derivative: the central difference `[-1, 0, 1]` along `axis`, smoothed by `[3, 10, 3]` across it,
 * which makes the gradient's direction more exact than Sobel's. Signs are those of {@link sobel}; a unit step answers
 * with 16. Throws INVALID_ARGUMENT.
 *
 * Source: H. Scharr, "Optimale Operatoren in der Digitalen Bildverarbeitung", Heidelberg University, 2000.
 */
export function scharr(axis: Axis): Kernel {
  checkArity("scharr", arguments.length, 1);
  return derivative([3, 10, 3], axis);
}

function derivative(smoothing: readonly number[], axis: Axis, difference = [-1, 0, 1]): Kernel {
  if (axis === "x") return outerProduct(smoothing, difference);
  if (axis === "y") return outerProduct(difference, smoothing);
  throw invalid('"x" or "y"', "axis", axis);
}
