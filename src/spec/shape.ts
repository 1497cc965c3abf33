// SPDX-License-Identifier: MIT

/** The padding before and after one axis, in elements. */
export type AxisPadding = readonly [before: number, after: number];

/** The extent of a kernel whose taps lie `dilation` apart. */
export function dilatedSize(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

/**
 * Output size of one axis: floor((input + before + after - dilatedSize(kernel, dilation)) / stride) + 1, from Dumoulin
 * & Visin, "A guide to convolution arithmetic for deep learning" (2016), relationship 6, with dilated kernels. The size
 * is zero or less where the kernel does not fit.
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

/**
 * Output size of one axis, rounded up: one more window than {@link outputSize} gives may overhang the padded input, if
 * it begins within the input or the padding before it. This is PyTorch's `ceil_mode`.
 */
export function outputSizeCeil(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: AxisPadding,
): number {
  const whole = outputSize(input, kernel, stride, dilation, padding);
  const [before, after] = padding;
  const isExact = (input + before + after - dilatedSize(kernel, dilation)) % stride === 0;
  return !isExact && whole * stride < input + before ? whole + 1 : whole;
}

/** Padding of one axis that gives an output of ceil(input / stride); an odd total puts the extra one after the axis. */
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
