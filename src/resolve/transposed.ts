// SPDX-License-Identifier: MIT
import type { DType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { checkOneOf } from "../input/options.ts";
import type { ConvSpec } from "../spec/convolution.ts";
import { inputLayouts } from "../spec/layout.ts";
import { dilatedSize } from "../spec/shape.ts";
import { type ConvOptions, mostElements, resolveConvSpec } from "./convolution.ts";
import { type Padding, type PerAxis, resolvePadding, resolvePerAxis } from "./shape.ts";

export const transposedFilterLayouts = ["iohw", "hwoi", "ohwi", "oihw"] as const;
/** The order of the axes of a transposed convolution's weights: in channels, out channels / groups, height, width. */
export type TransposedFilterLayout = (typeof transposedFilterLayouts)[number];

/** Options that describe a transposed convolution; all are optional. Names follow WebNN. */
export interface ConvTransposeOptions
  extends Pick<
    ConvOptions,
    "strides" | "dilations" | "groups" | "inputLayout" | "border" | "activation" | "accuracy"
  > {
  /** How much is cropped from the full result on each side. Default 0. "same" is not accepted. */
  readonly padding?: Exclude<Padding, "same">;
  /**
   * Rows and columns added to the bottom and right of the output. A convolution with these strides maps all such sizes
   * to the same one. Must be less than the stride or the dilation. Default 0.
   */
  readonly outputPadding?: PerAxis;
  /** The order of the weights' axes. Default "iohw", as in WebNN and PyTorch. */
  readonly filterLayout?: TransposedFilterLayout;
}

/**
 * Resolves a conv_transpose2d into the spec of the convolution that it is the adjoint of. `x` therefore has the shape
 * of the spec's output, and the result has the shape of the spec's input. Throws INVALID_ARGUMENT.
 *
 * @param shape of x, in the order of `options.inputLayout`
 * @param weightsShape in the order of `options.filterLayout`
 */
export function resolveConvTransposeSpec(
  shape: readonly number[],
  weightsShape: readonly number[],
  dtype: DType,
  options: ConvTransposeOptions,
): ConvSpec {
  const { inputLayout = "nchw", filterLayout = "iohw", groups = 1, padding = 0 } = options;
  const { strides: steps = 1, dilations: distances = 1, outputPadding = 0 } = options;
  checkOneOf(inputLayout, inputLayouts, "inputLayout");
  checkOneOf(filterLayout, transposedFilterLayouts, "filterLayout");
  const [batch, inChannels, height, width] = [..."nchw"].map((axis) => shape[inputLayout.indexOf(axis)]);
  const [weightsIn, groupOut, kernelHeight, kernelWidth] = [..."iohw"].map(
    (axis) => weightsShape[filterLayout.indexOf(axis)],
  );
  for (const size of [inChannels, height, width]) {
    if (size < 1) throw invalid("sizes of at least 1 after the batch", "x.shape", shape);
  }
  for (const size of weightsShape) {
    if (size < 1) throw invalid("sizes of at least 1", "weights.shape", weightsShape);
  }
  if (!Number.isInteger(groups) || groups < 1 || inChannels % groups !== 0) {
    throw invalid(`a positive integer that divides ${inChannels} input channels`, "groups", groups);
  }
  if (weightsIn !== inChannels) {
    throw invalid(`${inChannels} input channels`, `weights.shape (${filterLayout})`, weightsShape);
  }
  const strides = resolvePerAxis(steps, "strides");
  const dilations = resolvePerAxis(distances, "dilations");
  const extra = resolveOutputPadding(outputPadding, strides, dilations);
  const kernel = [kernelHeight, kernelWidth] as const;
  const pads = resolvePadding(padding, [height, width], kernel, strides, dilations, ["valid", "full"]);
  const [outHeight, outWidth] = [height, width].map((size, axis) => {
    const full = (size - 1) * strides[axis] + dilatedSize(kernel[axis], dilations[axis]) + extra[axis];
    return full - pads[2 * axis] - pads[2 * axis + 1];
  });
  if (outHeight < 1 || outWidth < 1 || outHeight > 0x7fffffff || outWidth > 0x7fffffff) {
    const sizes = "an output whose sizes are from 1 to 2147483647";
    throw invalid(sizes, "the shapes and options", `one of ${outHeight} x ${outWidth}`);
  }
  const outChannels = groupOut * groups;
  if (batch * outChannels * outHeight * outWidth > mostElements) {
    throw invalid(
      `an output of at most ${mostElements} elements`,
      "the shapes and options",
      `one of ${batch} x ${outChannels} x ${outHeight} x ${outWidth}`,
    );
  }
  const outShape = [..."nchw"].map(
    (_, i) => [batch, outChannels, outHeight, outWidth]["nchw".indexOf(inputLayout[i])],
  );
  const { border, activation } = options;
  const spec = resolveConvSpec(outShape, [inChannels, groupOut, kernelHeight, kernelWidth], dtype, {
    ...{ strides, dilations, padding: pads, groups, inputLayout },
    ...(border !== undefined && { border }),
    ...(activation !== undefined && { activation }),
  });
  // With output padding beyond the stride, the convolution would have more rows or columns than x; they are left out.
  return { ...spec, outHeight: height, outWidth: width };
}

function resolveOutputPadding(
  value: PerAxis,
  strides: readonly number[],
  dilations: readonly number[],
): [number, number] {
  const pair = typeof value === "number" ? [value, value] : value;
  if (!Array.isArray(pair) || pair.length !== 2) {
    throw invalid("a whole number >= 0 or two of them", "outputPadding", value);
  }
  for (const axis of [0, 1]) {
    const name = typeof value === "number" ? "outputPadding" : `outputPadding[${axis}]`;
    checkOutputPadding(pair[axis], strides[axis], dilations[axis], name);
  }
  return [pair[0], pair[1]];
}

/** Checks that output padding is a whole number below the stride or the dilation. Throws INVALID_ARGUMENT. */
export function checkOutputPadding(extra: unknown, stride: number, dilation: number, name: string): void {
  const most = Math.max(stride, dilation) - 1;
  if (!Number.isInteger(extra) || (extra as number) < 0 || (extra as number) > most) {
    throw invalid(`a whole number from 0 to ${most}, below stride or dilation`, name, extra);
  }
}
