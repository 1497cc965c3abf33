// SPDX-License-Identifier: MIT
import {
  allocate,
  type DType,
  elementTypeOf,
  type FloatArray,
  type FloatDType,
  limits,
  type TypedArray,
} from "../dtype.ts";
import { invalid } from "../errors.ts";
import type { TensorLike } from "../tensor.ts";

/** The exact weights of designed kernels in row-major order, by the array that holds the rounded ones. */
const designs = new WeakMap<TypedArray, () => readonly number[]>();

/** Returns a new array of the weights, and remembers the exact ones. */
export function designed(dtype: FloatDType, weights: () => readonly number[]): FloatArray {
  const exact = weights();
  const data = allocate(dtype, exact.length);
  data.set(exact);
  designs.set(data, weights);
  return data;
}

/**
 * Converts a kernel to the element type `dtype` of the other operand. A designed kernel changes to float64 with its
 * exact weights, and to any other type that holds each weight. A kernel that is not designed, or whose elements were
 * written to, stays as it is, and the caller refuses it.
 *
 * Throws INVALID_ARGUMENT, naming `name`, for a designed kernel that int8 cannot hold.
 */
export function inElementsOf(
  kernel: TensorLike<TypedArray>,
  dtype: DType,
  name: string,
): TensorLike<TypedArray> {
  const { data, shape } = kernel;
  if (elementTypeOf(data, name) === dtype) return kernel;
  const weights = designs.get(data)?.();
  if (weights === undefined) return kernel;
  const own = allocate(elementTypeOf(data, name), weights.length);
  own.set(weights);
  if (!own.every((weight, i) => Object.is(weight, data[i]))) return kernel;
  const fitted = allocate(dtype, weights.length);
  fitted.set(weights);
  const lost = weights.find((weight, i) => weight !== fitted[i]);
  if (lost === undefined) return { data: fitted, shape };
  if (dtype !== "int8") return kernel;
  const [min, max] = limits.int8;
  throw invalid(
    `whole numbers from ${min} to ${max}, as the input has integers (as float32 it takes any kernel),`,
    name,
    lost,
  );
}
