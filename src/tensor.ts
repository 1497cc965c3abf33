// SPDX-License-Identifier: MIT
/// <reference lib="esnext.disposable" preserve="true" />

import {
  type DType,
  dtypeOf,
  elementTypeOf,
  type FloatArray,
  type FloatDType,
  isInteger,
  limits,
  operandTypeOf,
  type TypedArray,
} from "./dtype.ts";
import { Corr2dError, invalid, show } from "./errors.ts";
import { plain } from "./input/arrays.ts";
import { lengthOf } from "./input/intrinsics.ts";
import { allocateCopy, type Strided, stridedElements } from "./input/strided.ts";

/** Rows of numbers, to any depth: `[[1, 2], [3, 4]]` is a matrix. */
export type NestedArray = readonly number[] | readonly NestedArray[];

/**
 * An operand of every operator beside nested arrays. Elements are in row-major order, last axis fastest, unless a
 * stride says otherwise.
 */
export interface TensorLike<D extends TypedArray = FloatArray> extends Strided {
  readonly data: D;
  readonly shape: readonly number[];
}

/** The result of every operator. */
export class Tensor<D extends TypedArray = FloatArray> implements TensorLike<D> {
  readonly data: D;
  readonly shape: readonly number[];

  constructor(data: D, shape: readonly number[]) {
    this.data = data;
    this.shape = shape;
  }

  /** The elements as nested arrays, one level for each axis. */
  toArray(): NestedArray {
    return nest(this.data, this.shape, 0, 0) as NestedArray;
  }
}

/** Elements whose place belongs to a backend, which they outlive. */
export interface Allocation {
  /**
   * Returns the elements: `last`, the view returned before, unless the memory has moved, which empties that view. The
   * allocation itself keeps no view. A view keeps its tensor alive, and then `free` could not wait for the end of that.
   */
  view(last: TypedArray | undefined): TypedArray;
  /** Frees the elements, after which no view is used. Called at most once; absent if the garbage collector does it. */
  readonly free?: () => void;
}

/** Frees what tensors held that were garbage-collected without `dispose`. */
const forgotten = new FinalizationRegistry<() => void>((free) => free());

/**
 * Ties an array to its tensor: the tensor is not freed as long as somebody holds the array, or a part of it by
 * `subarray`. A part refers only to the memory, which belongs to all tensors, so each array gets a `subarray` of its
 * own. What `forgotten` holds must not refer to the tensor.
 */
function tie<A extends FloatArray>(array: A, owner: AllocatedTensor): A {
  const value = (begin?: number, end?: number) => {
    const part = Object.getPrototypeOf(array).subarray.call(array, begin, end) as FloatArray;
    return tie(part, owner);
  };
  return Object.defineProperty(array, "subarray", { value, writable: true, configurable: true });
}

/**
 * A tensor in the memory of an engine, made by `engine.alloc`. `run` reads it as input, and writes it as `out`, without
 * a copy.
 *
 * Read the property `data` each time. WebAssembly's memory may move when it grows; the elements stay, but arrays that
 * `data` returned before are emptied.
 *
 * A tensor that is forgotten is freed once neither it, nor `data`, nor a part of that by `subarray` is in use. Other
 * arrays made of `data.buffer` do not count. Freeing takes a turn of the event loop, so a loop that never awaits needs
 * `dispose` or `using`.
 */
export class AllocatedTensor<D extends FloatArray = FloatArray> extends Tensor<D> {
  #allocation: Allocation | undefined;
  #data: FloatArray | undefined;

