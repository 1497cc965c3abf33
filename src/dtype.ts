// SPDX-License-Identifier: MIT
import { invalid } from "./errors.ts";

/** Element types that the operators compute in. */
export type DType = "float32" | "float64";

/** The typed arrays that hold them. */
export type FloatArray = Float32Array | Float64Array;

/** The element type of a typed array. Throws INVALID_ARGUMENT, naming `name`, for any other value. */
export function dtypeOf(data: unknown, name: string): DType {
  // instanceof alone would believe an object that only inherits from a typed array.
  if (ArrayBuffer.isView(data)) {
    if (data instanceof Float32Array) return "float32";
    if (data instanceof Float64Array) return "float64";
  }
  throw invalid("a Float32Array or Float64Array", name, data);
}

/** A new array of `length` zeros. */
export function allocate(dtype: DType, length: number): FloatArray {
  return dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
}
