// SPDX-License-Identifier: MIT
import type { EngineCore } from "../core.ts";
import type { ByteArray, FloatArray } from "../dtype.ts";
import type { AsyncOptions, ConvPlan, RunOptions } from "../plan.ts";
import type { NestedArray, Tensor, TensorLike } from "../tensor.ts";
import { type Conv2dOptions, conv2d, conv2dAsync, type IntegerConv2dOptions, planConv2d } from "./conv2d.ts";
import type { IntegerOutput } from "./integer-output.ts";

type Operand = TensorLike | NestedArray;
type Bytes = TensorLike<ByteArray>;
/** Beside int8 those of a designed kernel, which have to be whole. */
type IntegerWeights = TensorLike<Int8Array | FloatArray> | NestedArray;

/** Convolution layers. */
export interface Conv2dOperators {
  /**
   * A convolution layer: batches of images with channels, [batch, inChannels, height, width] in the order of
   * `inputLayout`, by weights [outChannels, inChannels / groups, kernelHeight, kernelWidth] in the order of
   * `filterLayout`. The kernel is not flipped. Weights are packed anew in every call; `planConv2d` does it once.
   *
   * Input of uint8 or int8 takes weights of int8 (symmetric: their zero is 0) and sums exactly in int32, the same bits
   * on every backend. It gives the int32 sums, which wrap around; or, with a `scale`, float32; or, with an
   * `outputDtype`, int8 or uint8. See {@link ConvSpec}.
   *
   * Weights that are the `data` of a designed kernel take the element type of `x`, as in `corr2d`.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  conv2d<O extends IntegerConv2dOptions & RunOptions<IntegerOutput<O>> = Record<never, never>>(
    x: Bytes,
    weights: IntegerWeights,
    options?: O,
  ): Tensor<IntegerOutput<O>>;
  conv2d(x: Operand, weights: Operand, options?: Conv2dOptions & RunOptions): Tensor;
  /** Prepares a conv2d for many inputs of one shape. Throws as conv2d does. */
  planConv2d<O extends IntegerConv2dOptions = Record<never, never>>(
    inputShape: readonly number[],
    weights: TensorLike<Int8Array>,
    options?: O,
  ): ConvPlan<ByteArray, IntegerOutput<O>>;
  /** The same with weights of a designed kernel, for an input whose element type is named. */
  planConv2d<O extends IntegerConv2dOptions & { readonly inputDtype: "int8" | "uint8" }>(
    inputShape: readonly number[],
    weights: TensorLike<FloatArray>,
    options: O,
  ): ConvPlan<ByteArray, IntegerOutput<O>>;
  planConv2d(inputShape: readonly number[], weights: Operand, options?: Conv2dOptions): ConvPlan;
  /** As `conv2d`, off the event loop. */
  conv2dAsync<
    O extends IntegerConv2dOptions & RunOptions<IntegerOutput<O>> & AsyncOptions = Record<never, never>,
  >(x: Bytes, weights: IntegerWeights, options?: O): Promise<Tensor<IntegerOutput<O>>>;
  conv2dAsync(
    x: Operand,
    weights: Operand,
    options?: Conv2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

// `never` stands for the operands of whichever overload is called.

export function conv2dOperators(core: EngineCore): Conv2dOperators {
  return {
    conv2d: ((x: never, weights: never, options: never) =>
      conv2d(core, x, weights, options)) as Conv2dOperators["conv2d"],
    planConv2d: ((inputShape: never, weights: never, options: never) =>
      planConv2d(core, inputShape, weights, options)) as Conv2dOperators["planConv2d"],
    conv2dAsync: ((x: never, weights: never, options: never) =>
      conv2dAsync(core, x, weights, options)) as Conv2dOperators["conv2dAsync"],
  };
}
