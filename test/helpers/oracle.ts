// SPDX-License-Identifier: MIT
// The definition of the operators in float64, written for the tests alone: nothing of src/ is used here.
import type { ConvCase } from "./conv-case.ts";

export type DType = "float32" | "float64";
export type FloatArray = Float32Array | Float64Array;

/** Half a unit in the last place of 1: the largest relative error of one rounding. */
export const unitRoundoff: Record<DType, number> = { float32: 2 ** -24, float64: 2 ** -53 };

const smallestNormal: Record<DType, number> = { float32: 2 ** -126, float64: 2 ** -1022 };

/** Operands in NCHW and OIHW, whatever the layouts of the case. */
export interface Operands {
  readonly x: FloatArray;
  readonly weights: FloatArray;
  readonly bias: FloatArray | null;
}

export interface Expected {
  /** [batch, channels, height, width] */
  readonly shape: readonly [number, number, number, number];
  /** The exact results (to far less than the bound), NCHW. */
  readonly values: Float64Array;
  /** How far from `values` an implementation in `dtype` may be. */
  readonly allowed: Float64Array;
}

/** [top, bottom, left, right] from the padding option, straight from its definition. */
export function paddingOf(c: ConvCase): [number, number, number, number] {
  const axis = (size: number, kernel: number, stride: number, dilation: number): [number, number] => {
    const extent = (kernel - 1) * dilation + 1;
    if (c.padding === "valid") return [0, 0];
    if (c.padding === "full") return [extent - 1, extent - 1];
    const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  };
  if (typeof c.padding === "number") return [c.padding, c.padding, c.padding, c.padding];
  if (typeof c.padding !== "string") {
    const [a, b, left, right] = c.padding;
    return left === undefined ? [a, a, b, b] : [a, b, left, right as number];
  }
  return [
    ...axis(c.inHeight, c.kernelHeight, c.strides[0], c.dilations[0]),
    ...axis(c.inWidth, c.kernelWidth, c.strides[1], c.dilations[1]),
  ];
}

/**
 * Which of the elements 0..size-1 stands at position `i`, which may lie outside; -1 for a zero. Walked step by step,
 * as the pictures in the border's definition read, and not by a formula with remainders.
 */
export function sourceIndex(i: number, size: number, border: ConvCase["border"]): number {
  let at = i;
  while (at < 0 || at >= size) {
    if (border === "constant") return -1;
    if (border === "replicate") at = at < 0 ? 0 : size - 1;
    if (border === "wrap") at += at < 0 ? size : -size;
    if (border === "reflect") at = at < 0 ? -1 - at : 2 * size - 1 - at;
    if (border === "mirror") at = size === 1 ? 0 : at < 0 ? -at : 2 * size - 2 - at;
  }
  return at;
}

/** For each output and tap of one axis, the element it reads, or -1. */
function taps(
  output: number,
  kernel: number,
  stride: number,
  dilation: number,
  before: number,
  size: number,
  border: ConvCase["border"],
): number[][] {
  return Array.from({ length: output }, (_, o) =>
    Array.from({ length: kernel }, (_, k) => sourceIndex(o * stride + k * dilation - before, size, border)),
  );
}

/** a * b - fl(a * b), exact (Dekker 1971): zero for products of float32, which a float64 holds. */
function productError(a: number, b: number, product: number): number {
  const split = 134217729; // 2^27 + 1
  const a1 = split * a - (split * a - a);
  const b1 = split * b - (split * b - b);
  const a2 = a - a1;
  const b2 = b - b1;
  return a2 * b2 - (product - a1 * b1 - a2 * b1 - a1 * b2);
}

/**
 * The convolution of a case by its definition. Sums are compensated (Neumaier), so that the oracle is exact enough
 * for float64 as well, whose own rounding it must not share.
 */