  /** Use `engine.alloc`. */
  constructor(allocation: Allocation, shape: readonly number[]) {
    const data = allocation.view(undefined) as D;
    super(data, shape);
    this.#allocation = allocation;
    this.#data = data;
    Object.defineProperty(this, "data", { get: () => this.#view(), enumerable: true });
    if (allocation.free === undefined) return;
    tie(data, this);
    forgotten.register(this, allocation.free, this);
  }

  /** Whether a value really is an AllocatedTensor, and not only by its prototype. */
  static isOne(value: object): value is AllocatedTensor {
    return #allocation in value;
  }

  /** Gives the memory back; `data` throws DISPOSED afterwards. A second call does nothing. */
  dispose(): void {
    const allocation = this.#allocation;
    if (allocation === undefined) return;
    this.#allocation = undefined;
    this.#data = undefined;
    forgotten.unregister(this);
    allocation.free?.();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #view(): FloatArray {
    if (this.#allocation === undefined) throw new Corr2dError("DISPOSED", "This tensor was disposed of");
    const data = this.#allocation.view(this.#data) as FloatArray;
    if (data !== this.#data) this.#data = tie(data, this);
    return data;
  }
}

function nest(
  data: TypedArray,
  shape: readonly number[],
  axis: number,
  offset: number,
): NestedArray | number {
  if (axis === shape.length) return data[offset];
  let size = 1;
  for (let i = axis + 1; i < shape.length; i++) size *= shape[i];
  return Array.from({ length: shape[axis] }, (_, i) =>
    nest(data, shape, axis + 1, offset + i * size),
  ) as NestedArray;
}

/** The number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/**
 * Views `value` as a tensor of the given rank; a `{ data, shape }` keeps its array, nested arrays are copied
 * into a new one of type `dtype`.
 *
 * Throws INVALID_ARGUMENT, naming `name`, for ragged arrays, elements that are not numbers, a shape that is not
 * made of whole numbers >= 0, a data length that does not match the shape, and a rank other than `rank`.
 */
export function toTensor(
  value: TensorLike | NestedArray,
  rank: number,
  name: string,
  dtype: FloatDType = "float32",
): TensorLike {
  return plainTensor(read(value, rank, name, dtype, dtypeOf) as TensorLike);
}

/**
 * Views `value` like `toTensor`, with elements of any operand's type, which excludes int32. Throws INVALID_ARGUMENT
 * also for numbers of nested arrays that an integer `dtype` cannot hold.
 */
export function toAnyTensor(
  value: TensorLike<TypedArray> | NestedArray,
  rank: number,
  name: string,
  dtype: DType = "float32",
): TensorLike<TypedArray> {
  return plainTensor(toIndexedTensor(value, rank, name, dtype));
}

/** Reads a tensor like `toAnyTensor`, but its `data` may be of any class and realm, so only its elements may be read. */
export function toIndexedTensor(
  value: TensorLike<TypedArray> | NestedArray,
  rank: number,
  name: string,
  dtype: DType = "float32",
): TensorLike<TypedArray> {
  return read(value, rank, name, dtype, operandTypeOf);
}

/** Returns the tensor with its elements in an array of this realm's own class. */
export function plainTensor<T extends TensorLike<TypedArray>>(tensor: T): T {
  if (AllocatedTensor.isOne(tensor)) return tensor;
  const { data, shape } = tensor;
  const believed = plain(data, elementTypeOf(data, "x"));
  return believed === data ? tensor : ({ data: believed, shape } as unknown as T);
}

/** A tensor of one axis, of elements of `dtype` alone. */
export function toVector(
  value: TensorLike<TypedArray> | NestedArray,
  name: string,
  dtype: DType,
): TensorLike<TypedArray> {
  return plainTensor(
    read(value, 1, name, dtype, (data, dataName) => {
      if (elementTypeOf(data, dataName) !== dtype) throw invalid(`${dtype} elements`, dataName, data);
      return dtype;
    }),
  );
}

function read(
  value: TensorLike<TypedArray> | NestedArray,
  rank: number,
  name: string,
  dtype: DType,
  checkType: (data: unknown, name: string) => DType,
): TensorLike<TypedArray> {
  const tensor = Array.isArray(value)
    ? fromNested(value, rank, name, dtype)
    : readTensor(value as TensorLike<TypedArray>, name, checkType);
  if (tensor.shape.length !== rank) throw invalid(`${rank} dimensions`, `${name}.shape`, tensor.shape);
  return tensor;
}

function readTensor(
  value: TensorLike<TypedArray>,
  name: string,
  checkType: (data: unknown, name: string) => DType,
): TensorLike<TypedArray> {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    throw invalid("nested arrays or { data, shape }", name, value);
  }
  // Each property is read once: a getter or proxy must not answer the check one way and the use another.
  const { data: given, shape } = value;
  checkType(given, `${name}.data`);
  const checked = checkShape(shape, `${name}.shape`);
  const data = rowMajorElements(value, given, checked, name);
  const count = elementCount(checked);
  if (lengthOf(data) !== count) {
    throw invalid(`${count} elements (the product of shape [${checked.join(", ")}])`, `${name}.data`, data);
  }
  // Preparing a convolution may move the memory, so that `data` has to be read again.
  return AllocatedTensor.isOne(value) ? value : { data, shape: checked };
}

/**
 * Returns the elements of a tensor in row-major order: its own array, unless it has a stride or an offset. Throws
 * INVALID_ARGUMENT for steps that leave `data` or, if `isWritten`, are not row-major.
 *
 * @param data of the tensor
 * @param shape of the tensor, checked
 */
export function rowMajorElements<D extends TypedArray>(
  tensor: TensorLike<TypedArray>,
  data: D,
  shape: readonly number[],
  name: string,
  isWritten = false,
): D {
  const { stride, strides, offset } = tensor;
  if (stride === undefined && strides === undefined && offset === undefined) return data;
  return stridedElements(data, shape, { stride, strides, offset }, name, isWritten) as D;
}

/** More axes than any tensor has. */
const mostAxes = 32;

/** The shape as `checkShape` returns it, if it has `rank` sizes. Throws INVALID_ARGUMENT. */
export function shapeOfRank(shape: unknown, rank: number, name: string): readonly number[] {
  const checked = checkShape(shape, name);
  if (checked.length !== rank) throw invalid(`${rank} dimensions`, name, shape);
  return checked;
}

/** A private copy of a shape of at most 32 sizes, whole numbers from 0 to 2^31 - 1. Throws INVALID_ARGUMENT. */
export function checkShape(shape: unknown, name: string): readonly number[] {
  if (!Array.isArray(shape)) throw invalid("an array of sizes", name, shape);
  // Asked before any of the sizes is read: an array can be empty and billions long.
  const { length } = shape;
  if (length > mostAxes) throw invalid(`at most ${mostAxes} dimensions`, name, shape);
  const copy = new Array<number>(length);
  for (let i = 0; i < length; i++) {
    const size: unknown = shape[i];
    if (!Number.isInteger(size) || (size as number) < 0 || (size as number) > 0x7fffffff) {
      throw invalid("a whole number from 0 to 2147483647", `${name}[${i}]`, size);
    }
    copy[i] = size as number;
  }
  return copy;
}

function fromNested(value: NestedArray, rank: number, name: string, dtype: DType): TensorLike<TypedArray> {
  const shape: number[] = [];
  // An array may hold itself: what is nested deeper than it should be is not followed.
  let level: unknown = value;
  for (; Array.isArray(level) && shape.length <= rank; level = level[0]) shape.push(level.length);
  if (shape.length !== rank) throw invalid(`${rank} dimensions`, `${name}.shape`, shape);
  const count = elementCount(shape);
  // The first element is asked for before there is room for all: an array can be empty and billions long.
  if (count > 0 && typeof level !== "number") throw invalid("numbers only", name, level);
  const data = allocateCopy(dtype, count);
  copyLevel(value, shape, 0, data, 0, name);
  if (isInteger(dtype)) checkCopied((value as unknown[]).flat(rank) as number[], data, dtype, name);
  return { data, shape };
}

/** Copies one level of nested arrays from `offset` on; returns where the next one goes. */
function copyLevel(
  level: NestedArray,
  shape: readonly number[],
  axis: number,
  data: TypedArray,
  offset: number,
  name: string,
): number {
  const size = shape[axis];
  if (!Array.isArray(level) || level.length !== size) throw ragged(size, name, level);
  let next = offset;
  for (let i = 0; i < size; i++) {
    const item: unknown = level[i];
    if (axis < shape.length - 1) {
      next = copyLevel(item as NestedArray, shape, axis + 1, data, next, name);
    } else {
      if (typeof item !== "number") throw invalid("numbers only", name, item);
      data[next++] = item;
    }
  }
  return next;
}

/** Throws INVALID_ARGUMENT for the first number that became another one in `data`. */
function checkCopied(numbers: number[], data: TypedArray, dtype: keyof typeof limits, name: string): void {
  const [min, max] = limits[dtype];
  const at = numbers.findIndex((number, i) => number !== data[i]);
  if (at >= 0) throw invalid(`whole numbers from ${min} to ${max}`, name, numbers[at]);
}

function ragged(size: number, name: string, level: unknown): Corr2dError {
  const received = Array.isArray(level) ? `one of ${level.length}` : show(level);
  return new Corr2dError(
    "INVALID_ARGUMENT",
    `Expected rows of equal length for ${name} but received ${received} beside one of ${size}`,
  );
}
