// SPDX-License-Identifier: MIT
import { foldOperator, unfoldOperator } from "../backend/operators.ts";
import type { EngineCore } from "../core.ts";
import { invalid } from "../errors.ts";
import { sizesOf } from "../layout.ts";
import type { Names } from "../options.ts";
import { sameShape } from "../output.ts";
import { type PatchSpec, patchesOf } from "../patches.ts";
import type { AsyncOptions, RunOptions } from "../plan.ts";
import { checkOneOf } from "../resolve.ts";
import { type Padding, resolvePadding } from "../shape.ts";
import { type Border, borders, type InputLayout } from "../spec.ts";
import { checkShape, type NestedArray, type Tensor, type TensorLike, toTensor } from "../tensor.ts";
import { resolveLayout } from "../window.ts";
import { runWindowed, runWindowedAsync, type Windowed } from "./windowed.ts";

export type Operand = TensorLike | NestedArray;

export interface PadOptions {
  /** What padding is filled with. Default "constant". */
  readonly border?: Border;
  /** The constant, of border "constant" alone. Default 0. */
  readonly value?: number;
  /** Of an input of four dimensions: default "nchw". */
  readonly inputLayout?: InputLayout;
}

/** What an {@link Engine} offers for padding. */
export interface PadOperators {
  /**
   * An image, [height, width] or [batch, channels, height, width] in the order of `inputLayout`, with rows and columns
   * added around it: the same number on all sides, [vertical, horizontal] or [top, bottom, left, right].
   *
   * Throws INVALID_ARGUMENT, naming the argument; the image must have elements, unless the batch is 0.
   */
  pad(x: Operand, padding: ImagePadding, options?: PadOptions & RunOptions): Tensor;
  /**
   * The gradient of `pad` with respect to `x`, its adjoint: for a gradient of the output of pad, each of its elements
   * added to the element of the input that it was copied from.
   *
   * @param inputShape the shape of x
   */
  padGrad(
    inputShape: readonly number[],
    gradOutput: Operand,
    padding: ImagePadding,
    options?: Omit<PadOptions, "value"> & RunOptions,
  ): Tensor;
  /** As `pad`, off the event loop. */
  padAsync(
    x: Operand,
    padding: ImagePadding,
    options?: PadOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** As `padGrad`, off the event loop. */
  padGradAsync(
    inputShape: readonly number[],
    gradOutput: Operand,
    padding: ImagePadding,
    options?: Omit<PadOptions, "value"> & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

/** {@link Padding} in numbers. */
export type ImagePadding = Exclude<Padding, string>;

/** The patches that a padded image is, and its shape. */
export interface PadSpec {
  readonly patches: PatchSpec;
  readonly outShape: readonly number[];
}

const optionNames: Names<PadOptions> = { border: true, value: true, inputLayout: true };
const gradOptionNames: Names<Omit<PadOptions, "value">> = { border: true, inputLayout: true };

export function padOperators(core: EngineCore): PadOperators {
  return {
    pad: (x, padding, options) =>
      runWindowed(core, optionNames, options, (given) => padOf(x, padding, given)),
    padAsync: async (x, padding, options) =>
      runWindowedAsync(core, optionNames, options, (given) => padOf(x, padding, given)),
    padGrad: (inputShape, gradOutput, padding, options) =>
      runWindowed(core, gradOptionNames, options, (given) =>
        padGradOf(inputShape, gradOutput, padding, given),
      ),
    padGradAsync: async (inputShape, gradOutput, padding, options) =>
      runWindowedAsync(core, gradOptionNames, options, (given) =>
        padGradOf(inputShape, gradOutput, padding, given),
      ),
  };
}

function padOf(x: Operand, padding: ImagePadding, given: PadOptions): Windowed {
  const { border = "constant", value = 0, inputLayout } = given;
  if (typeof value !== "number") throw invalid("a number", "value", value);
  if (border !== "constant" && given.value !== undefined)
    throw invalid('nothing, as border is not "constant",', "value", value);
  const image = toTensor(x, rankOf(x, "x"), "x");
  const { patches, outShape } = resolvePad(image.shape, padding, border, inputLayout, "x.shape");
  const operator = unfoldOperator({ ...patches, value });
  return { operands: [image], outShape, steps: (inputs, output) => [{ operator, inputs, output }] };
}

function padGradOf(
  inputShape: readonly number[],
  gradOutput: Operand,
  padding: ImagePadding,
  { border = "constant", inputLayout }: PadOptions,
): Windowed {
  const shape = checkShape(inputShape, "inputShape");
  const spec = resolvePad(shape, padding, border, inputLayout, "inputShape");
  const operator = foldOperator(spec.patches);
  return {
    operands: [gradientOf(gradOutput, spec.outShape)],
    outShape: shape,
    steps: (inputs, output) => [{ operator, inputs, output }],
  };
}

/** A gradient of an output of the given shape. Throws INVALID_ARGUMENT for any other. */
export function gradientOf(gradOutput: Operand, outShape: readonly number[]): TensorLike {
  const gradient = toTensor(gradOutput, outShape.length, "gradOutput");
  if (!sameShape(gradient.shape, outShape)) {
    throw invalid(`[${outShape.join(", ")}], the shape of the output,`, "gradOutput.shape", gradient.shape);
  }
  return gradient;
}

/** 2 or 4, whichever the operand has: toTensor says what is wrong with any other. */
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

/** More than any image has; turned away before tables are made for it. */
const mostRows = 2 ** 30;
