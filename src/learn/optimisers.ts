// SPDX-License-Identifier: MIT
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import type { Parameter } from "./layer.ts";

/** Changes parameters by their gradients. It remembers past steps of each parameter, so every model needs its own. */
export interface Optimiser {
  step(parameters: readonly Parameter[]): void;
}

export interface SgdOptions {
  readonly learningRate: number;
  /** The share of the last step that is kept, from 0, the default, to less than 1. */
  readonly momentum?: number;
  /** The parameter times this is added to its gradient. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Gradient descent with momentum, as in PyTorch: v = momentum * v + gradient, where v begins with the first gradient,
 * and parameter -= learningRate * v.
 *
 * Throws INVALID_ARGUMENT for numbers out of range.
 */
export function sgd(options: SgdOptions): Optimiser {
  checkArity("sgd", arguments.length, 1);
  const { learningRate, momentum = 0, weightDecay = 0 } = readOptions(options, sgdNames);
  checkRate(learningRate, "learningRate");
  checkFraction(momentum, "momentum");
  checkDecay(weightDecay);
  const velocityOf = remembered();
  return {
    step(parameters) {
      for (const parameter of parameters) {
        const { data } = parameter.value;
        const gradient = parameter.gradient.data;
        const velocity = velocityOf(parameter);
        for (let i = 0; i < data.length; i++) {
          velocity[i] = momentum * velocity[i] + gradient[i] + weightDecay * data[i];
          data[i] -= learningRate * velocity[i];
        }
      }
    },
  };
}

const sgdNames: Names<SgdOptions> = { learningRate: true, momentum: true, weightDecay: true };

export interface AdamOptions {
  /** The length of steps. Default 0.001. */
  readonly learningRate?: number;
  /** The decay of the mean of gradients, from 0 to less than 1. Default 0.9. */
  readonly beta1?: number;
  /** The decay of the mean of squared gradients, from 0 to less than 1. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the mean square, so that none divides by 0. Default 1e-8. */
  readonly epsilon?: number;
  /** The parameter times this is added to its gradient. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Adam, as in PyTorch. A step is the mean of gradients over the root of the mean of their squares, both corrected for
 * beginning with 0.
 *
 * Source: D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1. Throws
 * INVALID_ARGUMENT for numbers out of range.
 */
export function adam(options?: AdamOptions): Optimiser {
  checkArity("adam", arguments.length, 1);
  const given = readOptions(options, adamNames);
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = given;
  checkRate(learningRate, "learningRate");
  checkFraction(beta1, "beta1");
  checkFraction(beta2, "beta2");
  checkRate(epsilon, "epsilon");
  checkDecay(weightDecay);
  const meanOf = remembered();
  const squareOf = remembered();
  let steps = 0;
  return {
    step(parameters) {
      steps++;
      const correction1 = 1 - beta1 ** steps;
      const correction2 = 1 - beta2 ** steps;
      for (const parameter of parameters) {
        const { data } = parameter.value;
        const gradient = parameter.gradient.data;
        const mean = meanOf(parameter);
        const square = squareOf(parameter);
        for (let i = 0; i < data.length; i++) {
          const g = gradient[i] + weightDecay * data[i];
          mean[i] = beta1 * mean[i] + (1 - beta1) * g;
          square[i] = beta2 * square[i] + (1 - beta2) * g * g;
          data[i] -=
            (learningRate * (mean[i] / correction1)) / (Math.sqrt(square[i] / correction2) + epsilon);
        }
      }
    },
  };
}

const adamNames: Names<AdamOptions> = {
  ...{ learningRate: true, beta1: true, beta2: true, epsilon: true, weightDecay: true },
};

/** Keeps a float64 array for each parameter, at first zeros. */
function remembered(): (parameter: Parameter) => Float64Array {
  // The key is the tensor, as the Sequential around a layer gives the same tensors other parameter objects and names.
  const arrays = new WeakMap<object, Float64Array>();
  return ({ value }) => {
    const known = arrays.get(value) ?? new Float64Array(value.data.length);
    arrays.set(value, known);
    return known;
  };
}

function checkRate(value: unknown, name: string): void {
  if (!(Number.isFinite(value) && (value as number) > 0)) throw invalid("a number > 0", name, value);
}

function checkFraction(value: unknown, name: string): void {
  if (!(typeof value === "number" && value >= 0 && value < 1)) {
    throw invalid("a number from 0 to less than 1", name, value);
  }
}

function checkDecay(value: unknown): void {
  if (!(Number.isFinite(value) && (value as number) >= 0))
    throw invalid("a number >= 0", "weightDecay", value);
}
