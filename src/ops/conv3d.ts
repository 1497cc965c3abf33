// SPDX-License-Identifier: MIT
import type { EngineCore } from "../core.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import type { Tensor } from "../tensor.ts";
import { convNdOperators, convNdOptionNames } from "./conv-nd.ts";
import { type Conv3dOptions, type Conv3dPlan, planVolumes } from "./conv3d-plan.ts";
import type { Operand } from "./pad.ts";

/** The operators of an {@link Engine} for convolutions over three axes. */
export interface Conv3dOperators {
  /**
   * Computes `conv2d` over three axes: volumes [batch, inChannels, depth, height, width] by weights [outChannels,
   * inChannels / groups, kernelDepth, kernelHeight, kernelWidth] give [batch, outChannels, outDepth, outHeight,
   * outWidth].
   *
   * Throws INVALID_ARGUMENT, naming the argument, if the operands and options do not fit together.
   */
  conv3d(x: Operand, weights: Operand, options?: Conv3dOptions & RunOptions): Tensor;
  /** Computes `conv3d` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  conv3dAsync(
    x: Operand,
    weights: Operand,
    options?: Conv3dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Prepares a conv3d for many inputs of one shape. Throws the errors of conv3d. */
  planConv3d(inputShape: readonly number[], weights: Operand, options?: Conv3dOptions): Conv3dPlan;
}

export function conv3dOperators(core: EngineCore): Conv3dOperators {
  const operators = convNdOperators<Conv3dOptions, Conv3dPlan>(
    5,
    convNdOptionNames,
    (inputShape, filters, options) => planVolumes(core, inputShape, filters, options),
  );
  return { conv3d: operators.once, conv3dAsync: operators.onceAsync, planConv3d: operators.plan };
}
