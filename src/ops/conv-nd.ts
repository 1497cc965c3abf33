// SPDX-License-Identifier: MIT

// Convolutions over one or three axes run as conv2d, and report errors in their own terms.
import { invalid } from "../errors.ts";
import { type Names, readOptions } from "../input/options.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import { shapeOfRank, type Tensor, type TensorLike, toTensor } from "../tensor.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import { floatOperands } from "./float-operands.ts";
import type { Operand } from "./pad.ts";
import { type Call, runOnce, runOnceAsync } from "./planned.ts";

/** The options of a conv2d that mean the same over any number of axes. */
export type SharedConvOptions = Pick<
  Conv2dOptions,
  "groups" | "border" | "activation" | "bias" | "algorithm" | "accuracy" | "tune"
>;

/** The names of the shared options, and of those that each number of axes has in a form of its own. */
export const convNdOptionNames: Names<
  SharedConvOptions & Pick<Conv2dOptions, "strides" | "padding" | "dilations">
> = {
  ...{ strides: true, padding: true, dilations: true, groups: true, border: true, activation: true },
  ...{ bias: true, algorithm: true, accuracy: true, tune: true },
};

/**
 * Makes the call, its async twin, and the plan of an operator. `make` prepares it for operands of `rank` dimensions and
 * options of the given names.
 */
export function convNdOperators<O extends object, P extends Call["plan"]>(
  rank: number,
  optionNames: Names<O>,
  make: (inputShape: readonly number[], filters: TensorLike, options: O) => P,
) {
  const call = (x: Operand, weights: Operand) => (given: O) => {
    const [input, filters] = floatOperands(x, "x", weights, "weights", rank);
    return { plan: make(input.shape, filters, given), operands: [input] };
  };
  return {
    once: (x: Operand, weights: Operand, options?: O & RunOptions): Tensor =>
      runOnce<O>(optionNames, options, call(x, weights)),
    onceAsync: (x: Operand, weights: Operand, options?: O & RunOptions & AsyncOptions): Promise<Tensor> =>
      runOnceAsync<O>(optionNames, options, call(x, weights)),
    plan(inputShape: readonly number[], weights: Operand, options?: O): P {
      const given = readOptions<object>(options, optionNames);
      const filters = toTensor(weights, rank, "weights");
      return make(shapeOfRank(inputShape, rank, "inputShape"), filters, given as O);
    },
  };
}

/**
 * Checks what conv2d would report in terms of two axes. Throws INVALID_ARGUMENT.
 *
 * @param inputShape [batch, channels, ...sizes]
 */
export function checkShapes(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  groups: unknown,
): void {
  checkSizes(inputShape, weightsShape);
  const channels = inputShape[1];
  if (
    typeof groups === "number" &&
    Number.isInteger(channels / groups) &&
    weightsShape[1] * groups !== channels
  ) {
    throw invalid(
      `${channels / groups} input channels (${channels} / ${groups} groups)`,
      "weights.shape[1]",
      weightsShape,
    );
  }
}

/** Checks the sizes that every operator needs. Throws INVALID_ARGUMENT. */
export function checkSizes(inputShape: readonly number[], weightsShape: readonly number[]): void {
  if (inputShape.slice(1).some((size) => size < 1))
    throw invalid("sizes of at least 1 after the batch", "x.shape", inputShape);
  if (weightsShape.some((size) => size < 1))
    throw invalid("sizes of at least 1", "weights.shape", weightsShape);
}
