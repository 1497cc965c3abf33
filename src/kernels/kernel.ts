// SPDX-License-Identifier: MIT
import { invalid } from "../errors.ts";
import type { TensorLike } from "../tensor.ts";

/** A designed kernel: a matrix of shape [height, width], written as `corr2d` and `conv2d` apply it, unflipped. */
export type Kernel = TensorLike<Float32Array>;

/** The largest side of a designed kernel: a bound against slips such as a sigma in the wrong unit. */
const maxSize = 4095;

/** A new kernel with these rows, all of the same length. */
export function fromRows(rows: readonly (readonly number[])[]): Kernel {
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, rows[0].length] };
}

/** The kernel `column[y] * row[x]`. */
export function outerProduct(column: readonly number[], row: readonly number[]): Kernel {
  return fromRows(column.map((c) => row.map((r) => c * r)));
}

/** Throws INVALID_ARGUMENT for anything but a side length of a kernel. */
export function checkSize(size: unknown, name: string): number {
  if (!Number.isInteger(size) || (size as number) < 1 || (size as number) > maxSize) {
    throw invalid(`a whole number from 1 to ${maxSize}`, name, size);
  }
  return size as number;
}
