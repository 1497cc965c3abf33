// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { readOptions } from "../input/options.ts";
import type { ConvPlan } from "../plan/conv-plan.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import { resolveAxes, resolveAxisPadding } from "../resolve/shape.ts";
import { outputSize } from "../spec/shape.ts";
import { shapeOfRank, type Tensor, type TensorLike } from "../tensor.ts";
import { checkShapes, convNdOperators, convNdOptionNames, type SharedConvOptions } from "./conv-nd.ts";
import { conv2dSpec, planLayer } from "./conv2d.ts";
import type { Operand } from "./pad.ts";

/** The options of conv2d, over one axis. */
export interface Conv1dOptions extends SharedConvOptions {
  /** Step between neighbouring outputs. Default 1. */
  readonly strides?: number;
  /** Padding at both ends, as one number, [before, after], or a rule of conv2d. Default 0. */
  readonly padding?: number | readonly [number, number] | "same" | "valid" | "full";
  /** Distance between neighbouring kernel elements. Default 1. */
  readonly dilations?: number;
}

/** The operators of an {@link Engine} for convolutions over one axis. */
export interface Conv1dOperators {
  /**
   * Computes `conv2d` over one axis: signals [batch, inChannels, length] by weights [outChannels, inChannels / groups,
   * kernelLength] give [batch, outChannels, outLength]. It runs as conv2d on images of height 1, without a copy.
   *
   * Throws INVALID_ARGUMENT, naming the argument, if the operands and options do not fit together.
   */
  conv1d(x: Operand, weights: Operand, options?: Conv1dOptions & RunOptions): Tensor;
  /** Computes `conv1d` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  conv1dAsync(
    x: Operand,
    weights: Operand,
    options?: Conv1dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Prepares a conv1d for many inputs of one shape. Throws the errors of conv1d. */
  planConv1d(inputShape: readonly number[], weights: Operand, options?: Conv1dOptions): ConvPlan;
}

export function conv1dOperators(core: EngineCore): Conv1dOperators {
  const operators = convNdOperators<Conv1dOptions, ConvPlan>(
    3,
    convNdOptionNames,
    (inputShape, filters, options) => planRow(core, inputShape, filters, options),
  );
  return { conv1d: operators.once, conv1dAsync: operators.onceAsync, planConv1d: operators.plan };
}

/** Turns shapes and options of one axis into those of a conv2d of height 1. Throws INVALID_ARGUMENT. */
function resolveRow(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  { strides = 1, padding = 0, dilations = 1, ...shared }: Conv1dOptions,
) {
  checkShapes(inputShape, weightsShape, shared.groups ?? 1);
  const [batch, inChannels, length] = inputShape;
  const [outChannels, groupIn, kernel] = weightsShape;
  const [stride] = resolveAxes(strides, 1, "strides");
  const [dilation] = resolveAxes(dilations, 1, "dilations");
  const [pads] = resolveAxisPadding(padding, [length], [kernel], [stride], [dilation]);
  return {
    inputShape: [batch, inChannels, 1, length],
    weightsShape: [outChannels, groupIn, 1, kernel],
    options: {
      ...shared,
      strides: [1, stride],
      dilations: [1, dilation],
      padding: [0, 0, ...pads],
    } as const,
    outShape: [batch, outChannels, outputSize(length, kernel, stride, dilation, pads)],
  };
}

/** Returns the output shape of a conv1d. Throws INVALID_ARGUMENT as conv1d does. */
export function conv1dOutputShape(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: Conv1dOptions,
): number[] {
  const row = resolveRow(
    shapeOfRank(inputShape, 3, "inputShape"),
    shapeOfRank(weightsShape, 3, "weightsShape"),
    readOptions(options, convNdOptionNames) as Conv1dOptions,
  );
  const { bias: _, ...given } = row.options;
  conv2dSpec(row.inputShape, row.weightsShape, given);
  return row.outShape;
}

function planRow(
  core: EngineCore,
  inputShape: readonly number[],
  { data, shape }: TensorLike,
  options: Conv1dOptions,
): ConvPlan {
  const row = resolveRow(inputShape, shape, options);
  const filters = { data, shape: row.weightsShape };
  const shapes = { input: inputShape, output: row.outShape };
  return planLayer(core, row.inputShape, filters, row.options, shapes) as ConvPlan;
}
