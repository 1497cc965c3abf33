// SPDX-License-Identifier: MIT
import { isInteger } from "../dtype.ts";
import type { Activation } from "./activation.ts";
import type { Border } from "./border.ts";
import type { Elements } from "./elements.ts";
import type { InputLayout } from "./layout.ts";

/** The ways to compute a convolution that every backend has; see docs in the README. */
export const algorithms = ["direct", "im2col", "strided", "winograd", "depthwise"] as const;
export type Algorithm = (typeof algorithms)[number];

/** "exact" rules out winograd, whose error is up to 16 times that of the others, which rounds whole numbers and spreads NaN. */
export const accuracies = ["fast", "exact"] as const;
export type Accuracy = (typeof accuracies)[number];

/** Windows that slide over images, with everything resolved. */
export interface WindowGeometry {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** [vertical, horizontal] */
  readonly strides: readonly [number, number];
  /** [top, bottom, left, right] */
  readonly padding: readonly [number, number, number, number];
  /** [vertical, horizontal] */
  readonly dilations: readonly [number, number];
  /** Of input and output alike. */
  readonly inputLayout: InputLayout;
}

/**
 * A convolution with everything resolved: what the operators hand to a backend, already valid, with no optionals.
 *
 * out[n, oc, oy, ox] = activation(bias[oc] + sum over ic, ky, kx of
 *     weights[oc, ic, ky, kx] * padded[n, firstIc + ic, oy * strideY + ky * dilationY, ox * strideX + kx * dilationX])
 *
 * where firstIc = floor(oc / (outChannels / groups)) * (inChannels / groups), and ic runs over inChannels / groups.
 * Weights always reach a backend in OIHW order.
 *
 * Of integers, inputZeroPoint is subtracted from every input (so that zero padding is filled with it), and the sum with
 * its bias wraps around at 32 bits. Then, by outputDtype:
 *
 *   int32          activation(sum)
 *   float32        activation(float32(sum) * scale[oc]), each step rounded to float32, half to even
 *   int8, uint8    the same, rounded half to even, plus outputZeroPoint, saturated
 */
export interface ConvSpec extends Elements, WindowGeometry {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly border: Border;
  readonly activation: Activation;
}

/** Multiply-adds that the definition takes. */
export function multiplyAdds(spec: ConvSpec): number {
  const { batch, outChannels, outHeight, outWidth, inChannels, groups, kernelHeight, kernelWidth } = spec;
  return batch * outChannels * outHeight * outWidth * (inChannels / groups) * kernelHeight * kernelWidth;
}

/** True where winograd computes this: 3x3 kernels without strides or dilations, float32, nchw. */
export function suitsWinograd(spec: ConvSpec): boolean {
  const { kernelHeight, kernelWidth, strides, dilations, dtype, inputLayout } = spec;
  const plain =
    kernelHeight === 3 && kernelWidth === 3 && [...strides, ...dilations].every((step) => step === 1);
  const fits = spec.inChannels / spec.groups <= 2048; // or its workspace would
  return plain && fits && dtype === "float32" && inputLayout === "nchw";
}

/** True where depthwise computes this: one input channel for each group, 3x3 or 5x5 kernels, strides 1 or 2. */
export function suitsDepthwise(spec: ConvSpec): boolean {
  const { inChannels, groups, kernelHeight, kernelWidth, strides, dilations, inputLayout } = spec;
  return (
    !isInteger(spec.dtype) &&
    inChannels === groups &&
    kernelHeight === kernelWidth &&
    (kernelHeight === 3 || kernelHeight === 5) &&
    strides[0] === strides[1] &&
    strides[0] <= 2 &&
    dilations.every((dilation) => dilation === 1) &&
    inputLayout === "nchw" &&
    (spec.border === "constant" || spec.padding.every((pad) => pad === 0))
  );
}

/** [batch, channels, height, width] in the order of the spec's layout. */
export function inputShapeOf(spec: ConvSpec): [number, number, number, number] {
  const { batch, inChannels, inHeight, inWidth } = spec;
  return spec.inputLayout === "nchw"
    ? [batch, inChannels, inHeight, inWidth]
    : [batch, inHeight, inWidth, inChannels];
}

/** [batch, channels, height, width] in the order of the spec's layout. */
export function outputShapeOf(spec: ConvSpec): [number, number, number, number] {
  const { batch, outChannels, outHeight, outWidth } = spec;
  return spec.inputLayout === "nchw"
    ? [batch, outChannels, outHeight, outWidth]
    : [batch, outHeight, outWidth, outChannels];
}
