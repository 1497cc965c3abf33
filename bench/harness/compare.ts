// SPDX-License-Identifier: MIT

/** The root of the mean square of the differences, relative to that of `expected`. Throws where lengths differ. */
export function relativeRms(result: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (result.length !== expected.length) {
    throw new Error(`there are ${result.length} outputs but should be ${expected.length}`);
  }
  let differences = 0;
  let squares = 0;
  for (let i = 0; i < expected.length; i++) {
    differences += (result[i] - expected[i]) ** 2;
    squares += expected[i] ** 2;
  }
  return differences === 0 ? 0 : Math.sqrt(differences / squares);
}

/**
 * What {@link relativeRms} may be for sums of `products` float32 products. The expected rounding error of a sum in
 * sequence, relative to the result, is sqrt(products / 6) * 2^-24 for operands of random sign. Winograd's may be 16
 * times that, and each of the two results that are compared has one: 16 * sqrt(2 / 6) = 9.2. One output gone wrong among
 * a million changes the RMS by 1e-3.
 */
export const toleranceOf = (products: number): number => 10 * Math.sqrt(products) * 2 ** -24;
