// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import { dtypeOf } from "../dtype.ts";
import type { EngineCore } from "../engine.ts";
import { invalid } from "../errors.ts";
import type { AsyncOptions, RunOptions } from "../plan.ts";
import { ConvPlan } from "../plan.ts";
import {
  type ConvOptions,
  convOptionNames,
  readOptions,
  resolveAccuracy,
  resolveAlgorithm,
  resolveConvSpec,
} from "../resolve.ts";
import { type Selection, selectFastest, selectNamed } from "../select.ts";
import { type ConvSpec, multiplyAdds, outputShapeOf } from "../spec.ts";
import { checkShape, type NestedArray, type Tensor, type TensorLike, toTensor } from "../tensor.ts";
import { recall, tune } from "../tuning.ts";
import { toOihw } from "../weights-layout.ts";

export interface Conv2dOptions extends ConvOptions {
  /** One number for each output channel. Default zeros. */
  readonly bias?: TensorLike | FloatArray | readonly number[];
}

const layerOptionNames = [...convOptionNames, "bias"];

/** See `planConv2d` of {@link Engine}. */
export function planConv2d(
  core: EngineCore,
  inputShape: readonly number[],
  weights: TensorLike | NestedArray,
  options?: Conv2dOptions,
): ConvPlan {
  const given = readOptions(options, layerOptionNames);
  const filters = toTensor(weights, 4, "weights");
  const shape = checkShape(inputShape, "inputShape");
  if (shape.length !== 4) throw invalid("4 dimensions", "inputShape", inputShape);
  return plan(core, shape, filters, given);
}

/** See `conv2d` of {@link Engine}. */
export function conv2d(
  core: EngineCore,
  x: TensorLike | NestedArray,
  weights: TensorLike | NestedArray,
  options?: Conv2dOptions & RunOptions,
): Tensor {
  const { out, ...given } = readOptions(options, [...layerOptionNames, "out"]);
  const { input, filters } = operands(x, weights);
  const once = plan(core, input.shape, filters, given);
  try {
    return once.run(input, out === undefined ? undefined : { out });
  } finally {
    once.dispose();
  }
}

/** See `conv2dAsync` of {@link Engine}. */
export async function conv2dAsync(
  core: EngineCore,
  x: TensorLike | NestedArray,
  weights: TensorLike | NestedArray,
  options?: Conv2dOptions & RunOptions & AsyncOptions,
): Promise<Tensor> {
  const names = [...layerOptionNames, "out", "signal", "transfer"];
  const { out, signal, transfer, ...given } = readOptions(options, names);
  const { input, filters } = operands(x, weights);
  const once = plan(core, input.shape, filters, given);
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
  options?: Conv2dOptions,
): number[] {
  return outputShapeOf(conv2dSpec(inputShape, weightsShape, options));
}

/** What a conv2d of such shapes comes to. Throws INVALID_ARGUMENT as conv2d does. */
export function conv2dSpec(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: Conv2dOptions,
): ConvSpec {
  return resolveConvSpec(inputShape, weightsShape, "float32", readOptions(options, layerOptionNames));
}

/** A nested input takes the element type of the weights, and nested weights that of the input. */
export function operands(x: TensorLike | NestedArray, weights: TensorLike | NestedArray) {
  if (Array.isArray(x) && !Array.isArray(weights)) {
    const filters = toTensor(weights, 4, "weights");
    return { input: toTensor(x, 4, "x", dtypeOf(filters.data, "weights.data")), filters };
  }
  const input = toTensor(x, 4, "x");
  return { input, filters: toTensor(weights, 4, "weights", dtypeOf(input.data, "x.data")) };
}

function plan(
  core: EngineCore,
  inputShape: readonly number[],
  filters: TensorLike,
  options: Conv2dOptions,
): ConvPlan {
  const dtype = dtypeOf(filters.data, "weights.data");
  const spec = resolveConvSpec(inputShape, filters.shape, dtype, options);
  const weights = toOihw(filters, options.filterLayout ?? "oihw");
  return planSpec(core, spec, weights, readBias(options.bias, spec), options);
}

/** Chooses backend and algorithm for a spec and prepares it. */
export function planSpec(
  core: EngineCore,
  spec: ConvSpec,
  weights: FloatArray,
  bias: FloatArray | null,
  options: { algorithm?: unknown; accuracy?: unknown; tune?: unknown },
): ConvPlan {
  core.assertOpen();
  const algorithm = resolveAlgorithm(options.algorithm);
  const accuracy = resolveAccuracy(options.accuracy);
  const { tune: wanted = false } = options;
  if (typeof wanted !== "boolean") throw invalid("true or false", "tune", wanted);
  const backend = multiplyAdds(spec) < core.smallBelow ? core.small() : core.backend;
  const select = (): Selection => {
    if (algorithm !== "auto") return selectNamed(backend, spec, algorithm);
    const known = recall(backend, spec, accuracy);
    if (known !== undefined) return known;
    if (wanted && spec.batch > 0) return tune(backend, spec, accuracy, weights, bias);
    return selectFastest(backend, spec, accuracy);
  };
  const selection = select();
  return new ConvPlan(backend, spec, selection, weights, bias, core.assertOpen);
}

/** The elements of a bias, or null. Throws INVALID_ARGUMENT. */
export function readBias(
  bias: Conv2dOptions["bias"],
  { dtype, outChannels }: Pick<ConvSpec, "dtype" | "outChannels">,
): FloatArray | null {
  if (bias === undefined) return null;
  const tensor = toTensor(
    ArrayBuffer.isView(bias) ? { data: bias, shape: [(bias as FloatArray).length] } : (bias as TensorLike),
    1,
    "bias",
    dtype,
  );
  if (dtypeOf(tensor.data, "bias") !== dtype)
    throw invalid(`${dtype} elements, as the weights have,`, "bias", bias);
  if (tensor.data.length !== outChannels) {
    throw invalid(`${outChannels} elements, one for each output channel,`, "bias", bias);
  }
  return tensor.data;
}
