// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import type { ConvTransposePlan } from "../plan/adjoint-plan.ts";
import type { GradWeightsPlan } from "../plan/grad-weights-plan.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import type { NestedArray, Tensor, TensorLike } from "../tensor.ts";
import {
  type Conv2dGradientOptions,
  conv2dGradBias,
  conv2dGradInput,
  conv2dGradInputAsync,
  conv2dGradWeights,
  conv2dGradWeightsAsync,
  type PlanGradWeightsOptions,
  planConv2dGradInput,
  planConv2dGradWeights,
} from "./gradients.ts";

type Operand = TensorLike | NestedArray;

/** Gradients of conv2d. */
export interface GradientOperators {
  /**
   * The gradient of a conv2d's input: the sum over all outputs of `gradOutput` times what each element of the input
   * contributes to it. Takes the shape of that input, the weights, the gradient of the output (which has the shape of
   * the convolution's output), and the options of the convolution. With a border other than "constant", what the border
   * contributes goes to the elements that it was copied from.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  conv2dGradInput(
    inputShape: readonly number[],
    weights: Operand,
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions,
  ): Tensor;
  /** Prepares a conv2dGradInput for many gradients. Throws as that does. */
  planConv2dGradInput(
    inputShape: readonly number[],
    weights: Operand,
    options?: Conv2dGradientOptions,
  ): ConvTransposePlan;
  /**
   * The gradient of a conv2d's weights, summed over the batch: a tensor of `weightsShape`, which is in the order of
   * `filterLayout`. Takes the convolution's input and the gradient of its output.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  conv2dGradWeights(
    x: Operand,
    weightsShape: readonly number[],
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions,
  ): Tensor;
  /** Prepares a conv2dGradWeights for many inputs and gradients. Throws as that does. */
  planConv2dGradWeights(
    inputShape: readonly number[],
    weightsShape: readonly number[],
    options?: PlanGradWeightsOptions,
  ): GradWeightsPlan;
  /**
   * The gradient of a conv2d's bias: `gradOutput` summed over batch, height and width, in float64. It reads each element
   * once, which is less than an asynchronous call does before it returns: there is no such twin.
   *
   * Throws INVALID_ARGUMENT as conv2dGradInput does.
   */
  conv2dGradBias(gradOutput: Operand, options?: Conv2dGradientOptions & RunOptions): Tensor;
  /** As `conv2dGradInput`, off the event loop. */
  conv2dGradInputAsync(
    inputShape: readonly number[],
    weights: Operand,
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** As `conv2dGradWeights`, off the event loop. `transfer` takes over `gradOutput`; the input is copied. */
  conv2dGradWeightsAsync(
    x: Operand,
    weightsShape: readonly number[],
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

export function gradientOperators(core: EngineCore): GradientOperators {
  return {
    conv2dGradInput: (inputShape, weights, gradOutput, options) =>
      conv2dGradInput(core, inputShape, weights, gradOutput, options),
    planConv2dGradInput: (inputShape, weights, options) =>
      planConv2dGradInput(core, inputShape, weights, options),
    conv2dGradWeights: (x, weightsShape, gradOutput, options) =>
      conv2dGradWeights(core, x, weightsShape, gradOutput, options),
    planConv2dGradWeights: (inputShape, weightsShape, options) =>
      planConv2dGradWeights(core, inputShape, weightsShape, options),
    conv2dGradBias: (gradOutput, options) => conv2dGradBias(core, gradOutput, options),
    conv2dGradInputAsync: (inputShape, weights, gradOutput, options) =>
      conv2dGradInputAsync(core, inputShape, weights, gradOutput, options),
    conv2dGradWeightsAsync: (x, weightsShape, gradOutput, options) =>
      conv2dGradWeightsAsync(core, x, weightsShape, gradOutput, options),
  };
}
