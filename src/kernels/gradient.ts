// SPDX-License-Identifier: MIT

import { invalid } from "../errors.ts";
import { checkArity } from "../options.ts";
import { type Kernel, outerProduct } from "./kernel.ts";

/** The direction of a derivative: "x" along a row, from left to right; "y" down a column. */
export type Axis = "x" | "y";

/**
 * Sobel's derivative: the central difference `[-1, 0, 1]` along `axis`, smoothed by `[1, 2, 1]` across it.
 * Positive where the values grow to the right ("x") or downwards ("y"); a unit step answers with 4.
 *
 * Source: I. Sobel and G. Feldman, "A 3x3 Isotropic Gradient Operator for Image Processing", Stanford AI Project, 1968.
 */
export function sobel(axis: Axis): Kernel {
  checkArity("sobel", arguments.length, 1);
  return derivative([1, 2, 1], axis);
}

/**
 * Prewitt's derivative: the central difference `[-1, 0, 1]` along `axis`, smoothed by `[1, 1, 1]` across it.
 * Signs as in {@link sobel}; a unit step answers with 3.
 *
 * Source: J. M. S. Prewitt, "Object Enhancement and Extraction", in Picture Processing and Psychopictorics, 1970.
 */
export function prewitt(axis: Axis): Kernel {
  checkArity("prewitt", arguments.length, 1);
  return derivative([1, 1, 1], axis);
}

/**
 * Scharr's derivative: the central difference `[-1, 0, 1]` along `axis`, smoothed by `[3, 10, 3]` across it, which
 * makes the direction of the gradient more exact than Sobel's. Signs as in {@link sobel}; a unit step answers with 16.
 *
 * Source: H. Scharr, "Optimale Operatoren in der Digitalen Bildverarbeitung", Heidelberg University, 2000.
 */
export function scharr(axis: Axis): Kernel {
  checkArity("scharr", arguments.length, 1);
  return derivative([3, 10, 3], axis);
}

function derivative(smoothing: readonly number[], axis: Axis): Kernel {
  const difference = [-1, 0, 1];
  if (axis === "x") return outerProduct(smoothing, difference);
  if (axis === "y") return outerProduct(difference, smoothing);
  throw invalid('"x" or "y"', "axis", axis);
}
