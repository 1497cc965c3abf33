// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { invalid } from "../errors.ts";
import { type Names, readOptions } from "../input/options.ts";
import type { ConvTransposePlan } from "../plan/adjoint-plan.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import { resolveAxes, resolveAxisPadding } from "../resolve/shape.ts";
import { checkOutputPadding } from "../resolve/transposed.ts";
import type { ConvSpec } from "../spec/convolution.ts";
import { shapeOfRank, type Tensor, type TensorLike } from "../tensor.ts";
import { checkSizes, convNdOperators } from "./conv-nd.ts";
import {
  type ConvTranspose2dOptions,
  convTranspose2dOutputShape,
  planTransposed,
} from "./conv-transpose2d.ts";
import type { Operand } from "./pad.ts";

/** The options of convTranspose2d, over one axis. */
export interface ConvTranspose1dOptions
  extends Pick<ConvTranspose2dOptions, "groups" | "border" | "activation" | "bias" | "accuracy"> {
  /** Step of the convolution that is transposed. Default 1. */
  readonly strides?: number;
  /** How much is cropped from the full result: one number for both ends, [before, after], or a rule. Default 0. */
  readonly padding?: number | readonly [number, number] | "valid" | "full";
  /** Elements added to the end of the output. Must be less than the stride or the dilation. Default 0. */
  readonly outputPadding?: number;
  /** Distance between neighbouring kernel elements. Default 1. */
  readonly dilations?: number;
}

/** Transposed convolution over one axis. */
export interface ConvTranspose1dOperators {
  /**
   * Computes `convTranspose2d` over one axis: signals [batch, inChannels, length] by weights [inChannels, outChannels /
   * groups, kernelLength] give [batch, outChannels, outLength] with
   *
   *     outLength = (length - 1) * strides - before - after + (kernelLength - 1) * dilations + outputPadding + 1
   *
   * It runs as convTranspose2d on images of height 1, without a copy.
   *
   * Throws INVALID_ARGUMENT, naming the argument, if the operands and options do not fit together.
   */
  convTranspose1d(x: Operand, weights: Operand, options?: ConvTranspose1dOptions & RunOptions): Tensor;
  /**
   * Computes `convTranspose1d` off the event loop. Rejects with its errors, and with `signal.reason` after an abort.
   */
  convTranspose1dAsync(
    x: Operand,
    weights: Operand,
    options?: ConvTranspose1dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Prepares a convTranspose1d for many inputs of one shape. Throws the errors of convTranspose1d. */
  planConvTranspose1d(
    inputShape: readonly number[],
    weights: Operand,
    options?: ConvTranspose1dOptions,
  ): ConvTransposePlan;
}

const optionNames: Names<ConvTranspose1dOptions> = {
  ...{ strides: true, padding: true, outputPadding: true, dilations: true, groups: true },
  ...{ border: true, activation: true, bias: true, accuracy: true },
};

export function convTranspose1dOperators(core: EngineCore): ConvTranspose1dOperators {
  const operators = convNdOperators<ConvTranspose1dOptions, ConvTransposePlan>(
    3,
    optionNames,
    (inputShape, filters, options) => planRow(core, inputShape, filters, options),
  );
  return {
    convTranspose1d: operators.once,
    convTranspose1dAsync: operators.onceAsync,
    planConvTranspose1d: operators.plan,
  };
}

/** Turns shapes and options of one axis into those of a convTranspose2d of height 1. Throws INVALID_ARGUMENT. */
function resolveRow(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  { strides = 1, padding = 0, outputPadding = 0, dilations = 1, ...shared }: ConvTranspose1dOptions,
) {
  checkSizes(inputShape, weightsShape);
  const [batch, inChannels, length] = inputShape;
  const [weightsIn, groupOut, kernel] = weightsShape;
  if (weightsIn !== inChannels)
    throw invalid(`${inChannels} input channels`, "weights.shape[0]", weightsShape);
  const [stride] = resolveAxes(strides, 1, "strides");
  const [dilation] = resolveAxes(dilations, 1, "dilations");
  checkOutputPadding(outputPadding, stride, dilation, "outputPadding");
  const rules = ["valid", "full"];
  const [pads] = resolveAxisPadding(padding, [length], [kernel], [stride], [dilation], rules);
  return {
    inputShape: [batch, inChannels, 1, length],
    weightsShape: [inChannels, groupOut, 1, kernel],
    options: {
      ...shared,
      strides: [1, stride],
      dilations: [1, dilation],
      padding: [0, 0, ...pads],
      outputPadding: [0, outputPadding],
    } as const,
  };
}

/** Returns the output shape of a convTranspose1d. Throws INVALID_ARGUMENT as convTranspose1d does. */
export function convTranspose1dOutputShape(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: ConvTranspose1dOptions,
): number[] {
  const row = resolveRow(
    shapeOfRank(inputShape, 3, "inputShape"),
    shapeOfRank(weightsShape, 3, "weightsShape"),
    readOptions(options, optionNames) as ConvTranspose1dOptions,
  );
  const [batch, channels, , length] = convTranspose2dOutputShape(
    row.inputShape,
    row.weightsShape,
    row.options,
  );
  return [batch, channels, length];
}

function planRow(
  core: EngineCore,
  inputShape: readonly number[],
  { data, shape }: TensorLike,
  options: ConvTranspose1dOptions,
): ConvTransposePlan {
  const row = resolveRow(inputShape, shape, options);
  const filters = { data, shape: row.weightsShape };
  const shapesOf = (spec: ConvSpec) => ({
    input: inputShape,
    output: [spec.batch, spec.inChannels, spec.inWidth],
  });
  return planTransposed(core, row.inputShape, filters, row.options, shapesOf);
}
