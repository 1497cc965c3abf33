// SPDX-License-Identifier: MIT
// What tests of corr2d/learn share: where and in what type they compute, made-up tensors, finite differences.
import type { TensorLike } from "corr2d";
import * as learn from "corr2d/learn";

export const backends = ["native", "wasm", "reference"] as const;
export const dtype = "float64";

export function randomTensor(shape: readonly number[], seed: number): TensorLike<Float64Array> {
  const random = new learn.Random(seed);
  const length = shape.reduce((a, b) => a * b, 1);
  return { data: Float64Array.from({ length }, () => random.normal()), shape };
}

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** The gradient of `value()` with respect to `data`, by differences that are exact for polynomials of degree 2. */
export function differences(data: Float64Array, value: () => number): number[] {
  const h = 2 ** -17;
  return Array.from(data, (at, i) => {
    data[i] = at + h;
    const above = value();
    data[i] = at - h;
    const below = value();
    data[i] = at;
    return (above - below) / (2 * h);
  });
}
