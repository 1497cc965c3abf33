// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import type { Random } from "./random.ts";

/** How many inputs each output of a layer is a sum over, and how many outputs each input contributes to. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Fills the weights of a layer before training. */
export type Initializer = (weights: FloatArray, fans: Fans, random: Random) => void;

/**
 * Uniform in [-b, b) with b = sqrt(6 / fanIn), which keeps the variance of activations through layers with ReLU.
 *
 * Source: K. He et al., "Delving Deep into Rectifiers" (2015), equation 10.
 */
export const kaimingUniform: Initializer = (weights, { fanIn }, random) =>
  fillUniform(weights, Math.sqrt(6 / fanIn), random);

/**
 * Uniform in [-b, b) with b = sqrt(6 / (fanIn + fanOut)), for layers with tanh, sigmoid or nothing after them.
 *
 * Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010),
 * equation 16.
 */
export const glorotUniform: Initializer = (weights, { fanIn, fanOut }, random) =>
  fillUniform(weights, Math.sqrt(6 / (fanIn + fanOut)), random);

/** Normal of mean 0 and the given standard deviation, by default 0.01. */
export function normal(standardDeviation = 0.01): Initializer {
  return (weights, _, random) => {
    for (let i = 0; i < weights.length; i++) weights[i] = random.normal(0, standardDeviation);
  };
}

function fillUniform(weights: FloatArray, bound: number, random: Random): void {
  for (let i = 0; i < weights.length; i++) weights[i] = random.uniform(-bound, bound);
}
