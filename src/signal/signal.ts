// SPDX-License-Identifier: MIT

import { allocate, dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { plain } from "../input/arrays.ts";
import { type Border, borderIndex } from "../spec/border.ts";
import { type TensorLike, toTensor } from "../tensor.ts";

/** A sequence of samples: a typed array, `{ data, shape: [length] }`, or an array of numbers. */
export type Signal = FloatArray | TensorLike | readonly number[];

/** Reads the samples of a signal; plain numbers become `dtype`. Throws INVALID_ARGUMENT, naming `name`. */
export function readSignal(value: Signal, name: string, dtype: FloatDType = "float32"): FloatArray {
  if (ArrayBuffer.isView(value)) {
    return plain(value, dtypeOf(value, name));
  }
  return toTensor(value, 1, name, dtype).data;
}

/** Reads samples like {@link readSignal}, and also the row of a designed kernel, of shape [1, length]. */
export function readTaps(value: Signal, name: string, dtype?: FloatDType): FloatArray {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !Array.isArray(value)) {
    const { shape } = value as TensorLike;
    const isRow = Array.isArray(shape) && shape.length === 2 && shape[0] === 1;
    return toTensor(value as TensorLike, isRow ? 2 : 1, name).data;
  }
  return readSignal(value, name, dtype);
}

/** A signal with its border; sample 0 of `x` lies at position `before`. */
export interface PaddedSignal {
  readonly x: FloatArray;
  readonly before: number;
  readonly after: number;
  readonly border: Border;
}

/** Copies the samples from position `start` on into `target`; past the end of the padding they are zeros. */
export function readPadded(
  { x, before, after, border }: PaddedSignal,
  start: number,
  target: Float64Array,
): void {
  const offset = start - before;
  const from = Math.min(Math.max(-offset, 0), target.length);
  const to = Math.max(Math.min(x.length - offset, target.length), from);
  target.set(x.subarray(offset + from, offset + to), from);
  const end = Math.min(x.length + after - offset, target.length);
  const outside = (i: number) => {
    const source = i < end ? borderIndex(offset + i, x.length, border) : -1;
    target[i] = source < 0 ? 0 : x[source];
  };
  for (let i = 0; i < from; i++) outside(i);
  for (let i = to; i < target.length; i++) outside(i);
}

/** The samples that a stream still needs. */
export class SampleQueue {
  #data: FloatArray;
  #start = 0;
  #length = 0;

  constructor(dtype: FloatDType) {
    this.#data = allocate(dtype, 1024);
  }

  get length(): number {
    return this.#length;
  }

  /** Returns the first `count` samples, valid until the next call. */
  view(count: number): FloatArray {
    return this.#data.subarray(this.#start, this.#start + count);
  }

  pushZeros(count: number): void {
    this.#reserve(count).fill(0);
  }

  push(chunk: FloatArray): void {
    this.#reserve(chunk.length).set(chunk);
  }

  drop(count: number): void {
    this.#start += count;
    this.#length -= count;
  }

  clear(): void {
    this.drop(this.#length);
  }

  /** Makes room for `count` more samples at the end, and returns it. */
  #reserve(count: number): FloatArray {
    const length = this.#length + count;
    if (this.#start + length > this.#data.length) {
      const kept = this.view(this.#length);
      const isLarge = length > this.#data.length;
      const data = isLarge ? allocate(dtypeOf(kept, "kept"), 2 * length) : this.#data;
      if (isLarge) data.set(kept);
      else data.copyWithin(0, this.#start, this.#start + this.#length);
      this.#data = data;
      this.#start = 0;
    }
    const room = this.#data.subarray(this.#start + this.#length, this.#start + length);
    this.#length = length;
    return room;
  }
}

/** Reads a chunk of the stream's type. Throws INVALID_ARGUMENT. */
export function readChunk(chunk: Signal, dtype: FloatDType): FloatArray {
  const samples = readSignal(chunk, "chunk", dtype);
  if (dtypeOf(samples, "chunk") !== dtype)
    throw invalid(`${dtype} samples, as the stream has,`, "chunk", chunk);
  return samples;
}
