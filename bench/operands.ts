// SPDX-License-Identifier: MIT
import { outputShape } from "corr2d";
import type { Problem } from "./problems.ts";

export interface Operands {
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly weights: { readonly data: Float32Array; readonly shape: readonly number[] };
}

export function makeOperands({ inputShape, weightsShape }: Problem): Operands {
  return { x: fractions(inputShape, 1), weights: fractions(weightsShape, 2) };
}

/** A gradient of the output. */
export const gradientOf = (problem: Problem) => fractions(outputShapeOf(problem), 3);

/** From -1 up to 1 by a linear congruential generator, the same in every run. */
export function fractions(shape: readonly number[], seed: number) {
  const data = new Float32Array(product(shape));
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = (state >>> 8) / 2 ** 23 - 1;
  }
  return { data, shape };
}

/** Products that each output sums. */
export const productsOf = ({ weightsShape }: Problem): number => product(weightsShape.slice(1));

/** Floating-point operations of the definition. */
export function flopOf(problem: Problem): number {
  return 2 * product(outputShapeOf(problem)) * productsOf(problem);
}

export function outputShapeOf({ inputShape, weightsShape, options }: Problem): number[] {
  return outputShape.conv2d(inputShape, weightsShape, options);
}

export const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
