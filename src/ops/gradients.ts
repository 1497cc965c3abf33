// SPDX-License-Identifier: MIT
import { ConvTransposePlan } from "../adjoint-plan.ts";
import { plain } from "../arrays.ts";
import type { EngineCore } from "../core.ts";
import { allocate, dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { GradWeightsPlan } from "../grad-weights-plan.ts";
import type { AsyncOptions, RunOptions } from "../plan.ts";
import { type ConvOptions, checkOneOf, readOptions, resolveAccuracy, resolveConvSpec } from "../resolve.ts";
import { inputLayouts } from "../spec.ts";
import { checkShape, type NestedArray, Tensor, type TensorLike, toTensor } from "../tensor.ts";
import { toOihw } from "../weights-layout.ts";
import { floatOperands } from "./float-operands.ts";

/**
 * Those of the convolution whose gradients are asked for; one object serves all three. A convolution's activation is not
 * among them: its gradient is the caller's to apply to `gradOutput` before.
 */
export type Conv2dGradientOptions = Pick<
  ConvOptions,
  "strides" | "padding" | "dilations" | "groups" | "border" | "inputLayout" | "filterLayout" | "accuracy"
>;

type Operand = TensorLike | NestedArray;

const gradientOptionNames = [
  ...["strides", "padding", "dilations", "groups", "border", "inputLayout", "filterLayout", "accuracy"],
];
const asyncNames = ["out", "signal", "transfer"];

/** See `planConv2dGradInput` of {@link Engine}. */
export function planConv2dGradInput(
  core: EngineCore,
  inputShape: readonly number[],
  weights: Operand,
  options?: Conv2dGradientOptions,
): ConvTransposePlan {
  const given = readOptions(options, gradientOptionNames);
  return planGradInput(core, inputShape, toTensor(weights, 4, "weights"), given);
}

/** See `conv2dGradInput` of {@link Engine}. */
export function conv2dGradInput(
  core: EngineCore,
  inputShape: readonly number[],
  weights: Operand,
  gradOutput: Operand,
  options?: Conv2dGradientOptions & RunOptions,
): Tensor {
  const { out, ...given } = readOptions(options, [...gradientOptionNames, "out"]);
  const [filters, gradient] = floatOperands(weights, "weights", gradOutput, "gradOutput");
  const once = planGradInput(core, inputShape, filters, given);
  try {
    return once.run(gradient, out === undefined ? undefined : { out });
  } finally {
    once.dispose();
  }
}

/** See `conv2dGradInputAsync` of {@link Engine}. */
export async function conv2dGradInputAsync(
  core: EngineCore,
  inputShape: readonly number[],
  weights: Operand,
  gradOutput: Operand,
  options?: Conv2dGradientOptions & RunOptions & AsyncOptions,
): Promise<Tensor> {
  const { out, signal, transfer, ...given } = readOptions(options, [...gradientOptionNames, ...asyncNames]);
  const [filters, gradient] = floatOperands(weights, "weights", gradOutput, "gradOutput");
  const once = planGradInput(core, inputShape, filters, given);
  try {
    return await once.runAsync(gradient, { signal, transfer, ...(out !== undefined && { out }) });
  } finally {
    once.dispose();
  }
}

function planGradInput(
  core: EngineCore,
  inputShape: readonly number[],
  filters: TensorLike,
  options: Conv2dGradientOptions,
): ConvTransposePlan {
  const shape = fourSizes(inputShape, "inputShape");
  const accuracy = resolveAccuracy(options.accuracy);
  const spec = resolveConvSpec(shape, filters.shape, dtypeOf(filters.data, "weights.data"), options);
  const weights = toOihw(filters, options.filterLayout ?? "oihw");
  return new ConvTransposePlan(core, spec, weights, null, accuracy, "gradOutput");
}

/** Options of `planConv2dGradWeights`, which sees no elements. */
export interface PlanGradWeightsOptions extends Conv2dGradientOptions {
  /** Of all tensors. Default "float32". */
  readonly dtype?: FloatDType;
}

/** See `planConv2dGradWeights` of {@link Engine}. */
export function planConv2dGradWeights(
  core: EngineCore,
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: PlanGradWeightsOptions,
): GradWeightsPlan {
  const { dtype = "float32", ...given } = readOptions(options, [...gradientOptionNames, "dtype"]);
  checkOneOf(dtype, ["float32", "float64"], "dtype");
  return planGradWeights(core, fourSizes(inputShape, "inputShape"), dtype, weightsShape, given);
}

/** See `conv2dGradWeights` of {@link Engine}. */
export function conv2dGradWeights(
  core: EngineCore,
  x: Operand,
  weightsShape: readonly number[],
  gradOutput: Operand,
  options?: Conv2dGradientOptions & RunOptions,
): Tensor {
  const { out, ...given } = readOptions(options, [...gradientOptionNames, "out"]);
  const [input, gradient] = floatOperands(x, "x", gradOutput, "gradOutput");
  const once = planGradWeights(core, input.shape, dtypeOf(input.data, "x.data"), weightsShape, given);
  try {
    return once.run(input, gradient, out === undefined ? undefined : { out });
  } finally {
    once.dispose();
  }
}

/** See `conv2dGradWeightsAsync` of {@link Engine}. */
export async function conv2dGradWeightsAsync(
  core: EngineCore,
  x: Operand,
  weightsShape: readonly number[],
  gradOutput: Operand,
  options?: Conv2dGradientOptions & RunOptions & AsyncOptions,
): Promise<Tensor> {
  const { out, signal, transfer, ...given } = readOptions(options, [...gradientOptionNames, ...asyncNames]);
  const [input, gradient] = floatOperands(x, "x", gradOutput, "gradOutput");
  const once = planGradWeights(core, input.shape, dtypeOf(input.data, "x.data"), weightsShape, given);
  try {
    return await once.runAsync(input, gradient, { signal, transfer, ...(out !== undefined && { out }) });
  } finally {
    once.dispose();
  }
}

function planGradWeights(
  core: EngineCore,
  inputShape: readonly number[],
  dtype: FloatDType,
  weightsShape: readonly number[],
  options: Conv2dGradientOptions,
): GradWeightsPlan {
  const shape = fourSizes(weightsShape, "weightsShape");
  resolveAccuracy(options.accuracy);
  const spec = resolveConvSpec(inputShape, shape, dtype, options, { name: "weightsShape", shape });
  return new GradWeightsPlan(core, spec, options.filterLayout ?? "oihw", shape);
}

/** See `conv2dGradBias` of {@link Engine}. */
export function conv2dGradBias(
  core: EngineCore,
  gradOutput: Operand,
  options?: Conv2dGradientOptions & RunOptions,
): Tensor {
  core.assertOpen();
  const { out, ...given } = readOptions(options, [...gradientOptionNames, "out"]);
  const { inputLayout = "nchw" } = given;
  const isPlanar = checkOneOf(inputLayout, inputLayouts, "inputLayout") === "nchw";
  const { data, shape } = toTensor(gradOutput, 4, "gradOutput");
  const dtype = dtypeOf(data, "gradOutput.data");
  const channels = shape[isPlanar ? 1 : 3];
  const sums = new Float64Array(channels);
  if (isPlanar) addPlanes(data, channels, shape[2] * shape[3], sums);
  else addPixels(data, channels, sums);
  const target = out === undefined ? allocate(dtype, channels) : biasElements(out, dtype, channels);
  target.set(sums);
  return out instanceof Tensor ? out : new Tensor(target, [channels]);
}

/** Adds up each plane in four sums at a time, as one would wait for each addition. */
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

function biasElements(out: TensorLike | FloatArray, dtype: FloatDType, channels: number): FloatArray {
  const { data: given } = ArrayBuffer.isView(out) ? { data: out } : toTensor(out, 1, "out");
  if (dtypeOf(given, "out") !== dtype) throw invalid(`${dtype} elements, as gradOutput has,`, "out", given);
  const data = plain(given, dtype);
  if (data.length !== channels) throw invalid(`${channels} elements`, "out", data);
  return data;
}

function fourSizes(shape: readonly number[], name: string): readonly number[] {
  const checked = checkShape(shape, name);
  if (checked.length !== 4) throw invalid("4 dimensions", name, shape);
  return checked;
}
