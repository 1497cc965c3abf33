// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { dtypeOf, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkOneOf, type Names, readOptions } from "../input/options.ts";
import { patchOperation } from "../operations/patches.ts";
import { type PlanOperand, planOperand } from "../plan/operands.ts";
import { OperationPlan } from "../plan/operation-plan.ts";
import { sameShape } from "../plan/output.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import { backendFor } from "../plan/planning.ts";
import { type Padding, resolvePadding } from "../resolve/shape.ts";
import { resolveLayout } from "../resolve/window.ts";
import { type Border, borders } from "../spec/border.ts";
import { type InputLayout, sizesOf } from "../spec/layout.ts";
import { type PatchSpec, patchesOf } from "../spec/patches.ts";
import type { PatchTask } from "../spec/task.ts";
import { checkShape, type NestedArray, type Tensor, type TensorLike, toTensor } from "../tensor.ts";
import { runOnce, runOnceAsync } from "./planned.ts";

export type Operand = TensorLike | NestedArray;

export interface PadOptions {
  /** How padding is filled. Default "constant". */
  readonly border?: Border;
  /** The constant; only with border "constant". Default 0. */
  readonly value?: number;
  /** The layout of an input of four dimensions. Default "nchw". */
  readonly inputLayout?: InputLayout;
}

/** The options of planPad, which sees no elements that tell their type. */
export interface PlanPadOptions extends PadOptions {
  /** The element type. Default "float32". */
  readonly dtype?: FloatDType;
}

