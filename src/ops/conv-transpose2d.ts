// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { dtypeOf } from "../dtype.ts";
import { type Names, readOptions } from "../input/options.ts";
import { ConvTransposePlan } from "../plan/adjoint-plan.ts";
import type { PlanShapes } from "../plan/conv-plan.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import { resolveChoice } from "../resolve/convolution.ts";
import { type ConvTransposeOptions, resolveConvTransposeSpec } from "../resolve/transposed.ts";
import { type ConvSpec, inputShapeOf } from "../spec/convolution.ts";
import { toOihw } from "../spec/filter-layout.ts";
import { type NestedArray, shapeOfRank, type Tensor, type TensorLike, toTensor } from "../tensor.ts";
import { type Conv2dOptions, readBias } from "./conv2d.ts";
import { floatOperands } from "./float-operands.ts";
import { runOnce, runOnceAsync } from "./planned.ts";

export interface ConvTranspose2dOptions extends ConvTransposeOptions {
  /** One number for each output channel. Default zeros. */
  readonly bias?: Conv2dOptions["bias"];
}

type Operand = TensorLike | NestedArray;

const optionNames: Names<ConvTranspose2dOptions> = {
  ...{ bias: true, strides: true, padding: true, outputPadding: true, dilations: true, groups: true },
  ...{ border: true, inputLayout: true, filterLayout: true, activation: true, accuracy: true },
};

/** The operators of transposed convolution. */
export interface ConvTranspose2dOperators {
  /**
   * Computes a transposed convolution, the adjoint of a conv2d with the same options. Batches [batch, inChannels,
   * height, width] in the order of `inputLayout`, by weights [inChannels, outChannels / groups, kernelHeight,
   * kernelWidth] in the order of `filterLayout` (by default PyTorch's), give [batch, outChannels, outHeight, outWidth]
   * with
   *
   *     outHeight = (height - 1) * strideY - padTop - padBottom + (kernelHeight - 1) * dilationY + outputPaddingY + 1
   *
   * Padding is cropped with the border "constant". With any other border it is added to the elements that such a border
   * would have been copied from. Bias and activation come last.
   *
   * Throws INVALID_ARGUMENT, naming the argument, if the operands and options do not fit together.
   */
  convTranspose2d(x: Operand, weights: Operand, options?: ConvTranspose2dOptions & RunOptions): Tensor;
  /** Prepares a convTranspose2d for many inputs of one shape. Throws the errors of convTranspose2d. */
  planConvTranspose2d(
    inputShape: readonly number[],
    weights: Operand,
    options?: ConvTranspose2dOptions,
  ): ConvTransposePlan;
  /**
   * Computes `convTranspose2d` off the event loop. Rejects with its errors, and with `signal.reason` after an abort.
   */
  convTranspose2dAsync(
    x: Operand,
    weights: Operand,
    options?: ConvTranspose2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

export function convTranspose2dOperators(core: EngineCore): ConvTranspose2dOperators {
  const call = (x: Operand, weights: Operand) => (given: ConvTranspose2dOptions) => {
    const [input, filters] = floatOperands(x, "x", weights, "weights");
    return { plan: planTransposed(core, input.shape, filters, given), operands: [input] };
  };
  return {
    convTranspose2d: (x, weights, options) => runOnce(optionNames, options, call(x, weights)),
    convTranspose2dAsync: (x, weights, options) => runOnceAsync(optionNames, options, call(x, weights)),
    planConvTranspose2d: (inputShape, weights, options) => {
      const given = readOptions(options, optionNames);
      const filters = toTensor(weights, 4, "weights");
      return planTransposed(core, shapeOfRank(inputShape, 4, "inputShape"), filters, given);
    },
  };
}

/** Returns the output shape of a convTranspose2d in the order of its layout. Throws INVALID_ARGUMENT as it does. */
export function convTranspose2dOutputShape(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: ConvTranspose2dOptions,
): number[] {
  const { bias: _, accuracy: __, ...given } = readOptions(options, optionNames);
  const input = shapeOfRank(inputShape, 4, "inputShape");
  const weights = shapeOfRank(weightsShape, 4, "weightsShape");
  return inputShapeOf(resolveConvTransposeSpec(input, weights, "float32", given));
}

/**
 * Plans a transposed convolution for inputs of four sizes; `shapes` gives the shapes that callers see if they differ.
 */
export function planTransposed(
  core: EngineCore,
  inputShape: readonly number[],
  filters: TensorLike,
  options: ConvTranspose2dOptions,
  shapes?: (spec: ConvSpec) => PlanShapes,
): ConvTransposePlan {
  const dtype = dtypeOf(filters.data, "weights.data");
  const spec = resolveConvTransposeSpec(inputShape, filters.shape, dtype, options);
  // The input channels of a transposed convolution are the output channels of the convolution.
  const swapped = { i: "o", o: "i", h: "h", w: "w" };
  const layout = [...(options.filterLayout ?? "iohw")].map((axis) => swapped[axis as keyof typeof swapped]);
  const weights = toOihw(filters, layout.join(""));
  const bias = readBias(options.bias, { dtype, outChannels: spec.inChannels });
  const choice = resolveChoice({ accuracy: options.accuracy });
  return new ConvTransposePlan(core, spec, { weights, bias }, choice, "x", shapes?.(spec));
}
