// SPDX-License-Identifier: MIT
import { invalid } from "./errors.ts";
import { tagOf } from "./input/intrinsics.ts";

/** Element types of floating-point operands, and of everything computed from them. */
export type FloatDType = "float32" | "float64";

/** Element types of quantised operands, and of the sums of their products. */
export type IntegerDType = "int8" | "uint8" | "int32";

export type DType = FloatDType | IntegerDType;

/** The typed arrays that hold floating-point elements. */
export type FloatArray = Float32Array | Float64Array;

/** The typed arrays that hold quantised input. */
export type ByteArray = Int8Array | Uint8Array;

/** The typed arrays that hold elements of any type. */
export type TypedArray = FloatArray | ByteArray | Int32Array;

/** The typed array of each element type. */
export const arrayTypes = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
} as const;

export type ArrayOf<D extends DType> = {
  float32: Float32Array;
  float64: Float64Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int32: Int32Array;
}[D];

/** The smallest and the largest number of an integer type. */
export const limits: Readonly<Record<IntegerDType, readonly [min: number, max: number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

export function isInteger(dtype: DType): dtype is IntegerDType {
  return dtype !== "float32" && dtype !== "float64";
}

export const bytesOf = (dtype: DType): number => arrayTypes[dtype].BYTES_PER_ELEMENT;

/**
 * Finds the type by the array's internal name. `instanceof` would refuse arrays of another realm, and accept objects
 * that merely inherit from an array.
 */
function typeOf(data: unknown): DType | undefined {
  switch (tagOf(data)) {
    case "Float32Array":
      return "float32";
    case "Float64Array":
      return "float64";
    case "Uint8Array":
      return "uint8";
    case "Int8Array":
      return "int8";
    case "Int32Array":
      return "int32";
    default:
      return undefined;
  }
}

/** Returns the element type of a floating-point array. Throws INVALID_ARGUMENT, naming `name`, for any other value. */
export function dtypeOf(data: unknown, name: string): FloatDType {
  const dtype = typeOf(data);
  if (dtype === "float32" || dtype === "float64") return dtype;
  throw invalid("a Float32Array or Float64Array", name, data);
}

/** Returns the element type of a typed array. Throws INVALID_ARGUMENT, naming `name`, if it has no {@link DType}. */
export function elementTypeOf(
  data: unknown,
  name: string,
  allowed = "a Float32Array, Float64Array, Uint8Array, Int8Array or Int32Array",
): DType {
  const dtype = typeOf(data);
  if (dtype !== undefined) return dtype;
  throw invalid(allowed, name, data);
}

/**
 * Returns the element type of a convolution's operand, which cannot be int32. Throws INVALID_ARGUMENT, naming `name`.
 */
export function operandTypeOf(data: unknown, name: string): Exclude<DType, "int32"> {
  const dtype = elementTypeOf(data, name, operandTypes);
  if (dtype === "int32") throw invalid(operandTypes, name, data);
  return dtype;
}

const operandTypes = "a Float32Array, Float64Array, Uint8Array or Int8Array";

/** Allocates an array of `length` zeros. */
export function allocate<D extends DType>(dtype: D, length: number): ArrayOf<D> {
  return new arrayTypes[dtype](length) as ArrayOf<D>;
}

/** Returns a view of `length` elements of `buffer`, from `byteOffset` on. */
export function viewOf(dtype: DType, buffer: ArrayBuffer, byteOffset: number, length: number): TypedArray {
  return new arrayTypes[dtype](buffer, byteOffset, length);
}
