// SPDX-License-Identifier: MIT
// Made-up signals, and what is summed up of them.
import type { FloatArray } from "./oracle.ts";
import { Random } from "./random.ts";

export const makers = { float32: Float32Array, float64: Float64Array } as const;
export type DType = keyof typeof makers;
export const dtypes = ["float32", "float64"] as const;

/** Uniform in [-1, 1). */
export function noise(length: number, seed: number, dtype: DType = "float64"): FloatArray {
  const random = new Random(seed);
  return makers[dtype].from(Array.from({ length }, () => random.next() * 2 - 1));
}

export const square = (value: number) => value * value;

export function sumOf(values: ArrayLike<number>, term: (value: number) => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += term(values[i]);
  return sum;
}

export const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;
