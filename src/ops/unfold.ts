// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { dtypeOf, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkOneOf, type Names, readOptions } from "../input/options.ts";
import { planOperand } from "../plan/operands.ts";
import type { OperationPlan } from "../plan/operation-plan.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import { type PerAxis, resolvePerAxis } from "../resolve/shape.ts";
import { resolveWindows, type WindowOptions } from "../resolve/window.ts";
import { type Border, borders } from "../spec/border.ts";
import { type PatchSpec, patchesOf } from "../spec/patches.ts";
import type { WindowSpec } from "../spec/window.ts";
import { shapeOfRank, type Tensor, toTensor } from "../tensor.ts";
import { type Operand, patchPlan } from "./pad.ts";
import { runOnce, runOnceAsync } from "./planned.ts";

export interface UnfoldOptions extends WindowOptions {
  /** Height and width of the window, as one number or two. */
  readonly windowDimensions: PerAxis;
  /** How padding is filled. Default "constant": zeros. */
  readonly border?: Border;
}

/** The operators of an {@link Engine} for patches. */
export interface UnfoldOperators {
  /**
   * Copies the windows of images [batch, channels, height, width] to the columns of matrices (im2col), [batch, channels
   * * kernelHeight * kernelWidth, outHeight * outWidth]:
   *
   *     out[n, (c * kernelHeight + ky) * kernelWidth + kx, oy * outWidth + ox] =
   *         padded[n, c, oy * strideY + ky * dilationY, ox * strideX + kx * dilationX]
   *
   * The layout is that of `torch.nn.functional.unfold`. Weights [outChannels, channels * kernelHeight * kernelWidth]
   * times such a matrix are a convolution.
   *
   * Throws INVALID_ARGUMENT, naming the argument, if operand and options do not fit together.
   */
  unfold(x: Operand, options: UnfoldOptions & RunOptions): Tensor;
  /**
   * Adds each element of `columns` to the one that `unfold` would have copied it from, in images [batch, channels,
   * height, width] with `outputSize` [height, width] (col2im). This is the adjoint of `unfold`, and its gradient with
   * respect to its input. Overlapping windows are summed, not averaged, as in `torch.nn.functional.fold`.
   *
   * Throws INVALID_ARGUMENT, naming the argument, if operands and options do not fit together.
   */
  fold(columns: Operand, outputSize: PerAxis, options: UnfoldOptions & RunOptions): Tensor;
  /** Computes `unfold` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  unfoldAsync(x: Operand, options: UnfoldOptions & RunOptions & AsyncOptions): Promise<Tensor>;
  /** Computes `fold` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  foldAsync(
    columns: Operand,
    outputSize: PerAxis,
    options: UnfoldOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

const optionNames: Names<UnfoldOptions> = {
  ...{ windowDimensions: true, strides: true, padding: true, dilations: true, border: true },
};

export function unfoldOperators(core: EngineCore): UnfoldOperators {
  const unfold = (x: Operand) => (given: UnfoldOptions) => {
    const image = toTensor(x, 4, "x");
    const dtype = dtypeOf(image.data, "x.data");
    return { plan: planUnfold(core, image.shape, dtype, given), operands: [image] };
  };
  const fold = (columns: Operand, outputSize: PerAxis) => (given: UnfoldOptions) => {
    const matrix = toTensor(columns, 3, "columns");
    const dtype = dtypeOf(matrix.data, "columns.data");
    return { plan: planFold(core, matrix.shape, dtype, outputSize, given), operands: [matrix] };
  };
  return {
    unfold: (x, options) => runOnce(optionNames, options, unfold(x)),
    unfoldAsync: (x, options) => runOnceAsync(optionNames, options, unfold(x)),
    fold: (columns, outputSize, options) => runOnce(optionNames, options, fold(columns, outputSize)),
    foldAsync: (columns, outputSize, options) =>
      runOnceAsync(optionNames, options, fold(columns, outputSize)),
  };
}

/** Returns the shape of the columns that `unfold` makes. */
const columnsOf = ({ batch, channels, kernelHeight, kernelWidth, outHeight, outWidth }: WindowSpec) => [
  batch,
  channels * kernelHeight * kernelWidth,
  outHeight * outWidth,
];

/** Returns the shape of the columns of an unfold. Throws INVALID_ARGUMENT as unfold does. */
export function unfoldOutputShape(inputShape: readonly number[], options: UnfoldOptions): number[] {
  const { border = "constant", ...given } = readOptions(options, optionNames);
  checkOneOf(border, borders, "border");
  return columnsOf(resolveWindows(shapeOfRank(inputShape, 4, "inputShape"), given, "inputShape"));
}

function planUnfold(
  core: EngineCore,
  shape: readonly number[],
  dtype: FloatDType,
  { border = "constant", ...given }: UnfoldOptions,
): OperationPlan {
  checkOneOf(border, borders, "border");
  const spec = resolveWindows(shape, given, "x.shape");
  const input = planOperand("x", dtype, shape, "");
  const output = planOperand("out", dtype, columnsOf(spec), "as x has");
  return patchPlan(core, "unfold", "unfold", patchSpec(spec, border), dtype, input, output);
}

function planFold(
  core: EngineCore,
  shape: readonly number[],
  dtype: FloatDType,
  outputSize: PerAxis,
  { border = "constant", ...given }: UnfoldOptions,
): OperationPlan {
  checkOneOf(border, borders, "border");
  const outShape = imageShape(shape, outputSize, given.windowDimensions);
  const spec = resolveWindows(outShape, given, "the image");
  const windows = spec.outHeight * spec.outWidth;
  if (shape[2] !== windows)
    throw invalid(`${spec.outHeight} x ${spec.outWidth} = ${windows} columns`, "columns.shape", shape);
  const input = planOperand("columns", dtype, shape, "");
  const output = planOperand("out", dtype, outShape, "as columns has");
  return patchPlan(core, "fold", "fold", patchSpec(spec, border), dtype, input, output);
}

function patchSpec(spec: WindowSpec, border: Border): PatchSpec {
  const { batch, channels, strides, dilations, padding } = spec;
  return patchesOf(
    batch * channels,
    1,
    {
      ...{ size: spec.inHeight, out: spec.outHeight, kernel: spec.kernelHeight },
      ...{ stride: strides[0], dilation: dilations[0], before: padding[0] },
    },
    {
      ...{ size: spec.inWidth, out: spec.outWidth, kernel: spec.kernelWidth },
      ...{ stride: strides[1], dilation: dilations[1], before: padding[2] },
    },
    border,
    0,
  );
}

function imageShape(shape: readonly number[], outputSize: PerAxis, windowDimensions: PerAxis): number[] {
  const [height, width] = resolvePerAxis(outputSize, "outputSize");
  const [kernelHeight, kernelWidth] = resolvePerAxis(windowDimensions, "windowDimensions");
  const [batch, rows] = shape;
  const channels = rows / (kernelHeight * kernelWidth);
  if (!Number.isInteger(channels) || channels < 1) {
    const taps = kernelHeight * kernelWidth;
    throw invalid(`a multiple of ${kernelHeight} x ${kernelWidth} = ${taps} rows`, "columns.shape", shape);
  }
  return [batch, channels, height, width];
}
