// SPDX-License-Identifier: MIT
import { foldOperator, unfoldOperator } from "../backend/operators.ts";
import type { EngineCore } from "../core.ts";
import { invalid } from "../errors.ts";
import type { Names } from "../options.ts";
import { type PatchSpec, patchesOf } from "../patches.ts";
import type { AsyncOptions, RunOptions } from "../plan.ts";
import { checkOneOf } from "../resolve.ts";
import { type PerAxis, resolvePerAxis } from "../shape.ts";
import { type Border, borders } from "../spec.ts";
import { type Tensor, toTensor } from "../tensor.ts";
import { resolveWindows, type WindowOptions, type WindowSpec } from "../window.ts";
import type { Operand } from "./pad.ts";
import { runWindowed, runWindowedAsync, type Windowed } from "./windowed.ts";

export interface UnfoldOptions extends WindowOptions {
  /** Height and width of the window. */
  readonly windowDimensions: PerAxis;
  /** What padding is filled with. Default "constant": zeros. */
  readonly border?: Border;
}

/** What an {@link Engine} offers for patches. */
export interface UnfoldOperators {
  /**
   * The windows of an image as columns of a matrix (im2col): of [batch, channels, height, width] makes
   * [batch, channels * kernelHeight * kernelWidth, outHeight * outWidth], where
   * out[n, (c * kernelHeight + ky) * kernelWidth + kx, oy * outWidth + ox] = padded[n, c, oy * strideY + ky * dilationY,
   * ox * strideX + kx * dilationX]. The layout is that of `torch.nn.functional.unfold`; weights
   * [outChannels, channels * kernelHeight * kernelWidth] times it are a convolution.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  unfold(x: Operand, options: UnfoldOptions & RunOptions): Tensor;
  /**
   * The adjoint of `unfold` (col2im): each element of `columns` added to the one that `unfold` would have copied it from,
   * in an image of `outputSize`, [height, width]. The sum, not the mean, of windows that overlap, as
   * `torch.nn.functional.fold`; the gradient of `unfold` with respect to its input.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  fold(columns: Operand, outputSize: PerAxis, options: UnfoldOptions & RunOptions): Tensor;
  /** As `unfold`, off the event loop. */
  unfoldAsync(x: Operand, options: UnfoldOptions & RunOptions & AsyncOptions): Promise<Tensor>;
  /** As `fold`, off the event loop. */
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
  return {
    unfold: (x, options) => runWindowed(core, optionNames, options, (given) => unfoldOf(x, given)),
    unfoldAsync: async (x, options) =>
      runWindowedAsync(core, optionNames, options, (given) => unfoldOf(x, given)),
    fold: (columns, outputSize, options) =>
      runWindowed(core, optionNames, options, (given) => foldOf(columns, outputSize, given)),
    foldAsync: async (columns, outputSize, options) =>
      runWindowedAsync(core, optionNames, options, (given) => foldOf(columns, outputSize, given)),
  };
}

function unfoldOf(x: Operand, { border = "constant", ...given }: UnfoldOptions): Windowed {
  checkOneOf(border, borders, "border");
  const image = toTensor(x, 4, "x");
  const spec = resolveWindows(image.shape, given, "x.shape");
  const { batch, channels, kernelHeight, kernelWidth, outHeight, outWidth } = spec;
  return {
    operands: [image],
    outShape: [batch, channels * kernelHeight * kernelWidth, outHeight * outWidth],
    steps: (inputs, output) => [{ operator: unfoldOperator(patchSpec(spec, border)), inputs, output }],
  };
}

function foldOf(
  columns: Operand,
  outputSize: PerAxis,
  { border = "constant", ...given }: UnfoldOptions,
): Windowed {
  checkOneOf(border, borders, "border");
  const matrix = toTensor(columns, 3, "columns");
  const outShape = imageShape(matrix.shape, outputSize, given.windowDimensions);
  const spec = resolveWindows(outShape, given, "the image");
  const windows = spec.outHeight * spec.outWidth;
  if (matrix.shape[2] !== windows)
    throw invalid(`${spec.outHeight} x ${spec.outWidth} = ${windows} columns`, "columns.shape", matrix.shape);
  return {
    operands: [matrix],
    outShape,
    steps: (inputs, output) => [{ operator: foldOperator(patchSpec(spec, border)), inputs, output }],
  };
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
