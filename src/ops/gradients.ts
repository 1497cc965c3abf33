// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { allocate, dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { plain } from "../input/arrays.ts";
import { checkOneOf, type Names, readOptions } from "../input/options.ts";
import { ConvTransposePlan } from "../plan/adjoint-plan.ts";
import { GradWeightsPlan } from "../plan/grad-weights-plan.ts";
import { elementsOf, planOperand } from "../plan/operands.ts";
import { type AsyncOptions, type RunOptions, runOptionNames } from "../plan/plan.ts";
import { backendFor } from "../plan/planning.ts";
import { convOptionNames, resolveChoice, resolveConvSpec } from "../resolve/convolution.ts";
import { type ConvSpec, multiplyAdds } from "../spec/convolution.ts";
import { toOihw } from "../spec/filter-layout.ts";
import { inputLayouts } from "../spec/layout.ts";
import { type NestedArray, shapeOfRank, Tensor, type TensorLike, toTensor } from "../tensor.ts";
import { type Conv2dOptions, readBias } from "./conv2d.ts";
import { floatOperands } from "./float-operands.ts";
import { runOnce, runOnceAsync } from "./planned.ts";

/**
 * The options of the convolution whose gradients are computed, so that one object serves all four calls. Only the
 * activation "none" is accepted: callers apply an activation's gradient to `gradOutput` themselves. The bias changes no
 * gradient.
 */
export type Conv2dGradientOptions = Conv2dOptions;

type Operand = TensorLike | NestedArray;

const gradientOptionNames: Names<Conv2dGradientOptions> = { ...convOptionNames, bias: true };

/** The options of `planConv2dGradWeights`, which sees no elements that tell their type. */
export interface PlanGradWeightsOptions extends Conv2dGradientOptions {
  /** The element type of all tensors. Default "float32". */
  readonly dtype?: FloatDType;
}

const planOptionNames: Names<PlanGradWeightsOptions> = { ...gradientOptionNames, dtype: true };

