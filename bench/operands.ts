// SPDX-License-Identifier: MIT
import { outputShape } from "corr2d";
import type { Problem } from "./problems.ts";

export interface Operands {
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly weights: { readonly data: Float32Array; readonly shape: readonly number[] };
}

export function makeOperands({ inputShape, weightsShape }: Problem): Operands {
  return { x: wholeNumbers(inputShape, 1), weights: wholeNumbers(weightsShape, 2) };
}

/**
 * Whole numbers from -8 to 7 by a linear congruential generator, the same in every run. Sums of up to 2^18 products of
 * two of them are exact in float32, so that results can be compared for equality.
 */
function wholeNumbers(shape: readonly number[], seed: number) {
  const data = new Float32Array(product(shape));
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = (state >>> 28) - 8;
  }
  return { data, shape };
}

/** Floating-point operations of the definition. */
export function flopOf({ inputShape, weightsShape, options }: Problem): number {
  const [, groupChannels, kernelHeight, kernelWidth] = weightsShape;
  return (
    2 * product(outputShape(inputShape, weightsShape, options)) * groupChannels * kernelHeight * kernelWidth
  );
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
