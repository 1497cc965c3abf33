// SPDX-License-Identifier: MIT

import { type ArrayOf, allocate, bytesOf, type DType, elementTypeOf, type TypedArray } from "../dtype.ts";
import { Corr2dError } from "../errors.ts";
import { bufferOf, byteOffsetOf, lengthOf } from "../input/intrinsics.ts";

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
  if (bufferOf(a) !== bufferOf(b)) return false;
  return byteOffsetOf(a) < endOf(b) && byteOffsetOf(b) < endOf(a);
}

const endOf = (array: TypedArray): number =>
  byteOffsetOf(array) + lengthOf(array) * bytesOf(elementTypeOf(array, "x"));
