// SPDX-License-Identifier: MIT
import type { DType, FloatArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkArity, checkOneOf, type Names, readOptions } from "../input/options.ts";
import type { TensorLike } from "../tensor.ts";
import type { Axis } from "./gradient.ts";
import { alongAxes, checkPair, checkSize, type DesignOptions } from "./kernel.ts";
import { lagrangePolynomials, quotient } from "./lagrange.ts";

const integralRules = ["box", "trapezoid", "simpson", "newton-cotes"] as const;
export type IntegralRule =
  /** Each sample stands for the unit around it: all weights are 1, over a length of `size`. Exact for degree 1. */
  | "box"
  /** Straight lines join the samples: 1/2, 1, ..., 1, 1/2, over a length of size - 1. Exact for degree 1. */
  | "trapezoid"
  /** Parabolas span pairs of steps: 1/3, 4/3, 2/3, ..., 4/3, 1/3, for an odd size. Exact for degree 3. */
  | "simpson"
  /**
   * One polynomial runs through all samples, at most 51. Exact for degree size - 1, and one more for an odd size. From
   * 9 samples on, some weights are negative and noise grows.
   */
  | "newton-cotes";

export interface IntegralOptions<D extends DType = DType> extends DesignOptions<D> {
  /** The rule of integration. Default "trapezoid". */
  readonly rule?: IntegralRule;
  /** The axis of a size that is one number: "x" along rows (default), "y" down columns. */
  readonly axis?: Axis;
}

const optionNames: Names<IntegralOptions> = { rule: true, axis: true, dtype: true };

const mostNewtonCotes = 51;

/**
 * Designs the kernel of an integral over `size` samples that lie 1 apart, from the first sample to the last. The rule
 * "box" integrates from half a step before the first to half a step after the last. A kernel of ones as long as a
 * signal makes running sums in mode "full".
 *
 * A pair of sizes [vertical, horizontal] gives the matrix of an integral over a rectangle. The shape is [1, size] along
 * x and [size, 1] along y. Elements are float32 unless `dtype` is "float64".
 *
 * Source: M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", section 25.4. Throws INVALID_ARGUMENT,
 * naming the argument.
 */
export function integral(
  size: number | readonly [number, number],
  options?: IntegralOptions<"float32">,
): TensorLike<Float32Array>;
export function integral(
  size: number | readonly [number, number],
  options: IntegralOptions<"float64">,
): TensorLike<Float64Array>;
export function integral(
  size: number | readonly [number, number],
  options?: IntegralOptions,
): TensorLike<FloatArray> {
  checkArity("integral", arguments.length, 2);
  const { rule = "trapezoid", axis, dtype } = readOptions(options, optionNames);
  checkOneOf(rule, integralRules, "rule");
  const isPair = Array.isArray(size);
  const sizes = checkPair(size, "size", axis, 1);
  // A single size leaves out one axis, along which nothing is integrated.
  const left = isPair ? undefined : axis === "y" ? 1 : 0;
  const [y, x] = sizes.map((n, i) => (i === left ? [1] : weightsOf(rule, n, isPair ? `size[${i}]` : "size")));
  return alongAxes(y, x, dtype);
}

function weightsOf(rule: IntegralRule, given: number, name: string): number[] {
  const size = checkSize(given, name);
  if (rule === "box") return new Array(size).fill(1);
  if (size < 2) throw invalid(`at least 2 for rule "${rule}"`, name, given);
  if (rule === "trapezoid")
    return Array.from({ length: size }, (_, k) => (k === 0 || k === size - 1 ? 0.5 : 1));
  if (rule === "simpson") {
    if (size % 2 === 0) throw invalid('an odd number for rule "simpson"', name, given);
    return Array.from({ length: size }, (_, k) => (k === 0 || k === size - 1 ? 1 : k % 2 === 1 ? 4 : 2) / 3);
  }
  if (size > mostNewtonCotes)
    throw invalid(`at most ${mostNewtonCotes} for rule "newton-cotes"`, name, given);
  return newtonCotes(size);
}

/** Integrates the Lagrange polynomials of 0, 1, ..., size - 1 from 0 to size - 1. */
function newtonCotes(size: number): number[] {
  // With t = 2 x the integral of t^p is 2^p (size - 1)^(p + 1) / (p + 1); size! is a common denominator.
  let common = 1n;
  for (let i = 2n; i <= size; i++) common *= i;
  return lagrangePolynomials(size, 0).map(({ numerators, denominator }) => {
    let sum = 0n;
    numerators.forEach((numerator, p) => {
      const power = BigInt(p + 1);
      sum += (numerator * BigInt(size - 1) ** power * 2n ** BigInt(p) * common) / power;
    });
    return quotient(sum, denominator * common);
  });
}