export function expectedOf(c: ConvCase, dtype: DType, { x, weights, bias }: Operands): Expected {
  const [top, bottom, left, right] = paddingOf(c);
  const [strideY, strideX] = c.strides;
  const [dilationY, dilationX] = c.dilations;
  const padded = [c.inHeight + top + bottom, c.inWidth + left + right];
  const outHeight = Math.floor((padded[0] - ((c.kernelHeight - 1) * dilationY + 1)) / strideY) + 1;
  const outWidth = Math.floor((padded[1] - ((c.kernelWidth - 1) * dilationX + 1)) / strideX) + 1;
  const rows = taps(outHeight, c.kernelHeight, strideY, dilationY, top, c.inHeight, c.border);
  const columns = taps(outWidth, c.kernelWidth, strideX, dilationX, left, c.inWidth, c.border);
  const groupIn = c.inChannels / c.groups;
  const groupOut = c.outChannels / c.groups;
  const products = groupIn * c.kernelHeight * c.kernelWidth;
  const shape = [c.batch, c.outChannels, outHeight, outWidth] as const;
  const values = new Float64Array(c.batch * c.outChannels * outHeight * outWidth);
  const allowed = new Float64Array(values.length);
  let next = 0;
  for (let n = 0; n < c.batch; n++) {
    for (let oc = 0; oc < c.outChannels; oc++) {
      const firstIc = Math.floor(oc / groupOut) * groupIn;
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          let sum = 0;
          let error = 0;
          let magnitude = 0;
          for (let ic = 0; ic < groupIn; ic++) {
            const channel = (n * c.inChannels + firstIc + ic) * c.inHeight;
            for (let ky = 0; ky < c.kernelHeight; ky++) {
              const iy = rows[oy][ky];
              const weightRow = ((oc * groupIn + ic) * c.kernelHeight + ky) * c.kernelWidth;
              for (let kx = 0; kx < c.kernelWidth; kx++) {
                const ix = columns[ox][kx];
                // A zero of the border takes part like any other: times Infinity it gives NaN.
                const a = iy < 0 || ix < 0 ? 0 : x[(channel + iy) * c.inWidth + ix];
                const b = weights[weightRow + kx];
                const product = a * b;
                const before = sum;
                sum += product;
                error +=
                  Math.abs(before) >= Math.abs(product) ? before - sum + product : product - sum + before;
                if (dtype === "float64") error += productError(a, b, product);
                magnitude += Math.abs(product);
              }
            }
          }
          const exact = Number.isFinite(sum) ? sum + error : sum;
          const added = bias === null ? 0 : bias[oc];
          const result = activate(c.activation, exact + added);
          values[next] = result;
          allowed[next] = allowedError(c, dtype, products, magnitude, added, result);
          next++;
        }
      }
    }
  }
  return { shape, values, allowed };
}

export function activate(activation: ConvCase["activation"], value: number): number {
  switch (activation.kind) {
    case "none":
      return value;
    case "relu":
      return Math.max(value, 0);
    case "leakyRelu":
      return value < 0 ? activation.alpha * value : value;
    case "clamp":
      return Math.min(Math.max(value, activation.min), activation.max);
    case "sigmoid":
      return 1 / (1 + Math.exp(-value));
    case "tanh":
      return Math.tanh(value);
  }
}

/**
 * The bound that the library promises: (K + 2) u (sum|x w| + |bias|) for the sum of K products and a bias in any order,
 * as each addition to a bias that comes first is rounded to the bias's last place, and
 * - for leakyRelu, 2 u |result|: alpha is rounded to the dtype, and so is the product;
 * - for sigmoid and tanh, 8 u |result|: 4 units in the last place for the exponential and the quotient, as good
 *   mathematical libraries promise; the error of the sum passes through with slopes of at most 1/4 and 1. A sigmoid
 *   below the smallest normal number may be flushed to zero.
 */
function allowedError(
  c: ConvCase,
  dtype: DType,
  products: number,
  magnitude: number,
  bias: number,
  result: number,
): number {
  const u = unitRoundoff[dtype];
  let error = (products + 2) * u * (magnitude + Math.abs(bias));
  if (c.activation.kind === "leakyRelu") {
    error = error * Math.max(1, Math.abs(c.activation.alpha)) + 2 * u * Math.abs(result);
  }
  if (c.activation.kind === "sigmoid") error = error / 4 + 8 * u * Math.abs(result) + smallestNormal[dtype];
  if (c.activation.kind === "tanh") error += 8 * u * Math.abs(result);
  return error;
}
