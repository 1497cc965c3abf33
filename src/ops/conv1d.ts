// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import type { FloatArray } from "../dtype.ts";
import type { AsyncOptions, ConvPlan, RunOptions } from "../plan.ts";
import { readOptions } from "../resolve.ts";
import { resolveAxes, resolveAxisPadding } from "../shape.ts";
import { type Tensor, type TensorLike, toTensor } from "../tensor.ts";
import {
  type ConvNdPlan,
  checkInputShape,
  checkShapes,
  convNdOptionNames,
  convOperands,
  elementsOf,
  resultOf,
  type SharedConvOptions,
} from "./conv-nd.ts";
import { planConv2d } from "./conv2d.ts";
import type { Operand } from "./pad.ts";

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
  return {
    conv1d(x, weights, options) {
      const { out, ...given } = readOptions(options, [...convNdOptionNames, "out"]);
      const { input, filters } = convOperands(x, weights, 3);
      const plan = new Conv1dPlan(core, input.shape, filters, given);
      try {
        return plan.run(input, out === undefined ? {} : { out });
      } finally {
        plan.dispose();
      }
    },
    async conv1dAsync(x, weights, options) {
      const names = [...convNdOptionNames, "out", "signal", "transfer"];
      const { out, signal, transfer, ...given } = readOptions(options, names);
      const { input, filters } = convOperands(x, weights, 3);
      const plan = new Conv1dPlan(core, input.shape, filters, given);
      try {
        return await plan.runAsync(input, { signal, transfer, ...(out !== undefined && { out }) });
      } finally {
        plan.dispose();
      }
    },
    planConv1d(inputShape, weights, options) {
      const given = readOptions(options, convNdOptionNames);
      const filters = toTensor(weights, 3, "weights");
      return new Conv1dPlan(core, checkInputShape(inputShape, 3), filters, given);
    },
  };
}

/** A plan of conv2d on images of height 1. */
class Conv1dPlan implements ConvNdPlan {
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly algorithm: ConvPlan["algorithm"];
  readonly backend: ConvPlan["backend"];
  readonly #plan: ConvPlan;

  constructor(
    core: EngineCore,
    inputShape: readonly number[],
    { data, shape }: TensorLike,
    { strides = 1, padding = 0, dilations = 1, ...shared }: Conv1dOptions,
  ) {
    checkShapes(inputShape, shape, shared.groups ?? 1);
    const [batch, inChannels, length] = inputShape;
    const [outChannels, groupIn, kernel] = shape;
    const [stride] = resolveAxes(strides, 1, "strides");
    const [dilation] = resolveAxes(dilations, 1, "dilations");
    const [[before, after]] = resolveAxisPadding(padding, [length], [kernel], [stride], [dilation]);
    this.#plan = planConv2d(
      core,
      [batch, inChannels, 1, length],
      { data, shape: [outChannels, groupIn, 1, kernel] },
      { ...shared, strides: [1, stride], dilations: [1, dilation], padding: [0, 0, before, after] },
    );
    const [, , , outLength] = this.#plan.outputShape;
    this.inputShape = Object.freeze([...inputShape]);
    this.outputShape = Object.freeze([batch, outChannels, outLength]);
    this.algorithm = this.#plan.algorithm;
    this.backend = this.#plan.backend;
  }

  run(x: TensorLike | FloatArray, options: RunOptions = {}): Tensor {
    const { out } = options;
    const input = elementsOf(x, this.inputShape, "x");
    const output = this.#plan.run(input, this.#outOf(out));
    return resultOf(output.data, this.outputShape, out);
  }

  async runAsync(x: TensorLike | FloatArray, options: RunOptions & AsyncOptions = {}): Promise<Tensor> {
    const { out, signal, transfer } = options;
    const input = elementsOf(x, this.inputShape, "x");
    const output = await this.#plan.runAsync(input, { signal, transfer, ...this.#outOf(out) });
    return resultOf(output.data, this.outputShape, out);
  }

  explain(): string {
    return this.#plan.explain();
  }

  dispose(): void {
    this.#plan.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #outOf(out: RunOptions["out"]): RunOptions {
    return out === undefined ? {} : { out: elementsOf(out, this.outputShape, "out") };
  }
}
