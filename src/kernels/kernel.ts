// SPDX-License-Identifier: MIT
import type { DType, FloatArray, FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { designed } from "../input/designed-kernel.ts";
import { lengthOf, tagOf } from "../input/intrinsics.ts";
import { checkOneOf } from "../input/options.ts";
import { type NestedArray, type TensorLike, toTensor } from "../tensor.ts";

/**
 * A designed kernel: a matrix of shape [height, width], unflipped, as `corr2d` and `conv2d` apply it.
 *
 * Beside an input of another element type, operators take its weights in that type: in float64 as they were before they
 * were rounded to float32, in integers if they are whole. They recognise it by its `data`, whatever its `shape`, as
 * long as no element is changed.
 */
export type Kernel = TensorLike<Float32Array>;

/** The largest side of a designed kernel; it catches slips such as a sigma in the wrong unit. */
const maxSize = 4095;

/** Makes a kernel of rows that have the same length. */
export function fromRows(rows: readonly (readonly number[])[]): Kernel {
  return {
    data: designed("float32", () => rows.flat()) as Float32Array,
    shape: [rows.length, rows[0].length],
  };
}

/** Makes the kernel `column[y] * row[x]`. */
export function outerProduct(column: readonly number[], row: readonly number[]): Kernel {
  return alongAxes(column, row) as Kernel;
}

/** Checks the side length of a kernel. Throws INVALID_ARGUMENT. */
export function checkSize(size: unknown, name: string): number {
  if (!Number.isInteger(size) || (size as number) < 1 || (size as number) > maxSize) {
    throw invalid(`a whole number from 1 to ${maxSize}`, name, size);
  }
  return size as number;
}

/** The options of kernels that are computed to the last digit of float64. */
export interface DesignOptions<D extends DType = DType> {
  /** The element type. Default "float32". */
  readonly dtype?: D;
}

/** Makes the kernel `column[y] * row[x]` in the given element type. Throws INVALID_ARGUMENT for an unknown type. */
export function alongAxes(
  column: readonly number[],
  row: readonly number[],
  dtype: unknown = "float32",
): TensorLike<FloatArray> {
  const type = checkOneOf<FloatDType>(dtype, ["float32", "float64"], "dtype");
  const weights = () => column.flatMap((c) => row.map((r) => c * r + 0)); // + 0 turns -0 into 0.
  return { data: designed(type, weights), shape: [column.length, row.length] };
}

/**
 * Reads one number along `axis`, with `neutral` along the other, or a pair [vertical, horizontal]. Throws
 * INVALID_ARGUMENT.
 */
export function checkPair(value: unknown, name: string, axis: unknown, neutral: number): [number, number] {
  if (Array.isArray(value)) {
    if (axis !== undefined) throw invalid(`nothing, as ${name} is a pair,`, "axis", axis);
    if (value.length !== 2) throw invalid("a number or two of them", name, value);
    return [value[0], value[1]];
  }
  if (axis !== undefined && axis !== "x" && axis !== "y") throw invalid('"x" or "y"', "axis", axis);
  return axis === "y" ? [value as number, neutral] : [neutral, value as number];
}

/** Reads a matrix; a bare typed array or an array of numbers is a row. Throws INVALID_ARGUMENT. */
export function readKernel(kernel: TensorLike | NestedArray | FloatArray): TensorLike {
  let matrix = kernel as TensorLike | NestedArray;
  if (tagOf(kernel) !== undefined) matrix = { data: kernel as FloatArray, shape: [1, lengthOf(kernel)] };
  else if (Array.isArray(kernel) && typeof kernel[0] === "number") matrix = [kernel as number[]];
  const tensor = toTensor(matrix, 2, "kernel", "float64");
  if (tensor.data.length === 0) throw invalid("at least one element", "kernel", kernel);
  return tensor;
}
