// SPDX-License-Identifier: MIT
// The polynomials behind kernels that are exact for polynomials. They are in whole numbers, so that only the final
// quotient is rounded.

/**
 * A Lagrange polynomial, which is 1 at its own node and 0 at all others. Its value at x is sum over p of numerators[p]
 * * (2 x)^p / denominator.
 */
export interface LagrangePolynomial {
  readonly numerators: readonly bigint[];
  readonly denominator: bigint;
}

/** Returns the Lagrange polynomials of `size` nodes that lie 1 apart, from -centre on; 2 * centre is a whole number. */
export function lagrangePolynomials(size: number, centre: number): LagrangePolynomial[] {
  // Half steps make all nodes whole: node j lies at 2 j - 2 centre.
  const nodes = Array.from({ length: size }, (_, j) => BigInt(2 * j - 2 * centre));
  let product = [1n]; // The product of all (t - node), by ascending powers of t = 2 x.
  for (const node of nodes) product = timesLinear(product, node);
  return nodes.map((node) => ({
    numerators: overLinear(product, node),
    denominator: nodes.reduce((total, other) => (other === node ? total : total * (node - other)), 1n),
  }));
}

/** Returns polynomial * (t - node). */
function timesLinear(polynomial: readonly bigint[], node: bigint): bigint[] {
  const result = [0n, ...polynomial];
  for (let p = 0; p < polynomial.length; p++) result[p] -= node * polynomial[p];
  return result;
}

/** Returns polynomial / (t - node), where node is a root (Horner's scheme). */
function overLinear(polynomial: readonly bigint[], node: bigint): bigint[] {
  const result: bigint[] = new Array(polynomial.length - 1);
  let carry = 0n;
  for (let p = polynomial.length - 1; p > 0; p--) {
    carry = polynomial[p] + node * carry;
    result[p - 1] = carry;
  }
  return result;
}

/** Returns the float64 nearest to numerator / denominator; halves go away from zero. */
export function quotient(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) return 0;
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  // The shift leaves the whole part of the quotient 54 or 55 bits: 53, and at least one to round by.
  const shift = 54 - (bitLength(n) - bitLength(d));
  const scaled = shift >= 0 ? (n << BigInt(shift)) / d : n / (d << BigInt(-shift));
  const extra = BigInt(bitLength(scaled) - 53);
  const rounded = (scaled + (1n << (extra - 1n))) >> extra;
  const value = Number(rounded) * 2 ** (Number(extra) - shift);
  return negative ? -value : value;
}

const bitLength = (value: bigint): number => value.toString(2).length;
