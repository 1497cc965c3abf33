// SPDX-License-Identifier: MIT
import type { EngineCore } from "../core.ts";
import type { AsyncOptions, RunOptions } from "../plan.ts";
import { readOptions } from "../resolve.ts";
import { type Tensor, toTensor } from "../tensor.ts";
import {
  type ConvNdPlan,
  checkInputShape,
  convNdOptionNames,
  convOperands,
  type SharedConvOptions,
} from "./conv-nd.ts";
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
  return {
    conv3d(x, weights, options) {
      const { out, ...given } = readOptions(options, [...convNdOptionNames, "out"]);
      const { input, filters } = convOperands(x, weights, 5);
      const plan = new Conv3dPlan(core, input.shape, filters, given);
      try {
        return plan.run(input, out === undefined ? {} : { out });
      } finally {
        plan.dispose();
      }
    },
    async conv3dAsync(x, weights, options) {
      const names = [...convNdOptionNames, "out", "signal", "transfer"];
      const { out, signal, transfer, ...given } = readOptions(options, names);
      const { input, filters } = convOperands(x, weights, 5);
      const plan = new Conv3dPlan(core, input.shape, filters, given);
      try {
        return await plan.runAsync(input, { signal, transfer, ...(out !== undefined && { out }) });
      } finally {
        plan.dispose();
      }
    },
    planConv3d(inputShape, weights, options) {
      const given = readOptions(options, convNdOptionNames);
      const filters = toTensor(weights, 5, "weights");
      return new Conv3dPlan(core, checkInputShape(inputShape, 5), filters, given);
    },
  };
}
