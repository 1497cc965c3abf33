// SPDX-License-Identifier: MIT

import { invalid } from "../errors.ts";
import { checkArity } from "../input/options.ts";
import { checkSize, fromRows, type Kernel, outerProduct } from "./kernel.ts";

/**
 * Returns the discrete Laplacian over four neighbours: `f(x-1, y) + f(x+1, y) + f(x, y-1) + f(x, y+1) - 4 f(x, y)`.
 *
 * Source: R. C. Gonzalez and R. E. Woods, "Digital Image Processing", 4th edition, section 3.6.
 */
export function laplacian(): Kernel {
  checkArity("laplacian", arguments.length, 0);
  return fromRows([
    [0, 1, 0],
    [1, -4, 1],
    [0, 1, 0],
  ]);
}

/**
 * Returns the kernel of the image minus its {@link laplacian}, which steepens edges and keeps flat areas.
 *
 * Source: R. C. Gonzalez and R. E. Woods, "Digital Image Processing", 4th edition, section 3.6.
 */
export function sharpen(): Kernel {
  checkArity("sharpen", arguments.length, 0);
  return fromRows([
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ]);
}

/**
 * Returns the kernel of a relief lit from the upper left: the image plus its slope along the main diagonal. The weights
 * sum to 1, so flat areas keep their value. It is common in image editors and has no single source.
 */
export function emboss(): Kernel {
  checkArity("emboss", arguments.length, 0);
  return fromRows([
    [-2, -1, 0],
    [-1, 1, 1],
    [0, 1, 2],
  ]);
}

/**
 * Returns the kernel with 1 in the centre and 0 elsewhere, whose output is the input. `size` is odd, by default 1.
 * Throws INVALID_ARGUMENT.
 */
export function identity(size = 1): Kernel {
  checkArity("identity", arguments.length, 1);
  const length = checkSize(size, "size");
  if (length % 2 === 0) throw invalid("an odd number", "size", size);
  const unit = Array.from({ length }, (_, i) => (2 * i === length - 1 ? 1 : 0));
  return outerProduct(unit, unit);
}
