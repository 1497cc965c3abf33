// SPDX-License-Identifier: MIT
// What convolutions over other than two axes share: they run as conv2d, and say what is wrong in their own terms.
import { dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { sameShape } from "../output.ts";
import type { ConvPlan, RunOptions } from "../plan.ts";
import { checkShape, Tensor, type TensorLike, toTensor } from "../tensor.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import type { Operand } from "./pad.ts";

/** The options of a conv2d that mean the same over any number of axes. */
export type SharedConvOptions = Pick<
  Conv2dOptions,
  "groups" | "border" | "activation" | "bias" | "algorithm" | "accuracy" | "tune"
>;

export const convNdOptionNames = [
  ...["strides", "padding", "dilations", "groups", "border", "activation", "bias"],
  ...["algorithm", "accuracy", "tune"],
];

/** The parts of a {@link ConvPlan} that plans over other than two axes have too. */
export type ConvNdPlan = Pick<
  ConvPlan,
  "inputShape" | "outputShape" | "algorithm" | "backend" | "run" | "runAsync" | "explain" | "dispose"
> &
  Disposable;

/** A nested input takes the element type of the weights, and nested weights that of the input. */
export function convOperands(
  x: Operand,
  weights: Operand,
  rank: number,
): { input: TensorLike; filters: TensorLike } {
  if (Array.isArray(x) && !Array.isArray(weights)) {
    const filters = toTensor(weights, rank, "weights");
    return { input: toTensor(x, rank, "x", dtypeOf(filters.data, "weights.data")), filters };
  }
  const input = toTensor(x, rank, "x");
  return { input, filters: toTensor(weights, rank, "weights", dtypeOf(input.data, "x.data")) };
}

/**
 * What conv2d would say in terms of two axes. Throws INVALID_ARGUMENT.
 *
 * @param inputShape [batch, channels, ...sizes]
 */
export function checkShapes(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  groups: unknown,
): void {
  if (inputShape.slice(1).some((size) => size < 1))
    throw invalid("sizes of at least 1 after the batch", "x.shape", inputShape);
  if (weightsShape.some((size) => size < 1))
    throw invalid("sizes of at least 1", "weights.shape", weightsShape);
  const channels = inputShape[1];
  if (
    typeof groups === "number" &&
    Number.isInteger(channels / groups) &&
    weightsShape[1] * groups !== channels
  ) {
    throw invalid(
      `${channels / groups} input channels (${channels} / ${groups} groups)`,
      "weights.shape[1]",
      weightsShape,
    );
  }
}

/** The shape of inputs to plan for. Throws INVALID_ARGUMENT unless it has `rank` sizes. */
export function checkInputShape(inputShape: readonly number[], rank: number): readonly number[] {
  const shape = checkShape(inputShape, "inputShape");
  if (shape.length !== rank) throw invalid(`${rank} dimensions`, "inputShape", inputShape);
  return shape;
}

/**
 * The elements of an operand of a plan, a tensor of `shape` or a bare array. Throws INVALID_ARGUMENT; type and length
 * are left to the plan that takes them.
 */
export function elementsOf(
  value: TensorLike | FloatArray,
  shape: readonly number[],
  name: string,
): FloatArray {
  if (ArrayBuffer.isView(value)) return value;
  if (typeof value !== "object" || value === null) throw invalid("a tensor or typed array", name, value);
  const { data, shape: given } = value;
  if (!sameShape(checkShape(given, `${name}.shape`), shape))
    throw invalid(`[${shape.join(", ")}]`, `${name}.shape`, given);
  return data;
}

/** The caller's own tensor, if that is where the elements went. */
export function resultOf(data: FloatArray, shape: readonly number[], out: RunOptions["out"]): Tensor {
  return out instanceof Tensor ? out : new Tensor(data, shape);
}

/** Throws INVALID_ARGUMENT unless `data` has elements of the given type, and as many. */
export function checkElements(data: FloatArray, dtype: FloatDType, length: number, name: string): void {
  if (dtypeOf(data, name) !== dtype) throw invalid(`${dtype} elements, as the weights have,`, name, data);
  if (data.length !== length) throw invalid(`${length} elements`, name, data);
}
