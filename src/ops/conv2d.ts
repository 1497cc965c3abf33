// SPDX-License-Identifier: MIT
import type { Backend } from "../backend/backend.ts";
import type { EngineCore } from "../core.ts";
import {
  type DType,
  elementTypeOf,
  type FloatArray,
  type FloatDType,
  isInteger,
  type TypedArray,
} from "../dtype.ts";
import { type IntegerOptions, integerOptionNames } from "../elements.ts";
import { invalid } from "../errors.ts";
import { lengthOf, tagOf } from "../intrinsics.ts";
import { type AsyncOptions, ConvPlan, type RunOptions } from "../plan.ts";
import {
  type ConvOptions,
  checkOneOf,
  convOptionNames,
  readOptions,
  resolveAccuracy,
  resolveAlgorithm,
  resolveConvSpec,
} from "../resolve.ts";
import { type Selection, selectFastest, selectNamed } from "../select.ts";
import { type Algorithm, type ConvSpec, multiplyAdds, outputShapeOf } from "../spec.ts";
import {
  checkShape,
  type NestedArray,
  type Tensor,
  type TensorLike,
  toAnyTensor,
  toTensor,
} from "../tensor.ts";
import { recall, tune } from "../tuning.ts";
import { toOihw } from "../weights-layout.ts";

export interface Conv2dOptions extends ConvOptions {
  /** One number for each output channel. Default zeros. */
  readonly bias?: TensorLike | FloatArray | readonly number[];
}

/** Options of a conv2d of uint8 or int8 by int8. */
export interface IntegerConv2dOptions extends ConvOptions, IntegerOptions {
  /** One int32 for each output channel, added to the sum of products before it is scaled. Default zeros. */
  readonly bias?: TensorLike<Int32Array> | Int32Array | readonly number[];
  /** What sums are multiplied by, as float32: one number for each output channel, or one for all. */
  readonly scale?: number | TensorLike<Float32Array> | Float32Array | readonly number[];
  /** The element type of the input, where no typed array says it: of plans and nested arrays. Default "int8". */
  readonly inputDtype?: "int8" | "uint8";
}

type AnyOperand = TensorLike<TypedArray> | NestedArray;
type LayerOptions = Conv2dOptions | IntegerConv2dOptions;
type AnyPlan = ConvPlan<TypedArray, TypedArray>;

const layerOptionNames = [...convOptionNames, "bias", "scale", "inputDtype", ...integerOptionNames];

/** See `planConv2d` of {@link Engine}. */
export function planConv2d(
  core: EngineCore,
  inputShape: readonly number[],
  weights: TensorLike | NestedArray,
  options?: Conv2dOptions,
): ConvPlan;
export function planConv2d(
  core: EngineCore,
  inputShape: readonly number[],
  weights: AnyOperand,
  options?: LayerOptions,
): AnyPlan;
export function planConv2d(
  core: EngineCore,
  inputShape: readonly number[],
  weights: AnyOperand,
  options?: LayerOptions,
): AnyPlan {
  const given = readOptions<IntegerConv2dOptions>(options as IntegerConv2dOptions, layerOptionNames);
  const filters = toAnyTensor(weights, 4, "weights");
  const shape = checkShape(inputShape, "inputShape");
  if (shape.length !== 4) throw invalid("4 dimensions", "inputShape", inputShape);
  return plan(core, shape, filters, given);
}

/** See `conv2d` of {@link Engine}. */
export function conv2d(
  core: EngineCore,
  x: AnyOperand,
  weights: AnyOperand,
  options?: LayerOptions & RunOptions<TypedArray>,
): Tensor<TypedArray> {
  const { out, ...given } = readOptions(options, [...layerOptionNames, "out"]);
  const { input, filters, layer } = operands(x, weights, given);
  const once = plan(core, input.shape, filters, layer);
  try {
    return once.run(input, out === undefined ? undefined : { out });
  } finally {
    once.dispose();
  }
}

/** See `conv2dAsync` of {@link Engine}. */
export async function conv2dAsync(
  core: EngineCore,
  x: AnyOperand,
  weights: AnyOperand,
  options?: LayerOptions & RunOptions<TypedArray> & AsyncOptions,
): Promise<Tensor<TypedArray>> {
  const names = [...layerOptionNames, "out", "signal", "transfer"];
  const { out, signal, transfer, ...given } = readOptions(options, names);
  const { input, filters, layer } = operands(x, weights, given);
  const once = plan(core, input.shape, filters, layer);
  try {
    return await once.runAsync(input, { signal, transfer, ...(out !== undefined && { out }) });
  } finally {
    once.dispose();
  }
}

/** The output shape of a conv2d, in the order of its input layout. Throws INVALID_ARGUMENT as conv2d does. */
export function conv2dOutputShape(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: LayerOptions,
): number[] {
  return outputShapeOf(conv2dSpec(inputShape, weightsShape, options));
}

/** What a conv2d of such shapes comes to. Throws INVALID_ARGUMENT as conv2d does. */
export function conv2dSpec(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: LayerOptions,
): ConvSpec {
  const given = readOptions<ConvOptions>(options, layerOptionNames);
  // Only shapes are asked for: whatever the elements are, an option that speaks of them does not matter.
  const shapes = Object.fromEntries(Object.entries(given).filter(([name]) => convOptionNames.includes(name)));
  return resolveConvSpec(inputShape, weightsShape, "float32", shapes);
}

/**
 * A nested input takes the element type of the weights, and nested weights that of the input; beside an input of uint8
 * or int8 they are int8.
 */