/** The operators of an {@link Engine} for gradients of conv2d. */
export interface GradientOperators {
  /**
   * Computes the gradient of a conv2d's input: for each element of the input, the sum over all outputs of `gradOutput`
   * times the weight that connects the two. Takes the shape of the input, the weights, the gradient of the output
   * (which has the output's shape), and the options of the convolution. Returns a tensor of `inputShape`. With a border
   * other than "constant", padding's gradient is added to the elements that the padding was copied from.
   *
   * Throws INVALID_ARGUMENT, naming the argument, if the operands and options do not fit together.
   */
  conv2dGradInput(
    inputShape: readonly number[],
    weights: Operand,
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions,
  ): Tensor;
  /** Prepares a conv2dGradInput for many gradients. Throws the errors of conv2dGradInput. */
  planConv2dGradInput(
    inputShape: readonly number[],
    weights: Operand,
    options?: Conv2dGradientOptions,
  ): ConvTransposePlan;
  /**
   * Computes the gradient of a conv2d's weights, summed over the batch, from the convolution's input and the gradient
   * of its output. Returns a tensor of `weightsShape`, which is in the order of `filterLayout`.
   *
   * Throws INVALID_ARGUMENT, naming the argument, if the operands and options do not fit together.
   */
  conv2dGradWeights(
    x: Operand,
    weightsShape: readonly number[],
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions,
  ): Tensor;
  /** Prepares a conv2dGradWeights for many inputs and gradients. Throws the errors of conv2dGradWeights. */
  planConv2dGradWeights(
    inputShape: readonly number[],
    weightsShape: readonly number[],
    options?: PlanGradWeightsOptions,
  ): GradWeightsPlan;
  /**
   * Computes the gradient of a conv2d's bias: `gradOutput` summed over batch, height and width, in float64. Returns a
   * tensor [outChannels]. There is no async twin, as copying the operand would take longer than the sum.
   *
   * Throws INVALID_ARGUMENT as conv2dGradInput does.
   */
  conv2dGradBias(gradOutput: Operand, options?: Conv2dGradientOptions & RunOptions): Tensor;
  /**
   * Computes `conv2dGradInput` off the event loop. Rejects with its errors, and with `signal.reason` after an abort.
   */
  conv2dGradInputAsync(
    inputShape: readonly number[],
    weights: Operand,
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /**
   * Computes `conv2dGradWeights` off the event loop. Rejects with its errors, and with `signal.reason` after an abort.
   */
  conv2dGradWeightsAsync(
    x: Operand,
    weightsShape: readonly number[],
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

export function gradientOperators(core: EngineCore): GradientOperators {
  const gradInput =
    (inputShape: readonly number[], weights: Operand, gradOutput: Operand) =>
    (given: Conv2dGradientOptions) => {
      const [filters, gradient] = floatOperands(weights, "weights", gradOutput, "gradOutput");
      return { plan: planGradInput(core, inputShape, filters, given), operands: [gradient] };
    };
  const gradWeights =
    (x: Operand, weightsShape: readonly number[], gradOutput: Operand) => (given: Conv2dGradientOptions) => {
      const [input, gradient] = floatOperands(x, "x", gradOutput, "gradOutput");
      const dtype = dtypeOf(input.data, "x.data");
      return {
        plan: planGradWeights(core, input.shape, dtype, weightsShape, given),
        operands: [input, gradient],
      };
    };
  return {
    conv2dGradInput: (inputShape, weights, gradOutput, options) =>
      runOnce(gradientOptionNames, options, gradInput(inputShape, weights, gradOutput)),
    conv2dGradInputAsync: (inputShape, weights, gradOutput, options) =>
      runOnceAsync(gradientOptionNames, options, gradInput(inputShape, weights, gradOutput)),
    planConv2dGradInput: (inputShape, weights, options) => {
      const given = readOptions(options, gradientOptionNames);
      return planGradInput(core, inputShape, toTensor(weights, 4, "weights"), given);
    },
    conv2dGradWeights: (x, weightsShape, gradOutput, options) =>
      runOnce(gradientOptionNames, options, gradWeights(x, weightsShape, gradOutput)),
    conv2dGradWeightsAsync: (x, weightsShape, gradOutput, options) =>
      runOnceAsync(gradientOptionNames, options, gradWeights(x, weightsShape, gradOutput)),
    planConv2dGradWeights: (inputShape, weightsShape, options) => {
      const { dtype = "float32", ...given } = readOptions(options, planOptionNames);
      checkOneOf(dtype, ["float32", "float64"], "dtype");
      return planGradWeights(core, shapeOfRank(inputShape, 4, "inputShape"), dtype, weightsShape, given);
    },
    conv2dGradBias: (gradOutput, options) => conv2dGradBias(core, gradOutput, options),
  };
}

function planGradInput(
  core: EngineCore,
  inputShape: readonly number[],
  filters: TensorLike,
  options: Conv2dGradientOptions,
): ConvTransposePlan {
  const shape = shapeOfRank(inputShape, 4, "inputShape");
  const dtype = dtypeOf(filters.data, "weights.data");
  const spec = resolveGradient(shape, filters.shape, dtype, options, {
    name: "weights",
    shape: filters.shape,
  });
  const weights = toOihw(filters, options.filterLayout ?? "oihw");
  const constants = { weights, bias: null };
  return new ConvTransposePlan(core, spec, constants, resolveChoice(options), "gradOutput");
}

function planGradWeights(
  core: EngineCore,
  inputShape: readonly number[],
  dtype: FloatDType,
  weightsShape: readonly number[],
  options: Conv2dGradientOptions,
): GradWeightsPlan {
  const shape = shapeOfRank(weightsShape, 4, "weightsShape");
  if (resolveChoice(options).algorithm !== "auto")
    throw invalid('"auto", as gradients of weights are computed one way,', "algorithm", options.algorithm);
  const spec = resolveGradient(inputShape, shape, dtype, options, { name: "weightsShape", shape });
  const backend = backendFor(core, multiplyAdds(spec));
  return new GradWeightsPlan(backend, spec, options.filterLayout ?? "oihw", shape, core.assertOpen);
}

/** Resolves the convolution's spec. Throws INVALID_ARGUMENT also for options that its gradients cannot honour. */
function resolveGradient(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  dtype: FloatDType,
  options: Conv2dGradientOptions,
  kernel: { readonly name: string; readonly shape: readonly number[] },
): ConvSpec {
  const spec = resolveConvSpec(inputShape, weightsShape, dtype, options, kernel);
  if (spec.activation.kind !== "none")
    throw invalid(
      '"none", as its gradient is applied to gradOutput before,',
      "activation",
      options.activation,
    );
  readBias(options.bias, { dtype, outChannels: spec.outChannels });
  return spec;
}

function conv2dGradBias(
  core: EngineCore,
  gradOutput: Operand,
  options?: Conv2dGradientOptions & RunOptions,
): Tensor {
  core.assertOpen();
  const { out, ...given } = readOptions(options, gradientOptionNames, runOptionNames);
  const { inputLayout = "nchw" } = given;
  const isPlanar = checkOneOf(inputLayout, inputLayouts, "inputLayout") === "nchw";
  const { data, shape } = toTensor(gradOutput, 4, "gradOutput");
  const dtype = dtypeOf(data, "gradOutput.data");
  const channels = shape[isPlanar ? 1 : 3];
  const sums = new Float64Array(channels);
  if (isPlanar) addPlanes(data, channels, shape[2] * shape[3], sums);
  else addPixels(data, channels, sums);
  const target =
    out === undefined
      ? allocate(dtype, channels)
      : (elementsOf(out, planOperand("out", dtype, [channels], "as gradOutput has"), true) as FloatArray);
  plain(target, dtype).set(sums);
  return out instanceof Tensor ? out : new Tensor(target, [channels]);
}

/** Adds up each plane in four separate sums, as a single one would wait for each addition. */
function addPlanes(data: FloatArray, channels: number, pixels: number, sums: Float64Array): void {
  const quads = pixels - (pixels % 4);
  for (let start = 0, channel = 0; start < data.length; start += pixels, channel++) {
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = start; i < start + quads; i += 4) {
      a += data[i];
      b += data[i + 1];
      c += data[i + 2];
      d += data[i + 3];
    }
    for (let i = start + quads; i < start + pixels; i++) a += data[i];
    sums[channel % channels] += a + b + (c + d);
  }
}

function addPixels(data: FloatArray, channels: number, sums: Float64Array): void {
  for (let start = 0; start < data.length; start += channels) {
    for (let channel = 0; channel < channels; channel++) sums[channel] += data[start + channel];
  }
}
