// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import {
  type ByteArray,
  type DType,
  elementTypeOf,
  type FloatArray,
  type FloatDType,
  isInteger,
  operandTypeOf,
  type TypedArray,
} from "../dtype.ts";
import { invalid } from "../errors.ts";
import { inElementsOf } from "../input/designed-kernel.ts";
import { lengthOf, tagOf } from "../input/intrinsics.ts";
import { checkOneOf, type Names, readOptions } from "../input/options.ts";
import type { ConvPlan, PlanShapes } from "../plan/conv-plan.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import { planConvolution } from "../plan/planning.ts";
import { type ConvOptions, convOptionNames, resolveConvSpec } from "../resolve/convolution.ts";
import type { IntegerOptions } from "../resolve/elements.ts";
import { type ConvSpec, outputShapeOf } from "../spec/convolution.ts";
import { toOihw } from "../spec/filter-layout.ts";
import {
  type NestedArray,
  shapeOfRank,
  type Tensor,
  type TensorLike,
  toAnyTensor,
  toVector,
} from "../tensor.ts";
import type { IntegerOutput } from "./integer-output.ts";
import { runOnce, runOnceAsync } from "./planned.ts";

export interface Conv2dOptions extends ConvOptions {
  /** One number for each output channel. Default zeros. */
  readonly bias?: TensorLike | FloatArray | readonly number[];
}

/** The options of a conv2d of uint8 or int8 by int8. */
export interface IntegerConv2dOptions extends ConvOptions, IntegerOptions {
  /** One int32 for each output channel, added to the sum of products before it is scaled. Default zeros. */
  readonly bias?: TensorLike<Int32Array> | Int32Array | readonly number[];
  /** Factors that the sums are multiplied by, as float32: one for each output channel, or one for all. */
  readonly scale?: number | TensorLike<Float32Array> | Float32Array | readonly number[];
  /** The input's element type, for plans and nested arrays, where no typed array tells it. Default "int8". */
  readonly inputDtype?: "int8" | "uint8";
}

type Operand = TensorLike | NestedArray;
type Bytes = TensorLike<ByteArray>;
type AnyOperand = TensorLike<TypedArray> | NestedArray;
type LayerOptions = Conv2dOptions | IntegerConv2dOptions;
type AnyPlan = ConvPlan<TypedArray, TypedArray>;

const layerOptionNames: Names<Omit<IntegerConv2dOptions, keyof ConvOptions>> = {
  ...{ bias: true, scale: true, inputDtype: true },
  ...{ inputZeroPoint: true, outputDtype: true, outputZeroPoint: true },
};

/** A designed kernel's weights fit beside an integer input if they are whole numbers. */
type IntegerWeights = TensorLike<Int8Array | FloatArray> | NestedArray;