/** The operators of an {@link Engine} for padding. */
export interface PadOperators {
  /**
   * Adds rows and columns around an image, [height, width] or [batch, channels, height, width] in the order of
   * `inputLayout`. `padding` is one number for all sides, [vertical, horizontal] or [top, bottom, left, right].
   *
   * Throws INVALID_ARGUMENT, naming the argument. The image must have elements, unless the batch is 0.
   */
  pad(x: Operand, padding: ImagePadding, options?: PadOptions & RunOptions): Tensor;
  /** Prepares a pad for many images of one shape. Throws the errors of pad. */
  planPad(inputShape: readonly number[], padding: ImagePadding, options?: PlanPadOptions): OperationPlan;
  /**
   * Computes the gradient of `pad` with respect to `x`, its adjoint: each element of the output's gradient is added to
   * the element of the input that it was copied from. Throws INVALID_ARGUMENT as pad does.
   *
   * @param inputShape the shape of x, and of the result
   */
  padGradInput(
    inputShape: readonly number[],
    gradOutput: Operand,
    padding: ImagePadding,
    options?: PadOptions & RunOptions,
  ): Tensor;
  /** Computes `pad` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  padAsync(
    x: Operand,
    padding: ImagePadding,
    options?: PadOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Computes `padGradInput` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  padGradInputAsync(
    inputShape: readonly number[],
    gradOutput: Operand,
    padding: ImagePadding,
    options?: PadOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

/** {@link Padding} given by numbers. */
export type ImagePadding = Exclude<Padding, string>;

/** A padded image as patches of one element each, and its shape. */
export interface PadSpec {
  readonly patches: PatchSpec;
  readonly outShape: readonly number[];
}

const optionNames: Names<PadOptions> = { border: true, value: true, inputLayout: true };
const planOptionNames: Names<PlanPadOptions> = { ...optionNames, dtype: true };

export function padOperators(core: EngineCore): PadOperators {
  const call = (x: Operand, padding: ImagePadding) => (given: PadOptions) => {
    const image = toTensor(x, rankOf(x, "x"), "x");
    const dtype = dtypeOf(image.data, "x.data");
    return { plan: planPad(core, image.shape, dtype, padding, given, "x.shape"), operands: [image] };
  };
  const gradInput =
    (inputShape: readonly number[], gradOutput: Operand, padding: ImagePadding) => (given: PadOptions) => {
      const shape = checkShape(inputShape, "inputShape");
      const { border = "constant", inputLayout } = given;
      constantOf(given);
      const { patches, outShape } = resolvePad(shape, padding, border, inputLayout, "inputShape");
      const gradient = gradientOf(gradOutput, outShape);
      const dtype = dtypeOf(gradient.data, "gradOutput.data");
      const input = planOperand("gradOutput", dtype, outShape, "");
      const output = planOperand("out", dtype, shape, "as gradOutput has");
      const plan = patchPlan(core, "the gradient of pad", "fold", patches, dtype, input, output);
      return { plan, operands: [gradient] };
    };
  return {
    pad: (x, padding, options) => runOnce(optionNames, options, call(x, padding)),
    padAsync: (x, padding, options) => runOnceAsync(optionNames, options, call(x, padding)),
    planPad(inputShape, padding, options) {
      const { dtype = "float32", ...given } = readOptions(options, planOptionNames);
      checkOneOf(dtype, ["float32", "float64"], "dtype");
      const shape = checkShape(inputShape, "inputShape");
      return planPad(core, shape, dtype, padding, given, "inputShape");
    },
    padGradInput: (inputShape, gradOutput, padding, options) =>
      runOnce(optionNames, options, gradInput(inputShape, gradOutput, padding)),
    padGradInputAsync: (inputShape, gradOutput, padding, options) =>
      runOnceAsync(optionNames, options, gradInput(inputShape, gradOutput, padding)),
  };
}

/** Returns the output shape of a pad. Throws INVALID_ARGUMENT as pad does. */
export function padOutputShape(
  inputShape: readonly number[],
  padding: ImagePadding,
  options?: PadOptions,
): number[] {
  const given = readOptions(options, optionNames);
  constantOf(given);
  const { border = "constant", inputLayout } = given;
  const shape = checkShape(inputShape, "inputShape");
  return [...resolvePad(shape, padding, border, inputLayout, "inputShape").outShape];
}

function planPad(
  core: EngineCore,
  shape: readonly number[],
  dtype: FloatDType,
  padding: ImagePadding,
  given: PadOptions,
  name: string,
): OperationPlan {
  const value = constantOf(given);
  const { border = "constant", inputLayout } = given;
  const { patches, outShape } = resolvePad(shape, padding, border, inputLayout, name);
  const input = planOperand("x", dtype, shape, "");
  const output = planOperand("out", dtype, outShape, "as x has");
  return patchPlan(core, "pad", "unfold", { ...patches, value }, dtype, input, output);
}

/** Returns the constant of the border. Throws INVALID_ARGUMENT if another border has one. */
function constantOf({ border = "constant", value }: PadOptions): number {
  if (value !== undefined && typeof value !== "number") throw invalid("a number", "value", value);
  if (border !== "constant" && value !== undefined)
    throw invalid('nothing, as border is not "constant",', "value", value);
  return value ?? 0;
}

/** Plans a single operation on patches. */
export function patchPlan(
  core: EngineCore,
  name: string,
  kind: PatchTask["kind"],
  spec: PatchSpec,
  dtype: FloatDType,
  input: PlanOperand,
  output: PlanOperand,
): OperationPlan {
  const { planes, depth, outHeight, outWidth, kernelHeight, kernelWidth } = spec;
  const work = planes * depth * outHeight * outWidth * kernelHeight * kernelWidth;
  const steps = [{ operation: patchOperation(kind, spec, dtype), from: ["a"], to: "out" }] as const;
  const row = { name, dtype, steps, scratch: [] };
  return new OperationPlan(core, backendFor(core, work), row, input, output);
}

/** Reads a gradient of the given shape. Throws INVALID_ARGUMENT for any other. */
export function gradientOf(gradOutput: Operand, outShape: readonly number[]): TensorLike {
  const gradient = toTensor(gradOutput, outShape.length, "gradOutput");
  if (!sameShape(gradient.shape, outShape)) {
    throw invalid(`[${outShape.join(", ")}], the shape of the output,`, "gradOutput.shape", gradient.shape);
  }
  return gradient;
}

/** Returns 2 or 4, the operand's dimensions. toTensor reports the errors of nested arrays and of other values. */
function rankOf(x: Operand, name: string): number {
  if (Array.isArray(x)) return Array.isArray((x[0] as NestedArray | undefined)?.[0]) ? 4 : 2;
  if (typeof x !== "object" || x === null) return 2;
  const { shape } = x as TensorLike;
  if (Array.isArray(shape) && shape.length !== 2 && shape.length !== 4)
    throw invalid("2 or 4 dimensions", `${name}.shape`, shape);
  return Array.isArray(shape) ? shape.length : 2;
}

export function resolvePad(
  shape: readonly number[],
  padding: ImagePadding,
  border: Border,
  layout: InputLayout | undefined,
  name: string,
): PadSpec {
  if (shape.length !== 2 && shape.length !== 4) throw invalid("2 or 4 dimensions", name, shape);
  if (shape.length === 2 && layout !== undefined)
    throw invalid("nothing, as the input has two dimensions,", "inputLayout", layout);
  checkOneOf(border, borders, "border");
  const inputLayout = resolveLayout(layout);
  const [batch, channels, height, width] =
    shape.length === 2 ? [1, 1, ...shape] : sizesOf(inputLayout, shape);
  if (channels < 1 || height < 1 || width < 1)
    throw invalid(
      shape.length === 2 ? "sizes of at least 1" : "sizes of at least 1 after the batch",
      name,
      shape,
    );
  const pads = resolvePadding(padding, [height, width], [1, 1], [1, 1], [1, 1], []);
  const [outHeight, outWidth] = [height + pads[0] + pads[1], width + pads[2] + pads[3]];
  if (outHeight > mostRows || outWidth > mostRows)
    throw invalid(`padded sizes of at most ${mostRows}`, "padding", padding);
  const last = inputLayout === "nhwc";
  const outShape = [...shape];
  const rowAxis = shape.length === 2 ? 0 : last ? 1 : 2;
  outShape[rowAxis] = outHeight;
  outShape[rowAxis + 1] = outWidth;
  const along = (size: number, out: number, before: number) => ({
    ...{ size, out, kernel: 1, stride: 1, dilation: 1, before },
  });
  const patches = patchesOf(
    last ? batch : batch * channels,
    last ? channels : 1,
    along(height, outHeight, pads[0]),
    along(width, outWidth, pads[2]),
    border,
    0,
  );
  return { patches, outShape };
}

/** No image has more rows or columns; larger sizes are refused before tables are made for them. */
const mostRows = 2 ** 30;
