// SPDX-License-Identifier: MIT
import { isInteger } from "../dtype.ts";
import type { Activation } from "./activation.ts";
import type { Border } from "./border.ts";
import type { Elements } from "./elements.ts";
import type { InputLayout } from "./layout.ts";

/**
 * The ways to compute a convolution. A backend may lack some, or have them for some specs only: its `supports` tells.
 * The reference backend has no "depthwise".
 */
export const algorithms = ["direct", "im2col", "strided", "winograd", "depthwise"] as const;
export type Algorithm = (typeof algorithms)[number];

/**
 * "exact" rules out winograd, which rounds even whole numbers, spreads NaN, and has up to 16 times the others' error.
 */
export const accuracies = ["fast", "exact"] as const;
export type Accuracy = (typeof accuracies)[number];

/** Windows that slide over images, with every option resolved. */
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
  /** The layout of both input and output. */
  readonly inputLayout: InputLayout;
}

/**
 * A convolution with every option resolved. It is valid and has no optionals when it reaches a backend.
 *
 * out[n, oc, oy, ox] = activation(bias[oc] + sum over ic, ky, kx of
 *     weights[oc, ic, ky, kx] * padded[n, firstIc + ic, oy * strideY + ky * dilationY, ox * strideX + kx * dilationX])
 *
 * where firstIc = floor(oc / (outChannels / groups)) * (inChannels / groups), and ic runs over inChannels / groups.
 * Weights always reach a backend in OIHW order.
 *
 * An integer convolution subtracts inputZeroPoint from every input, with zero padding filled with it, and wraps the sum
 * with its bias around at 32 bits. The outputDtype decides what follows:
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

/** Counts the multiply-adds of the definition, those on padding included. */
export function multiplyAdds(spec: ConvSpec): number {
  const { batch, outChannels, outHeight, outWidth, inChannels, groups, kernelHeight, kernelWidth } = spec;
  return batch * outChannels * outHeight * outWidth * (inChannels / groups) * kernelHeight * kernelWidth;
}

/**
 * True where winograd applies: 3x3 kernels without strides or dilations, float32, nchw, up to 2048 channels a group.
 */
export function suitsWinograd(spec: ConvSpec): boolean {
  const { kernelHeight, kernelWidth, strides, dilations, dtype, inputLayout } = spec;
  const plain =
    kernelHeight === 3 && kernelWidth === 3 && [...strides, ...dilations].every((step) => step === 1);
  const fits = spec.inChannels / spec.groups <= 2048; // More would make the workspace too large.
  return plain && fits && dtype === "float32" && inputLayout === "nchw";
}

/**
 * True where depthwise applies: floating point in nchw with one input channel for each group, 3x3 or 5x5 kernels
 * without dilations, equal strides of 1 or 2, and no padding other than zeros.
 */
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

/** Returns the input's sizes in the order of the spec's layout. */
export function inputShapeOf(spec: ConvSpec): [number, number, number, number] {
  const { batch, inChannels, inHeight, inWidth } = spec;
  return spec.inputLayout === "nchw"
    ? [batch, inChannels, inHeight, inWidth]
    : [batch, inHeight, inWidth, inChannels];
}

/** Returns the output's sizes in the order of the spec's layout. */
export function outputShapeOf(spec: ConvSpec): [number, number, number, number] {
  const { batch, outChannels, outHeight, outWidth } = spec;
  return spec.inputLayout === "nchw"
    ? [batch, outChannels, outHeight, outWidth]
    : [batch, outHeight, outWidth, outChannels];
}