/** The operators of an {@link Engine} for convolution layers. */
export interface Conv2dOperators {
  /**
   * Computes a convolution layer. Batches of images [batch, inChannels, height, width] in the order of `inputLayout`,
   * by weights [outChannels, inChannels / groups, kernelHeight, kernelWidth] in the order of `filterLayout`, give
   * [batch, outChannels, outHeight, outWidth]. The kernel is not flipped. Every call packs the weights anew;
   * `planConv2d` does so once.
   *
   * An input of uint8 or int8 takes weights of int8 (symmetric: their zero is 0). Sums are exact int32, the same on
   * every backend, and wrap around. They are the output, unless a `scale` makes it float32, or an `outputDtype` int8 or
   * uint8. See {@link ConvSpec} for the formulas.
   *
   * Weights that are the `data` of a designed kernel take the element type of `x`, as in `corr2d`.
   *
   * Throws INVALID_ARGUMENT, naming the argument, if the operands and options do not fit together.
   */
  conv2d<O extends IntegerConv2dOptions & RunOptions<IntegerOutput<O>> = Record<never, never>>(
    x: Bytes,
    weights: IntegerWeights,
    options?: O,
  ): Tensor<IntegerOutput<O>>;
  conv2d(x: Operand, weights: Operand, options?: Conv2dOptions & RunOptions): Tensor;
  /** Prepares a conv2d for many inputs of one shape. Throws the errors of conv2d. */
  planConv2d<O extends IntegerConv2dOptions = Record<never, never>>(
    inputShape: readonly number[],
    weights: TensorLike<Int8Array>,
    options?: O,
  ): ConvPlan<ByteArray, IntegerOutput<O>>;
  /** Prepares a conv2d by a designed kernel's weights, for an integer input whose type `inputDtype` names. */
  planConv2d<O extends IntegerConv2dOptions & { readonly inputDtype: "int8" | "uint8" }>(
    inputShape: readonly number[],
    weights: TensorLike<FloatArray>,
    options: O,
  ): ConvPlan<ByteArray, IntegerOutput<O>>;
  planConv2d(inputShape: readonly number[], weights: Operand, options?: Conv2dOptions): ConvPlan;
  /** Computes `conv2d` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
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
  const names = { ...convOptionNames, ...layerOptionNames };
  const call = (x: AnyOperand, weights: AnyOperand) => (given: LayerOptions) => {
    const { input, filters, layer } = operands(x, weights, given);
    return { plan: planLayer(core, input.shape, filters, layer), operands: [input] };
  };
  return {
    conv2d: ((x: never, weights: never, options: never) =>
      runOnce(names, options, call(x, weights))) as Conv2dOperators["conv2d"],
    conv2dAsync: ((x: never, weights: never, options: never) =>
      runOnceAsync(names, options, call(x, weights))) as Conv2dOperators["conv2dAsync"],
    planConv2d: ((inputShape: never, weights: never, options: never) => {
      const given = readOptions<IntegerConv2dOptions>(options, names);
      const filters = forInputDtype(toAnyTensor(weights, 4, "weights"), given);
      return planLayer(core, shapeOfRank(inputShape, 4, "inputShape"), filters, given);
    }) as Conv2dOperators["planConv2d"],
  };
}

/** Returns the output shape of a conv2d in the order of its input layout. Throws INVALID_ARGUMENT as conv2d does. */
export function conv2dOutputShape(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: LayerOptions,
): number[] {
  const input = shapeOfRank(inputShape, 4, "inputShape");
  return [...outputShapeOf(conv2dSpec(input, shapeOfRank(weightsShape, 4, "weightsShape"), options))];
}

/** Returns the spec of a conv2d of such shapes, in float32. Throws INVALID_ARGUMENT as conv2d does. */
export function conv2dSpec(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: LayerOptions,
): ConvSpec {
  const given = readOptions<ConvOptions>(options, convOptionNames, layerOptionNames);
  // Only shapes are asked for, so options that concern element types are left out.
  const shapes = Object.fromEntries(
    Object.entries(given).filter(([name]) => Object.hasOwn(convOptionNames, name)),
  );
  return resolveConvSpec(inputShape, weightsShape, "float32", shapes);
}

/**
 * A nested input takes the element type of the weights. Nested weights and designed kernels take the type of the input,
 * or int8 beside an input of uint8 or int8.
 */
function operands(x: AnyOperand, weights: AnyOperand, options: LayerOptions) {
  const layer = options as IntegerConv2dOptions;
  if (Array.isArray(x)) {
    const filters = forInputDtype(toAnyTensor(weights, 4, "weights"), layer);
    const dtype = inputDtypeOf(filters, layer);
    return { input: toAnyTensor(x, 4, "x", dtype), filters, layer };
  }
  const input = toAnyTensor(x, 4, "x");
  const dtype = operandTypeOf(input.data, "x.data");
  const weightsDtype = isInteger(dtype) ? "int8" : dtype;
  const given = toAnyTensor(weights, 4, "weights", weightsDtype);
  const filters = inElementsOf(given, weightsDtype, "weights.data");
  if (!isInteger(dtype)) return { input, filters, layer };
  if (elementTypeOf(filters.data, "weights.data") !== "int8") {
    throw invalid(`int8 elements, as x has ${dtype},`, "weights.data", filters.data);
  }
  if (layer.inputDtype !== undefined && layer.inputDtype !== dtype)
    throw invalid(`"${dtype}", as x has,`, "inputDtype", layer.inputDtype);
  return { input, filters, layer: { ...layer, inputDtype: dtype } };
}

/** Converts a designed kernel to int8 if the input of a plan, or a nested input, is said to hold integers. */
function forInputDtype(filters: TensorLike<TypedArray>, { inputDtype }: IntegerConv2dOptions) {
  return inputDtype === undefined ? filters : inElementsOf(filters, "int8", "weights.data");
}

/** Returns the element type of an input that fits the weights. Throws INVALID_ARGUMENT. */
function inputDtypeOf(filters: TensorLike<TypedArray>, { inputDtype }: IntegerConv2dOptions): DType {
  const dtype = elementTypeOf(filters.data, "weights.data");
  if (!isInteger(dtype)) {
    if (inputDtype === undefined) return dtype;
    throw invalid(`nothing, as the weights are ${dtype},`, "inputDtype", inputDtype);
  }
  if (dtype !== "int8") throw invalid("float32, float64 or int8 elements", "weights.data", filters.data);
  return checkOneOf(inputDtype ?? "int8", ["int8", "uint8"], "inputDtype");
}

/** Plans a conv2d for inputs of four sizes; `shapes` are the shapes that callers see if they differ. */
export function planLayer(
  core: EngineCore,
  inputShape: readonly number[],
  filters: TensorLike<TypedArray>,
  layer: LayerOptions,
  shapes?: PlanShapes,
): AnyPlan {
  const options = layer as IntegerConv2dOptions;
  const dtype = inputDtypeOf(filters, options);
  const spec = resolveConvSpec(inputShape, filters.shape, dtype, options);
  const weights = toOihw(filters, options.filterLayout ?? "oihw");
  const constants = { weights, bias: readBias(options.bias, spec), scale: readScale(options.scale, spec) };
  return planConvolution(core, spec, constants, options, shapes);
}

/** Returns the elements of a bias, or null if there is none. Throws INVALID_ARGUMENT. */
export function readBias(
  bias: Conv2dOptions["bias"],
  spec: { readonly dtype: FloatDType; readonly outChannels: number },
): FloatArray | null;
export function readBias(
  bias: LayerOptions["bias"],
  spec: Pick<ConvSpec, "dtype" | "outChannels">,
): TypedArray | null;
export function readBias(
  bias: LayerOptions["bias"],
  { dtype, outChannels }: Pick<ConvSpec, "dtype" | "outChannels">,
): TypedArray | null {
  if (bias === undefined) return null;
  const biasDtype = isInteger(dtype) ? "int32" : dtype;
  const tensor = toVector(vectorOf(bias, "bias"), "bias", biasDtype);
  if (tensor.data.length !== outChannels) {
    throw invalid(`${outChannels} elements, one for each output channel,`, "bias", bias);
  }
  return tensor.data;
}

function readScale(scale: IntegerConv2dOptions["scale"], { outChannels }: ConvSpec): Float32Array | null {
  if (scale === undefined) return null;
  const given = typeof scale === "number" ? [scale] : scale;
  const tensor = toVector(vectorOf(given, "scale"), "scale", "float32");
  const bad = tensor.data.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw invalid("numbers that are finite as float32", "scale", bad);
  const { data } = tensor as TensorLike<Float32Array>;
  if (data.length === outChannels) return data;
  if (data.length === 1) return new Float32Array(outChannels).fill(data[0]);
  throw invalid(`${outChannels} elements, one for each output channel, or a single one`, "scale", scale);
}

/** Makes a bare typed array a tensor of one dimension. */
function vectorOf(value: object, name: string): TensorLike<TypedArray> | NestedArray {
  if (typeof value !== "object" || value === null)
    throw invalid("a typed array, an array of numbers or { data, shape }", name, value);
  if (tagOf(value) === undefined) return value as NestedArray;
  return { data: value as TypedArray, shape: [lengthOf(value)] };
}
