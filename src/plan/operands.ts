// SPDX-License-Identifier: MIT

import { type DType, elementTypeOf, type TypedArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { lengthOf } from "../input/intrinsics.ts";
import { checkShape, elementCount, rowMajorElements, type TensorLike } from "../tensor.ts";
import { sameShape } from "./output.ts";

/** A tensor that a plan reads or writes. */
export interface PlanOperand {
  /** The operand's name in messages. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly length: number;
  /** How messages say where the type comes from; "" if they do not. */
  readonly typedAs: string;
}

export function planOperand(
  name: string,
  dtype: DType,
  shape: readonly number[],
  typedAs: string,
): PlanOperand {
  return { name, dtype, shape: Object.freeze([...shape]), length: elementCount(shape), typedAs };
}

/**
 * Returns the elements of a tensor of the operand's shape, or of a bare array as long. The array may be of any class and
 * realm, so only the language's accessors are trusted. Throws INVALID_ARGUMENT for anything else.
 *
 * @param isWritten whether the elements are written to, so that a copy will not do
 */
export function elementsOf(
  value: TensorLike<TypedArray> | TypedArray,
  { name, dtype, shape, length, typedAs }: PlanOperand,
  isWritten = false,
): TypedArray {
  let data = value as TypedArray;
  if (!ArrayBuffer.isView(value)) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw invalid("a tensor or typed array", name, value);
    const given = value.shape;
    data = value.data;
    if (given !== shape && !sameShape(checkShape(given, `${name}.shape`), shape)) {
      throw invalid(`[${shape.join(", ")}]`, `${name}.shape`, given);
    }
    elementTypeOf(data, `${name}.data`);
    data = rowMajorElements(value, data, shape, name, isWritten);
  }
  if (elementTypeOf(data, name) !== dtype) {
    throw invalid(`${dtype} elements${typedAs && `, ${typedAs},`}`, name, data);
  }
  if (lengthOf(data) !== length) throw invalid(`${length} elements`, name, data);
  return data;
}
