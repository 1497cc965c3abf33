// SPDX-License-Identifier: MIT
import { checkArity, type Names, readOptions } from "../input/options.ts";
import { type PerAxis, resolvePerAxis } from "../resolve/shape.ts";
import { samePaddingOfAxis } from "../spec/shape.ts";

export interface SamePaddingOptions {
  /** Step between neighbouring outputs. Default 1. */
  readonly strides?: PerAxis;
  /** Distance between neighbouring kernel elements. Default 1. */
  readonly dilations?: PerAxis;
}

const optionNames: Names<SamePaddingOptions> = { strides: true, dilations: true };

/**
 * Computes the padding [top, bottom, left, right] with which an output has ceil(input size / stride) rows and columns;
 * at stride 1 as many as the input. `padding: "same"` of conv2d resolves to it. The larger half of an odd total goes to
 * the bottom and to the right (ONNX's SAME_UPPER).
 *
 * Along each axis the total is max((ceil(input / stride) - 1) * stride + (kernel - 1) * dilation + 1 - input, 0). At
 * stride 1 this is the extent of the kernel minus 1, as in "Dive into Deep Learning", "Padding and Stride".
 *
 * @param inputSize [height, width], or one number for both
 * @param kernelSize [height, width], or one number for both
 *
 * Throws INVALID_ARGUMENT for sizes that are not positive integers.
 */
export function samePadding(
  inputSize: PerAxis,
  kernelSize: PerAxis,
  options?: SamePaddingOptions,
): [number, number, number, number] {
  checkArity("samePadding", arguments.length, 3);
  const { strides = 1, dilations = 1 } = readOptions(options, optionNames);
  const input = resolvePerAxis(inputSize, "inputSize");
  const kernel = resolvePerAxis(kernelSize, "kernelSize");
  const step = resolvePerAxis(strides, "strides");
  const dilation = resolvePerAxis(dilations, "dilations");
  const [y, x] = [0, 1].map((axis) =>
    samePaddingOfAxis(input[axis], kernel[axis], step[axis], dilation[axis]),
  );
  return [y[0], y[1], x[0], x[1]];
}
