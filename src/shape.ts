// SPDX-License-Identifier: MIT
import { invalid } from "./errors.ts";

/** Zeros or border around the input: the same on all sides, [vertical, horizontal], [top, bottom, left, right], or by rule. */
export type Padding =
  | number
  | readonly [number, number]
  | readonly [number, number, number, number]
  /** Output size = ceil(input size / stride); an odd rest goes to the bottom and right, as in ONNX's SAME_UPPER. */
  | "same"
  /** None. */
  | "valid"
  /** Every position at which kernel and input share an element: (kernel size - 1) * dilation on each side. */
  | "full";

/** One number for both axes, or [vertical, horizontal]. */
export type PerAxis = number | readonly [number, number];

/** [size, padding before, padding after] of one axis. */
export type AxisPadding = readonly [before: number, after: number];

/** The extent of a kernel whose taps lie `dilation` apart. */
export function dilatedSize(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

/**
 * Output size of one axis: floor((input + before + after - dilatedSize(kernel, dilation)) / stride) + 1,
 * Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), relationship 6; zero or less
 * where the kernel does not fit.
 */
export function outputSize(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  [before, after]: AxisPadding,
): number {
  return Math.floor((input + before + after - dilatedSize(kernel, dilation)) / stride) + 1;
}

/** Padding of one axis that gives an output of ceil(input / stride); an odd rest goes after the axis. */
export function samePaddingOfAxis(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
): AxisPadding {
  const output = Math.ceil(input / stride);
  const total = Math.max((output - 1) * stride + dilatedSize(kernel, dilation) - input, 0);
  return [total >> 1, total - (total >> 1)];
}

/** Expands a padding option to [top, bottom, left, right]. Throws INVALID_ARGUMENT. */
export function resolvePadding(
  padding: Padding,
  [height, width]: readonly [number, number],
  [kernelHeight, kernelWidth]: readonly [number, number],
  [strideY, strideX]: readonly [number, number],
  [dilationY, dilationX]: readonly [number, number],
): [number, number, number, number] {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding === "full") {
    const y = dilatedSize(kernelHeight, dilationY) - 1;
    const x = dilatedSize(kernelWidth, dilationX) - 1;
    return [y, y, x, x];
  }
  if (padding === "same") {
    const y = samePaddingOfAxis(height, kernelHeight, strideY, dilationY);
    const x = samePaddingOfAxis(width, kernelWidth, strideX, dilationX);
    return [y[0], y[1], x[0], x[1]];
  }
  const allowed = 'a whole number >= 0, two or four of them, "same", "valid" or "full"';
  if (typeof padding === "number") {
    checkPad(padding, "padding");
    return [padding, padding, padding, padding];
  }
  if (!Array.isArray(padding)) throw invalid(allowed, "padding", padding);
  const sides = padding.slice() as number[];
  if (sides.length !== 2 && sides.length !== 4) throw invalid(allowed, "padding", padding);
  for (let i = 0; i < sides.length; i++) checkPad(sides[i], `padding[${i}]`);
  return sides.length === 2
    ? [sides[0], sides[0], sides[1], sides[1]]
    : [sides[0], sides[1], sides[2], sides[3]];
}

function checkPad(value: unknown, name: string): void {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0x7fffffff) {
    throw invalid("a whole number from 0 to 2147483647", name, value);
  }
}

/** Expands a per-axis option of whole numbers >= 1. Throws INVALID_ARGUMENT. */
export function resolvePerAxis(value: PerAxis, name: string): [number, number] {
  if (typeof value === "number") {
    checkPositive(value, name);
    return [value, value];
  }
  if (!Array.isArray(value) || value.length !== 2) {
    throw invalid("a positive integer or two of them", name, value);
  }
  const [y, x] = value as [number, number];
  checkPositive(y, `${name}[0]`);
  checkPositive(x, `${name}[1]`);
  return [y, x];
}

/** Throws INVALID_ARGUMENT for anything but a whole number from 1 to 2^31 - 1. */
export function checkPositive(value: unknown, name: string): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 0x7fffffff) {
    throw invalid("a positive integer", name, value);
  }
}
