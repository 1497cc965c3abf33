// SPDX-License-Identifier: MIT
import type { DType, FloatArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import type { TensorLike } from "../tensor.ts";
import type { Axis } from "./gradient.ts";
import { alongAxes, checkPair, type DesignOptions } from "./kernel.ts";
import { lagrangePolynomials, quotient } from "./lagrange.ts";

export interface DerivativeOptions<D extends DType = DType> extends DesignOptions<D> {
  /** The axis of an order that is one number: "x" along rows (default), "y" down columns. */
  readonly axis?: Axis;
  /** Samples along a differentiated axis, at least order + 1. Default order + 1. */
  readonly size?: number;
  /**
   * Replaces `size` by the power of the sample distance with which the error vanishes. The kernel then has the smallest
   * odd size that reaches it, so that the result lies on a sample.
   */
  readonly accuracy?: number;
  /**
   * The place along the kernel at which the derivative is taken, in samples from its first: a multiple of 1/2. Default
   * (size - 1) / 2, the middle, which lies between two samples if the size is even; 0 and size - 1 give one-sided
   * differences.
   */
  readonly centre?: number;
}

const optionNames: Names<DerivativeOptions> = {
  ...{ axis: true, size: true, accuracy: true, centre: true, dtype: true },
};

/** Coefficients grow with the factorial of the size; float64 could not use those of a larger one. */
const maxSize = 99;

/**
 * Designs the kernel of a derivative, exact for polynomials of degree below `size`, from the moment conditions
 *
 *     sum over k of weight[k] * (k - centre)^p = order! if p is the order, else 0,   p = 0 .. size - 1
 *
 * They are solved in whole numbers, so that only the finished weights are rounded: derivative(2) is exactly [1, -2, 1].
 * The error has the order size - order of the sample distance, and one more if size - order is odd around the middle.
 * The smallest kernel has order + 1 samples ("Dive into Deep Learning", "Convolutions for Images", exercise 4).
 *
 * A pair of orders [vertical, horizontal] gives the matrix of a mixed derivative, the outer product of two kernels:
 * derivative([1, 1]) is d/dy d/dx. Order 0 takes no derivative along its axis.
 *
 * The shape is [1, size] along x and [size, 1] along y. Elements are float32 unless `dtype` is "float64".
 *
 * Source: B. Fornberg, "Generation of Finite Difference Formulas on Arbitrarily Spaced Grids", Mathematics of
 * Computation 51 (1988), whose recursion computes the same weights in floating point.
 *
 * Throws INVALID_ARGUMENT, naming the argument.
 */
export function derivative(
  order: number | readonly [number, number],
  options?: DerivativeOptions<"float32">,
): TensorLike<Float32Array>;
export function derivative(
  order: number | readonly [number, number],
  options: DerivativeOptions<"float64">,
): TensorLike<Float64Array>;
export function derivative(
  order: number | readonly [number, number],
  options?: DerivativeOptions,
): TensorLike<FloatArray> {
  checkArity("derivative", arguments.length, 2);
  const given = readOptions(options, optionNames);
  const orders = checkPair(order, "order", given.axis, 0);
  const [y, x] = orders.map((m, axis) => {
    if (m === 0) return [1];
    const name = Array.isArray(order) ? `order[${axis}]` : "order";
    if (!Number.isInteger(m) || m < 0 || m >= maxSize)
      throw invalid(`a whole number from 0 to ${maxSize - 1}`, name, m);
    return derivativeWeights(m, given);
  });
  return alongAxes(y, x, given.dtype);
}

function derivativeWeights(order: number, { size, accuracy, centre }: DerivativeOptions): number[] {
  const length = lengthOf(order, size, accuracy);
  if (accuracy !== undefined && centre !== undefined) {
    throw invalid("nothing, as accuracy is that around the middle,", "centre", centre);
  }
  const middle = centre === undefined ? (length - 1) / 2 : centre;
  if (typeof middle !== "number" || !Number.isInteger(2 * middle) || middle < 0 || middle > length - 1) {
    throw invalid(`a multiple of 0.5 from 0 to ${length - 1}`, "centre", centre);
  }
  // The order-th derivative at 0 of the polynomial through the samples is order! times its coefficient of x^order.
  let factor = 1n << BigInt(order);
  for (let i = 2n; i <= order; i++) factor *= i;
  return lagrangePolynomials(length, middle).map(({ numerators, denominator }) =>
    quotient(factor * numerators[order], denominator),
  );
}

function lengthOf(order: number, size: unknown, accuracy: unknown): number {
  if (size !== undefined && accuracy !== undefined) {
    throw invalid("nothing, as size is given,", "accuracy", accuracy);
  }
  if (accuracy !== undefined) {
    if (!Number.isInteger(accuracy) || (accuracy as number) < 1)
      throw invalid("a positive integer", "accuracy", accuracy);
    // An odd size n around its middle has the accuracy n - order, or one more if that is odd.
    const needed = order + 2 * Math.ceil((accuracy as number) / 2) - 1;
    const length = needed % 2 === 1 ? needed : needed + 1;
    if (length > maxSize) throw invalid(`one that takes at most ${maxSize} samples`, "accuracy", accuracy);
    return length;
  }
  if (size === undefined) return order + 1;
  if (!Number.isInteger(size) || (size as number) <= order || (size as number) > maxSize) {
    throw invalid(`a whole number from order + 1 (${order + 1}) to ${maxSize}`, "size", size);
  }
  return size as number;
}