function operands(x: AnyOperand, weights: AnyOperand, options: LayerOptions) {
  const layer = options as IntegerConv2dOptions;
  if (Array.isArray(x)) {
    const filters = toAnyTensor(weights, 4, "weights");
    const dtype = inputDtypeOf(filters, layer);
    return { input: toAnyTensor(x, 4, "x", dtype), filters, layer };
  }
  const input = toAnyTensor(x, 4, "x");
  const dtype = elementTypeOf(input.data, "x.data");
  if (!isInteger(dtype)) return { input, filters: toAnyTensor(weights, 4, "weights", dtype), layer };
  const filters = toAnyTensor(weights, 4, "weights", "int8");
  if (elementTypeOf(filters.data, "weights.data") !== "int8") {
    throw invalid(`int8 elements, as x has ${dtype},`, "weights.data", filters.data);
  }
  return { input, filters, layer: { ...layer, inputDtype: layer.inputDtype ?? (dtype as "int8" | "uint8") } };
}

/** The element type of the input that goes with some weights. */
function inputDtypeOf(filters: TensorLike<TypedArray>, { inputDtype }: IntegerConv2dOptions): DType {
  const dtype = elementTypeOf(filters.data, "weights.data");
  if (!isInteger(dtype)) {
    if (inputDtype === undefined) return dtype;
    throw invalid(`nothing, as the weights are ${dtype},`, "inputDtype", inputDtype);
  }
  if (dtype !== "int8") throw invalid("float32, float64 or int8 elements", "weights.data", filters.data);
  return checkOneOf(inputDtype ?? "int8", ["int8", "uint8"], "inputDtype");
}

function plan(
  core: EngineCore,
  inputShape: readonly number[],
  filters: TensorLike<TypedArray>,
  options: IntegerConv2dOptions,
): AnyPlan {
  const dtype = inputDtypeOf(filters, options);
  const spec = resolveConvSpec(inputShape, filters.shape, dtype, options);
  const weights = toOihw(filters, options.filterLayout ?? "oihw");
  const scale = readScale(options.scale, spec);
  return planSpec(core, spec, weights, readBias(options.bias, spec), options, scale);
}

/** Chooses backend and algorithm for a spec and prepares it; `X` and `Y` are what the spec says. */
export function planSpec<X extends TypedArray = FloatArray, Y extends TypedArray = X>(
  core: EngineCore,
  spec: ConvSpec,
  weights: TypedArray,
  bias: TypedArray | null,
  options: { algorithm?: unknown; accuracy?: unknown; tune?: unknown },
  scale: Float32Array | null = null,
): ConvPlan<X, Y> {
  core.assertOpen();
  const algorithm = resolveAlgorithm(options.algorithm);
  const accuracy = resolveAccuracy(options.accuracy);
  const { tune: wanted = false } = options;
  if (typeof wanted !== "boolean") throw invalid("true or false", "tune", wanted);
  const backend = backendFor(core, spec, algorithm);
  const given = { weights, bias, scale };
  const select = (): Selection => {
    if (algorithm !== "auto") return selectNamed(backend, spec, algorithm);
    const known = recall(backend, spec, accuracy);
    if (known !== undefined) return known;
    if (wanted && spec.batch > 0) return tune(backend, spec, accuracy, given);
    return selectFastest(backend, spec, accuracy);
  };
  const selection = select();
  return new ConvPlan(backend, spec, selection, given, core.assertOpen);
}

/** Small work stays in TypeScript, unless that does not have the algorithm that was asked for. */
function backendFor(core: EngineCore, spec: ConvSpec, algorithm: Algorithm | "auto"): Backend {
  if (multiplyAdds(spec) >= core.smallBelow) return core.backend;
  const small = core.small();
  return algorithm === "auto" || small.supports(spec, algorithm) ? small : core.backend;
}

/** The elements of a bias, or null. Throws INVALID_ARGUMENT. */
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
  const tensor = toAnyTensor(vectorOf(bias), 1, "bias", biasDtype);
  if (elementTypeOf(tensor.data, "bias") !== biasDtype) {
    const why = isInteger(dtype) ? "" : ", as the weights have,";
    throw invalid(`${biasDtype} elements${why}`, "bias", bias);
  }
  if (tensor.data.length !== outChannels) {
    throw invalid(`${outChannels} elements, one for each output channel,`, "bias", bias);
  }
  return tensor.data;
}

function readScale(scale: IntegerConv2dOptions["scale"], { outChannels }: ConvSpec): Float32Array | null {
  if (scale === undefined) return null;
  const given = typeof scale === "number" ? [scale] : scale;
  const tensor = toTensor(vectorOf(given) as TensorLike, 1, "scale", "float32");
  if (elementTypeOf(tensor.data, "scale") !== "float32") throw invalid("float32 elements", "scale", scale);
  const bad = tensor.data.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw invalid("numbers that are finite as float32", "scale", bad);
  const { data } = tensor as TensorLike<Float32Array>;
  if (data.length === outChannels) return data;
  if (data.length === 1) return new Float32Array(outChannels).fill(data[0]);
  throw invalid(`${outChannels} elements, one for each output channel, or a single one`, "scale", scale);
}

/** A bare array as a tensor of one dimension. */
function vectorOf(value: object): TensorLike<TypedArray> | NestedArray {
  if (tagOf(value) === undefined) return value as NestedArray;
  return { data: value as TypedArray, shape: [lengthOf(value)] };
}
