// SPDX-License-Identifier: MIT
// Elements that do not lie in row-major order from the first on: views of npm's ndarray, of @stdlib and their like.
import { allocate, bytesOf, type DType, elementTypeOf, type TypedArray, viewOf } from "../dtype.ts";
import { Corr2dError, invalid } from "../errors.ts";
import { bufferOf, byteOffsetOf, lengthOf } from "./intrinsics.ts";

/** Where elements lie in `data`; ndarray says `stride`, others say `strides`. */
export interface Strided {
  /** Elements from one index to the next along each axis; negative steps go backwards. Default row-major. */
  readonly stride?: readonly number[];
  /** The same as `stride`, by another name. */
  readonly strides?: readonly number[];
  /** The index of the first element. Default 0. */
  readonly offset?: number;
}

/** The values read from a tensor; those not given are undefined. */
type Given = { readonly [K in keyof Strided]?: Strided[K] | undefined };

/** Where a tensor's elements lie in its array: from `offset` on, `steps` elements apart along each axis. */
export interface Places {
  readonly count: number;
  readonly steps: readonly number[];
  readonly offset: number;
  readonly isRowMajor: boolean;
}

/**
 * Reads `stride`, `strides` and `offset`. Throws INVALID_ARGUMENT for steps that leave `data`.
 *
 * @param shape a valid shape
 */
export function placesOf(
  data: unknown,
  length: number,
  shape: readonly number[],
  { stride, strides, offset = 0 }: Given,
  name: string,
): Places {
  if (stride !== undefined && strides !== undefined)
    throw invalid("nothing, as stride is given,", `${name}.strides`, strides);
  if (!Number.isInteger(offset) || offset < 0 || offset > length) {
    throw invalid(`a whole number from 0 to ${length}, the length of data,`, `${name}.offset`, offset);
  }
  const steps = readSteps(stride ?? strides, shape, stepsName(strides, name));
  const count = shape.reduce((product, size) => product * size, 1);
  const [first, last] = rangeOf(shape, steps, offset);
  if (count > 0 && (first < 0 || last >= length)) {
    throw invalid(
      `elements ${first} to ${last}, as shape [${shape.join(", ")}], stride [${steps.join(", ")}] and offset ${offset} reach,`,
      `${name}.data`,
      data,
    );
  }
  return { count, steps, offset, isRowMajor: count === 0 || isRowMajor(shape, steps) };
}

const stepsName = (strides: unknown, name: string) =>
  `${name}.${strides === undefined ? "stride" : "strides"}`;

/**
 * Returns the elements of a tensor with `stride`, `strides` or `offset` in row-major order: a view of `data` if they
 * lie so, otherwise a copy. Throws INVALID_ARGUMENT for steps that leave `data` and, if `isWritten`, where a copy would
 * be needed.
 *
 * @param shape a valid shape
 */
export function stridedElements(
  data: TypedArray,
  shape: readonly number[],
  given: Given,
  name: string,
  isWritten: boolean,
): TypedArray {
  const places = placesOf(data, lengthOf(data), shape, given, name);
  const dtype = elementTypeOf(data, `${name}.data`);
  if (places.isRowMajor) {
    const byteOffset = byteOffsetOf(data) + places.offset * bytesOf(dtype);
    return viewOf(dtype, bufferOf(data) as ArrayBuffer, byteOffset, places.count);
  }
  if (isWritten) {
    const steps = `[${rowMajor(shape).join(", ")}], row-major, as it is written to,`;
    throw invalid(steps, stepsName(given.strides, name), places.steps);
  }
  return gather(data, shape, places, allocateCopy(dtype, places.count));
}

/** Reads a whole number for each axis. Throws INVALID_ARGUMENT for anything else. */
function readSteps(given: unknown, shape: readonly number[], name: string): readonly number[] {
  if (given === undefined) return rowMajor(shape);
  const isList = Array.isArray(given) || ArrayBuffer.isView(given);
  const list = given as ArrayLike<number>;
  if (!isList || list.length !== shape.length)
    throw invalid(`${shape.length} whole numbers, one for each axis,`, name, given);
  return Array.from({ length: shape.length }, (_, axis) => {
    const step = list[axis];
    if (!Number.isSafeInteger(step)) throw invalid("a whole number", `${name}[${axis}]`, step);
    return step;
  });
}

function rowMajor(shape: readonly number[]): number[] {
  const steps = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    steps[axis] = step;
    step *= shape[axis];
  }
  return steps;
}

/** An axis of one element takes no step, so its step does not count. */
function isRowMajor(shape: readonly number[], steps: readonly number[]): boolean {
  return rowMajor(shape).every((step, axis) => shape[axis] === 1 || steps[axis] === step);
}

/** Returns the least and the greatest index that is read. */
function rangeOf(shape: readonly number[], steps: readonly number[], offset: number): [number, number] {
  let first = offset;
  let last = offset;
  shape.forEach((size, axis) => {
    const reach = (size - 1) * steps[axis];
    if (reach < 0) first += reach;
    else last += reach;
  });
  return [first, last];
}

/** Allocates zeros for the elements of a caller's operand. Throws BACKEND_FAILED if memory runs out. */
export function allocateCopy(dtype: DType, count: number): TypedArray {
  try {
    return allocate(dtype, count);
  } catch (cause) {
    throw new Corr2dError("BACKEND_FAILED", `A copy of ${count} elements cannot be allocated`, { cause });
  }
}

/** Copies row by row; a counter of the other axes finds where each row begins. */
export function gather<T extends number | bigint, A extends { readonly length: number; [i: number]: T }>(
  data: ArrayLike<T>,
  shape: readonly number[],
  { steps, offset }: Places,
  target: A,
): A {
  const inner = shape.length - 1;
  const [size, step] = [shape[inner], steps[inner]];
  const index = new Array<number>(inner).fill(0);
  for (let next = 0, row = offset; next < target.length; ) {
    for (let i = 0, at = row; i < size; i++, at += step) target[next++] = data[at];
    for (let axis = inner - 1; axis >= 0; axis--) {
      row += steps[axis];
      if (++index[axis] < shape[axis]) break;
      row -= index[axis] * steps[axis];
      index[axis] = 0;
    }
  }
  return target;
}
