// SPDX-License-Identifier: MIT
// outputShape.NAME returns the output shape of operator NAME without computing anything. Each takes its operator's
// shapes and options, and throws INVALID_ARGUMENT as the operator does.
import { checkArity } from "../input/options.ts";
import { type ConvTranspose1dOptions, convTranspose1dOutputShape } from "./conv-transpose1d.ts";
import { type ConvTranspose2dOptions, convTranspose2dOutputShape } from "./conv-transpose2d.ts";
import { type Conv1dOptions, conv1dOutputShape } from "./conv1d.ts";
import { type Conv2dOptions, conv2dOutputShape, type IntegerConv2dOptions } from "./conv2d.ts";
import { type Conv3dOptions, conv3dOutputShape } from "./conv3d-plan.ts";
import { type Corr1dOptions, corr1dOutputShape } from "./corr1d.ts";
import { type Corr2dOptions, corr2dOutputShape } from "./corr2d.ts";
import { type ImagePadding, type PadOptions, padOutputShape } from "./pad.ts";
import {
  type AvgPool2dOptions,
  avgPool2dOutputShape,
  type GlobalPool2dOptions,
  globalAvgPool2dOutputShape,
  type MaxPool2dOptions,
  maxPool2dOutputShape,
} from "./pool2d.ts";
import { type UnfoldOptions, unfoldOutputShape } from "./unfold.ts";

/** Returns [batch, outChannels, outLength]. */
export function conv1d(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: Conv1dOptions,
): number[] {
  checkArity("outputShape.conv1d", arguments.length, 3);
  return conv1dOutputShape(inputShape, weightsShape, options);
}

/** Returns [batch, outChannels, outHeight, outWidth] in the order of `inputLayout`. */
export function conv2d(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: Conv2dOptions | IntegerConv2dOptions,
): number[] {
  checkArity("outputShape.conv2d", arguments.length, 3);
  return conv2dOutputShape(inputShape, weightsShape, options);
}

/** Returns [batch, outChannels, outDepth, outHeight, outWidth]. */
export function conv3d(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: Conv3dOptions,
): number[] {
  checkArity("outputShape.conv3d", arguments.length, 3);
  return conv3dOutputShape(inputShape, weightsShape, options);
}

/** Returns [batch, outChannels, outLength]. */
export function convTranspose1d(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: ConvTranspose1dOptions,
): number[] {
  checkArity("outputShape.convTranspose1d", arguments.length, 3);
  return convTranspose1dOutputShape(inputShape, weightsShape, options);
}

/** Returns [batch, outChannels, outHeight, outWidth] in the order of `inputLayout`. */
export function convTranspose2d(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: ConvTranspose2dOptions,
): number[] {
  checkArity("outputShape.convTranspose2d", arguments.length, 3);
  return convTranspose2dOutputShape(inputShape, weightsShape, options);
}

/** Returns [outLength]. */
export function corr1d(
  inputShape: readonly number[],
  kernelShape: readonly number[],
  options?: Corr1dOptions,
): number[] {
  checkArity("outputShape.corr1d", arguments.length, 3);
  return corr1dOutputShape(inputShape, kernelShape, options);
}

/** Returns [outLength]. */
export function convolve1d(
  inputShape: readonly number[],
  kernelShape: readonly number[],
  options?: Corr1dOptions,
): number[] {
  checkArity("outputShape.convolve1d", arguments.length, 3);
  return corr1dOutputShape(inputShape, kernelShape, options);
}

/** Returns [outHeight, outWidth]. */
export function corr2d(
  inputShape: readonly number[],
  kernelShape: readonly number[],
  options?: Corr2dOptions,
): number[] {
  checkArity("outputShape.corr2d", arguments.length, 3);
  return corr2dOutputShape(inputShape, kernelShape, options);
}

/** Returns [outHeight, outWidth]. */
export function convolve2d(
  inputShape: readonly number[],
  kernelShape: readonly number[],
  options?: Corr2dOptions,
): number[] {
  checkArity("outputShape.convolve2d", arguments.length, 3);
  return corr2dOutputShape(inputShape, kernelShape, options);
}

/** Returns [batch, channels, outHeight, outWidth] in the order of `inputLayout`. */
export function maxPool2d(inputShape: readonly number[], options?: MaxPool2dOptions): number[] {
  checkArity("outputShape.maxPool2d", arguments.length, 2);
  return maxPool2dOutputShape(inputShape, options);
}

/** Returns [batch, channels, outHeight, outWidth] in the order of `inputLayout`. */
export function avgPool2d(inputShape: readonly number[], options?: AvgPool2dOptions): number[] {
  checkArity("outputShape.avgPool2d", arguments.length, 2);
  return avgPool2dOutputShape(inputShape, options);
}

/** Returns [batch, channels, 1, 1] in the order of `inputLayout`. */
export function globalAvgPool2d(inputShape: readonly number[], options?: GlobalPool2dOptions): number[] {
  checkArity("outputShape.globalAvgPool2d", arguments.length, 2);
  return globalAvgPool2dOutputShape(inputShape, options);
}

/** Returns the shape of the padded image, in the order of the input's. */
export function pad(inputShape: readonly number[], padding: ImagePadding, options?: PadOptions): number[] {
  checkArity("outputShape.pad", arguments.length, 3);
  return padOutputShape(inputShape, padding, options);
}

/** Returns [batch, channels * kernelHeight * kernelWidth, outHeight * outWidth]. */
export function unfold(inputShape: readonly number[], options: UnfoldOptions): number[] {
  checkArity("outputShape.unfold", arguments.length, 2);
  return unfoldOutputShape(inputShape, options);
}
