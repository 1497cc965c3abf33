// SPDX-License-Identifier: MIT

import {
  type ArrayOf,
  allocate,
  type DType,
  dtypeOf,
  type FloatArray,
  type FloatDType,
  type TypedArray,
} from "../dtype.ts";
import { Corr2dError, invalid } from "../errors.ts";
import { plain } from "../input/arrays.ts";
import { checkShape, elementCount, rowMajorElements, Tensor, type TensorLike } from "../tensor.ts";

/**
 * The tensor that a result is written to: a new one of zeros, or `out` if it fits. Throws INVALID_ARGUMENT for an `out`
 * of another shape or type, or that overlaps one of `inputs`; BACKEND_FAILED for want of memory.
 */
export function outputTensor(
  out: TensorLike | FloatArray | undefined,
  dtype: FloatDType,
  shape: readonly number[],
  inputs: readonly FloatArray[],
): Tensor {
  const length = elementCount(shape);
  if (out === undefined) return new Tensor(allocateOutput(dtype, length), shape);
  const lengths = inputs.map((input) => input.length);
  const data = elementsOf(out, dtype, shape, length);
  // A getter of `out` may have detached an input.
  if (inputs.some((input, i) => input.length !== lengths[i]))
    throw invalid("an array apart from the input", "out", data);
  if (inputs.some((input) => overlap(input, data)))
    throw invalid("an array apart from the input", "out", data);
  return out instanceof Tensor ? out : new Tensor(data, shape);
}

function elementsOf(
  out: TensorLike | FloatArray,
  dtype: FloatDType,
  shape: readonly number[],
  length: number,
): FloatArray {
  let data = out as FloatArray;
  if (!ArrayBuffer.isView(out)) {
    if (typeof out !== "object" || out === null || Array.isArray(out))
      throw invalid("a tensor or typed array", "out", out);
    const given = out.shape;
    data = out.data;
    if (!sameShape(checkShape(given, "out.shape"), shape)) {
      throw invalid(`[${shape.join(", ")}]`, "out.shape", given);
    }
    dtypeOf(data, "out.data");
    data = rowMajorElements(out, data, shape, "out", true);
  }
  if (dtypeOf(data, "out") !== dtype) throw invalid(`${dtype} elements, as the input has,`, "out", data);
  data = plain(data, dtype);
  if (data.length !== length) throw invalid(`${length} elements`, "out", data);
  return data;
}

/** Zeros. Throws BACKEND_FAILED for want of memory. */
export function allocateOutput<D extends DType>(dtype: D, length: number): ArrayOf<D> {
  try {
    return allocate(dtype, length);
  } catch (cause) {
    throw new Corr2dError("BACKEND_FAILED", `An output of ${length} elements cannot be allocated`, { cause });
  }
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

export function overlap(a: TypedArray, b: TypedArray): boolean {
  return (
    a.buffer === b.buffer &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength
  );
}
