// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import type { ConvTransposePlan } from "../plan/adjoint-plan.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import type { NestedArray, Tensor, TensorLike } from "../tensor.ts";
import {
  type ConvTranspose2dOptions,
  convTranspose2d,
  convTranspose2dAsync,
  planConvTranspose2d,
} from "./conv-transpose2d.ts";

type Operand = TensorLike | NestedArray;

/** Transposed convolution. */
export interface ConvTranspose2dOperators {
  /**
   * Transposed convolution, the adjoint of a conv2d with the same options: batches [batch, inChannels, height, width] in
   * the order of `inputLayout`, by weights [inChannels, outChannels / groups, kernelHeight, kernelWidth] in the order of
   * `filterLayout` (by default as in PyTorch), give [batch, outChannels, outHeight, outWidth] with
   *
   *     outHeight = (height - 1) * strideY - padTop - padBottom + (kernelHeight - 1) * dilationY + outputPaddingY + 1
   *
   * With a border other than "constant", padding is not cut off but added to the elements that such a border would have
   * been copied from. Bias and activation come last.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  convTranspose2d(x: Operand, weights: Operand, options?: ConvTranspose2dOptions & RunOptions): Tensor;
  /** Prepares a convTranspose2d for many inputs of one shape. Throws as that does. */
  planConvTranspose2d(
    inputShape: readonly number[],
    weights: Operand,
    options?: ConvTranspose2dOptions,
  ): ConvTransposePlan;
  /** As `convTranspose2d`, off the event loop. */
  convTranspose2dAsync(
    x: Operand,
    weights: Operand,
    options?: ConvTranspose2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

export function convTranspose2dOperators(core: EngineCore): ConvTranspose2dOperators {
  return {
    convTranspose2d: (x, weights, options) => convTranspose2d(core, x, weights, options),
    planConvTranspose2d: (inputShape, weights, options) =>
      planConvTranspose2d(core, inputShape, weights, options),
    convTranspose2dAsync: (x, weights, options) => convTranspose2dAsync(core, x, weights, options),
  };
}
