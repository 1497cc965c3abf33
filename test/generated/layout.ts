// SPDX-License-Identifier: MIT
// Tensors into the layouts that operators are given, for any number of axes.
import type { Expected } from "./trial.ts";

type Elements = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;

/** For each element of `to`, where it is in `from`. Axes are letters; sizes are those of `from`. */
function orderOf(sizes: readonly number[], from: string, to: string): Int32Array {
  const step = (axis: string) => sizes.slice(from.indexOf(axis) + 1).reduce((a, b) => a * b, 1);
  let order = [0];
  for (const axis of to) {
    const [size, by] = [sizes[from.indexOf(axis)], step(axis)];
    order = order.flatMap((start) => Array.from({ length: size }, (_, i) => start + i * by));
  }
  return Int32Array.from(order);
}

/** A tensor of `data` with its axes in another order, `offset` elements into its buffer. */
export function laid<A extends Elements>(
  data: A,
  sizes: readonly number[],
  from: string,
  to: string,
  offset: number,
): { data: A; shape: number[] } {
  const all = new (data.constructor as new (length: number) => A)(data.length + offset);
  orderOf(sizes, from, to).forEach((at, i) => {
    all[i + offset] = data[at];
  });
  return { data: all.subarray(offset) as A, shape: shapeIn(sizes, from, to) };
}

/** Sizes of axes in another order. */
export const shapeIn = (sizes: readonly number[], from: string, to: string): number[] =>
  [...to].map((axis) => sizes[from.indexOf(axis)]);

/** What is expected of a tensor with its axes in another order. */
export function inLayout(expected: Expected, sizes: readonly number[], from: string, to: string): Expected {
  const move = (data: Float64Array) => laid(data, sizes, from, to, 0).data;
  return {
    values: move(expected.values),
    allowed: move(expected.allowed),
    magnitudes: move(expected.magnitudes),
  };
}
