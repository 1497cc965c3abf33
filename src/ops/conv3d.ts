// SPDX-License-Identifier: MIT
import type { EngineCore } from "../core.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import type { Tensor } from "../tensor.ts";
import { type ConvNdPlan, convNdOperators, convNdOptionNames, type SharedConvOptions } from "./conv-nd.ts";
import { Conv3dPlan } from "./conv3d-plan.ts";
import type { Operand } from "./pad.ts";

type Three<T> = readonly [depth: T, height: T, width: T];

/** The options of conv2d, over three axes. */
export interface Conv3dOptions extends SharedConvOptions {
  /** Steps between neighbouring outputs: one number, or [depth, vertical, horizontal]. Default 1. */
  readonly strides?: number | Three<number>;
  /** One number, [depth, vertical, horizontal], [front, back, top, bottom, left, right], or by the rules of conv2d. Default 0. */
  readonly padding?:
    | number
    | Three<number>
    | readonly [number, number, number, number, number, number]
    | "same"
    | "valid"
    | "full";
  /** Distances between neighbouring kernel elements: one number, or [depth, vertical, horizontal]. Default 1. */
  readonly dilations?: number | Three<number>;
}

/** What an {@link Engine} offers for convolutions over three axes. */
export interface Conv3dOperators {
  /**
   * `conv2d` over three axes: volumes [batch, inChannels, depth, height, width] by weights [outChannels,
   * inChannels / groups, kernelDepth, kernelHeight, kernelWidth].
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  conv3d(x: Operand, weights: Operand, options?: Conv3dOptions & RunOptions): Tensor;
  /** As `conv3d`, off the event loop. */
  conv3dAsync(
    x: Operand,
    weights: Operand,
    options?: Conv3dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Prepares a conv3d for many inputs of one shape. Throws as conv3d does. */
  planConv3d(inputShape: readonly number[], weights: Operand, options?: Conv3dOptions): ConvNdPlan;
}

export function conv3dOperators(core: EngineCore): Conv3dOperators {
  const operators = convNdOperators<Conv3dOptions, ConvNdPlan>(
    5,
    convNdOptionNames,
    (inputShape, filters, options) => new Conv3dPlan(core, inputShape, filters, options),
  );
  return { conv3d: operators.once, conv3dAsync: operators.onceAsync, planConv3d: operators.plan };
}
