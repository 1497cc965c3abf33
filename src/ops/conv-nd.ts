// SPDX-License-Identifier: MIT
// What convolutions over other than two axes share: they run as conv2d, and say what is wrong in their own terms.
import { plain } from "../arrays.ts";
import { dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { sameShape } from "../output.ts";
import type { AsyncOptions, ConvPlan, RunOptions } from "../plan.ts";
import { readOptions } from "../resolve.ts";
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

/** What of a plan one call needs. */
type Runs = Pick<ConvPlan, "run" | "runAsync" | "dispose">;

/**
 * One call, its async twin, and a plan for many, of whatever `make` prepares for operands of `rank` sizes and options
 * of the given names.
 */
export function convNdOperators<O extends object, P extends Runs>(
  rank: number,
  optionNames: readonly string[],
  make: (inputShape: readonly number[], filters: TensorLike, options: O) => P,
) {
  const prepare = (x: Operand, weights: Operand, given: object) => {
    const { input, filters } = convOperands(x, weights, rank);
    return { input, plan: make(input.shape, filters, given as O) };
  };
  return {
    once(x: Operand, weights: Operand, options?: O & RunOptions): Tensor {
      const { out, ...given } = readOptions<RunOptions>(options, [...optionNames, "out"]);
      const { input, plan } = prepare(x, weights, given);
      try {
        return plan.run(input, out === undefined ? {} : { out });
      } finally {
        plan.dispose();
      }
    },
    async onceAsync(x: Operand, weights: Operand, options?: O & RunOptions & AsyncOptions): Promise<Tensor> {
      const names = [...optionNames, "out", "signal", "transfer"];
      const { out, signal, transfer, ...given } = readOptions<RunOptions & AsyncOptions>(options, names);
      const { input, plan } = prepare(x, weights, given);
      try {
        return await plan.runAsync(input, { signal, transfer, ...(out !== undefined && { out }) });
      } finally {
        plan.dispose();
      }
    },
    plan(inputShape: readonly number[], weights: Operand, options?: O): P {
      const given = readOptions<object>(options, optionNames);
      const filters = toTensor(weights, rank, "weights");
      return make(checkInputShape(inputShape, rank), filters, given as O);
    },
  };
}

/** A nested input takes the element type of the weights, and nested weights that of the input. */
function convOperands(
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
  checkSizes(inputShape, weightsShape);
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

/** The part of that which any operator asks for. Throws INVALID_ARGUMENT. */
export function checkSizes(inputShape: readonly number[], weightsShape: readonly number[]): void {
  if (inputShape.slice(1).some((size) => size < 1))
    throw invalid("sizes of at least 1 after the batch", "x.shape", inputShape);
  if (weightsShape.some((size) => size < 1))
    throw invalid("sizes of at least 1", "weights.shape", weightsShape);
}

/** The shape of inputs to plan for. Throws INVALID_ARGUMENT unless it has `rank` sizes. */
function checkInputShape(inputShape: readonly number[], rank: number): readonly number[] {
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
  if (ArrayBuffer.isView(value)) return plain(value, dtypeOf(value, name));
  if (typeof value !== "object" || value === null) throw invalid("a tensor or typed array", name, value);
  const { data, shape: given } = value;
  if (!sameShape(checkShape(given, `${name}.shape`), shape))
    throw invalid(`[${shape.join(", ")}]`, `${name}.shape`, given);
  return plain(data, dtypeOf(data, name));
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
