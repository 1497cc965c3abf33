// SPDX-License-Identifier: MIT
import type { EngineCore } from "../core.ts";
import type { AsyncOptions, ConvPlan, RunOptions } from "../plan/plan.ts";
import { resolveAxes, resolveAxisPadding } from "../resolve/shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import {
  type ConvNdPlan,
  checkShapes,
  convNdOperators,
  convNdOptionNames,
  type SharedConvOptions,
} from "./conv-nd.ts";
import { planConv2d } from "./conv2d.ts";
import type { Operand } from "./pad.ts";
import { RowPlan } from "./row-plan.ts";

/** The options of conv2d, over one axis. */
export interface Conv1dOptions extends SharedConvOptions {
  /** Step between neighbouring outputs. Default 1. */
  readonly strides?: number;
  /** On both sides, or [before, after], or by the rules of conv2d. Default 0. */
  readonly padding?: number | readonly [number, number] | "same" | "valid" | "full";
  /** Distance between neighbouring kernel elements. Default 1. */
  readonly dilations?: number;
}

/** What an {@link Engine} offers for convolutions over one axis. */
export interface Conv1dOperators {
  /**
   * `conv2d` over one axis: signals [batch, inChannels, length] by weights [outChannels, inChannels / groups,
   * kernelLength]. Runs as conv2d on images of height 1, without a copy.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  conv1d(x: Operand, weights: Operand, options?: Conv1dOptions & RunOptions): Tensor;
  /** As `conv1d`, off the event loop. */
  conv1dAsync(
    x: Operand,
    weights: Operand,
    options?: Conv1dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Prepares a conv1d for many inputs of one shape. Throws as conv1d does. */
  planConv1d(inputShape: readonly number[], weights: Operand, options?: Conv1dOptions): ConvNdPlan;
}

export function conv1dOperators(core: EngineCore): Conv1dOperators {
  const operators = convNdOperators<Conv1dOptions, Conv1dPlan>(
    3,
    convNdOptionNames,
    (inputShape, filters, options) => new Conv1dPlan(planRow(core, inputShape, filters, options)),
  );
  return { conv1d: operators.once, conv1dAsync: operators.onceAsync, planConv1d: operators.plan };
}

/** Throws INVALID_ARGUMENT. */
function planRow(
  core: EngineCore,
  inputShape: readonly number[],
  { data, shape }: TensorLike,
  { strides = 1, padding = 0, dilations = 1, ...shared }: Conv1dOptions,
): ConvPlan {
  checkShapes(inputShape, shape, shared.groups ?? 1);
  const [batch, inChannels, length] = inputShape;
  const [outChannels, groupIn, kernel] = shape;
  const [stride] = resolveAxes(strides, 1, "strides");
  const [dilation] = resolveAxes(dilations, 1, "dilations");
  const [[before, after]] = resolveAxisPadding(padding, [length], [kernel], [stride], [dilation]);
  return planConv2d(
    core,
    [batch, inChannels, 1, length],
    { data, shape: [outChannels, groupIn, 1, kernel] },
    { ...shared, strides: [1, stride], dilations: [1, dilation], padding: [0, 0, before, after] },
  );
}

class Conv1dPlan extends RowPlan<ConvPlan> implements ConvNdPlan {
  readonly algorithm: ConvPlan["algorithm"];

  constructor(plan: ConvPlan) {
    super(plan);
    this.algorithm = plan.algorithm;
  }
}
