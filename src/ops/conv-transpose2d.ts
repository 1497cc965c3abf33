// SPDX-License-Identifier: MIT
import { ConvTransposePlan } from "../adjoint-plan.ts";
import type { EngineCore } from "../core.ts";
import { dtypeOf } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { type Names, readOptions } from "../options.ts";
import { type AsyncOptions, asyncOptionNames, type RunOptions, runOptionNames } from "../plan.ts";
import { resolveAccuracy } from "../resolve.ts";
import { type ConvTransposeOptions, resolveConvTransposeSpec } from "../resolve-transpose.ts";
import { checkShape, type NestedArray, type Tensor, type TensorLike, toTensor } from "../tensor.ts";
import { toOihw } from "../weights-layout.ts";
import { type Conv2dOptions, readBias } from "./conv2d.ts";
import { floatOperands } from "./float-operands.ts";

export interface ConvTranspose2dOptions extends ConvTransposeOptions {
  /** One number for each output channel. Default zeros. */
  readonly bias?: Conv2dOptions["bias"];
}

type Operand = TensorLike | NestedArray;

const optionNames: Names<ConvTranspose2dOptions> = {
  ...{ bias: true, strides: true, padding: true, outputPadding: true, dilations: true, groups: true },
  ...{ border: true, inputLayout: true, filterLayout: true, activation: true, accuracy: true },
};

/** See `planConvTranspose2d` of {@link Engine}. */
export function planConvTranspose2d(
  core: EngineCore,
  inputShape: readonly number[],
  weights: Operand,
  options?: ConvTranspose2dOptions,
): ConvTransposePlan {
  const given = readOptions(options, optionNames);
  const filters = toTensor(weights, 4, "weights");
  const shape = checkShape(inputShape, "inputShape");
  if (shape.length !== 4) throw invalid("4 dimensions", "inputShape", inputShape);
  return plan(core, shape, filters, given);
}

/** See `convTranspose2d` of {@link Engine}. */
export function convTranspose2d(
  core: EngineCore,
  x: Operand,
  weights: Operand,
  options?: ConvTranspose2dOptions & RunOptions,
): Tensor {
  const { out, ...given } = readOptions(options, optionNames, runOptionNames);
  const [input, filters] = floatOperands(x, "x", weights, "weights");
  const once = plan(core, input.shape, filters, given);
  try {
    return once.run(input, out === undefined ? undefined : { out });
  } finally {
    once.dispose();
  }
}

/** See `convTranspose2dAsync` of {@link Engine}. */
export async function convTranspose2dAsync(
  core: EngineCore,
  x: Operand,
  weights: Operand,
  options?: ConvTranspose2dOptions & RunOptions & AsyncOptions,
): Promise<Tensor> {
  const { out, signal, transfer, ...given } = readOptions(options, optionNames, asyncOptionNames);
  const [input, filters] = floatOperands(x, "x", weights, "weights");
  const once = plan(core, input.shape, filters, given);
  try {
    return await once.runAsync(input, { signal, transfer, ...(out !== undefined && { out }) });
  } finally {
    once.dispose();
  }
}

function plan(
  core: EngineCore,
  inputShape: readonly number[],
  filters: TensorLike,
  options: ConvTranspose2dOptions,
): ConvTransposePlan {
  const accuracy = resolveAccuracy(options.accuracy);
  const dtype = dtypeOf(filters.data, "weights.data");
  const spec = resolveConvTransposeSpec(inputShape, filters.shape, dtype, options);
  // The input channels of this are the output channels of the convolution that it transposes.
  const swapped = { i: "o", o: "i", h: "h", w: "w" };
  const layout = [...(options.filterLayout ?? "iohw")].map((axis) => swapped[axis as keyof typeof swapped]);
  const weights = toOihw(filters, layout.join(""));
  const bias = readBias(options.bias, { dtype, outChannels: spec.inChannels });
  return new ConvTransposePlan(core, spec, weights, bias, accuracy, "x");
}
