// SPDX-License-Identifier: MIT

import { dtypeOf, type FloatArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkArity, checkPositive } from "../input/options.ts";
import { Random } from "./random.ts";

/** The number of inputs that each output of a layer sums over, and of outputs that each input contributes to. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Fills the weights of a layer before training. */
export type Initializer = (weights: FloatArray, fans: Fans, random: Random) => void;

/**
 * Fills weights uniformly from [-b, b) with b = sqrt(6 / fanIn), which keeps the variance of activations through layers
 * with ReLU.
 *
 * Source: K. He et al., "Delving Deep into Rectifiers" (2015), equation 10. Throws INVALID_ARGUMENT.
 */
export function kaimingUniform(weights: FloatArray, fans: Fans, random: Random): void {
  checkArity("kaimingUniform", arguments.length, 3);
  const { fanIn } = checkFans(fans);
  fillUniform(weights, Math.sqrt(6 / fanIn), random);
}

/**
 * Fills weights uniformly from [-b, b) with b = sqrt(6 / (fanIn + fanOut)), for layers that tanh, sigmoid or nothing
 * follows.
 *
 * Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010),
 * equation 16. Throws INVALID_ARGUMENT.
 */
export function glorotUniform(weights: FloatArray, fans: Fans, random: Random): void {
  checkArity("glorotUniform", arguments.length, 3);
  const { fanIn, fanOut } = checkFans(fans);
  fillUniform(weights, Math.sqrt(6 / (fanIn + fanOut)), random);
}

/**
 * Returns an initializer with normal weights of mean 0 and this standard deviation, by default 0.01. Throws
 * INVALID_ARGUMENT.
 */
export function normal(standardDeviation = 0.01): Initializer {
  checkArity("normal", arguments.length, 1);
  if (!(Number.isFinite(standardDeviation) && standardDeviation >= 0))
    throw invalid("a finite number >= 0", "standardDeviation", standardDeviation);
  return (weights, _, random) => {
    checkFilled(weights, random);
    for (let i = 0; i < weights.length; i++) weights[i] = random.normal(0, standardDeviation);
  };
}

function fillUniform(weights: FloatArray, bound: number, random: Random): void {
  checkFilled(weights, random);
  for (let i = 0; i < weights.length; i++) weights[i] = random.uniform(-bound, bound);
}

function checkFilled(weights: unknown, random: unknown): void {
  dtypeOf(weights, "weights");
  if (!(random instanceof Random)) throw invalid("a Random", "random", random);
}

function checkFans(fans: Fans): Fans {
  if (typeof fans !== "object" || fans === null) throw invalid("{ fanIn, fanOut }", "fans", fans);
  const { fanIn, fanOut } = fans;
  checkPositive(fanIn, "fans.fanIn");
  checkPositive(fanOut, "fans.fanOut");
  return { fanIn, fanOut };
}
