// SPDX-License-Identifier: MIT
// The convolutions that make up an adjoint multiply by zeros that its definition does not have: around the source, and
// where a merged phase has no tap. Such a product adds nothing if the other factor is finite. An infinity or NaN makes
// the output NaN; that output is then computed again from the products of the definition.

import type { FloatArray } from "../dtype.ts";
import { activationFunction } from "../spec/activation.ts";
import type { ConvSpec } from "../spec/convolution.ts";
import type { Phase, Window } from "./phases.ts";

/** One of the convolutions of stride 1. The pairs of its row and column phases are its blocks of channels. */
export interface PhaseConv {
  readonly spec: ConvSpec;
  readonly rows: readonly Phase[];
  readonly columns: readonly Phase[];
  readonly rowWindow: Window;
  readonly columnWindow: Window;
}

/** The constants from which outputs are computed again: OIHW weights, and one bias for each output channel. */
export interface Weights {
  readonly weights: FloatArray;
  readonly bias: FloatArray | null;
}

/** Whether an added zero can meet an infinity or NaN. */
export function canZerosHarm(
  { rows, columns, rowWindow, columnWindow }: Omit<PhaseConv, "spec">,
  areWeightsFinite: boolean,
): boolean {
  const isPadded = [rowWindow, columnWindow].some(({ before, after }) => before > 0 || after > 0);
  const hasGaps = (phases: readonly Phase[], { size }: Window) =>
    phases.some(({ taps }) => taps.length < size);
  return (isPadded && !areWeightsFinite) || hasGaps(rows, rowWindow) || hasGaps(columns, columnWindow);
}

/**
 * Computes the NaN outputs of a convolution again. Every activation leaves NaN as it is.
 *
 * @param source the whole source, [sourceHeight, sourceWidth] pixels in the convolution's layout
 */
export function computeNaNAgain(
  conv: PhaseConv,
  { weights, bias }: Weights,
  source: FloatArray,
  [sourceHeight, sourceWidth]: readonly [number, number],
  output: FloatArray,
): void {
  const { spec } = conv;
  const { outChannels, outHeight, outWidth } = spec;
  const isPlanar = spec.inputLayout === "nchw";
  const plane = outHeight * outWidth;
  const activation = activationFunction(spec.activation);
  const size = { height: sourceHeight, width: sourceWidth };
  for (let i = 0; i < output.length; i++) {
    if (!Number.isNaN(output[i])) continue;
    const pixel = isPlanar ? i % plane : Math.floor(i / outChannels) % plane;
    const channel = (isPlanar ? Math.floor(i / plane) : i) % outChannels;
    const place = { n: Math.floor(i / (plane * outChannels)), channel, y: Math.floor(pixel / outWidth) };
    const sum = sumAt(conv, weights, source, size, { ...place, x: pixel % outWidth });
    output[i] = activation(sum + (bias === null ? 0 : bias[channel]));
  }
}

interface Place {
  readonly n: number;
  readonly channel: number;
  readonly y: number;
  readonly x: number;
}

/** Sums the products of the source's elements with the phases' taps, and no others. */
function sumAt(
  { spec, rows, columns, rowWindow, columnWindow }: PhaseConv,
  weights: FloatArray,
  source: FloatArray,
  { height, width }: { readonly height: number; readonly width: number },
  { n, channel, y, x }: Place,
): number {
  const { inChannels, outChannels, groups } = spec;
  const block = Math.floor((channel * rows.length * columns.length) / outChannels);
  const [i, j] = [Math.floor(block / columns.length), block % columns.length];
  const ys = metBy(rows[i], rowWindow, i, y, height);
  const xs = metBy(columns[j], columnWindow, j, x, width);
  const groupIn = inChannels / groups;
  const firstIc = Math.floor((channel * groups) / outChannels) * groupIn;
  const isPlanar = spec.inputLayout === "nchw";
  const [pixelStep, channelStep] = isPlanar ? [1, height * width] : [inChannels, 1];
  let sum = 0;
  for (let ic = 0; ic < groupIn; ic++) {
    const from = n * inChannels * height * width + (firstIc + ic) * channelStep;
    const kernel = (channel * groupIn + ic) * rowWindow.size;
    for (const [ky, iy] of ys) {
      for (const [kx, ix] of xs) {
        const weight = weights[(kernel + ky) * columnWindow.size + kx];
        sum += source[from + (iy * width + ix) * pixelStep] * weight;
      }
    }
    // NaN stays NaN, so the rest need not be read.
    if (Number.isNaN(sum)) return sum;
  }
  return sum;
}

/** Lists the taps of one output along an axis that meet the source: [place in the window, place in the source]. */
function metBy(
  { taps }: Phase,
  { offsets, dilation, before }: Window,
  phase: number,
  output: number,
  size: number,
): [tap: number, at: number][] {
  const met: [number, number][] = [];
  for (let k = offsets[phase]; k < offsets[phase] + taps.length; k++) {
    const at = output + k * dilation - before;
    if (at >= 0 && at < size) met.push([k, at]);
  }
  return met;
}

/** Whether an array holds no infinity or NaN: only they give NaN when multiplied by 0, and NaN stays in a sum. */
export function areAllFinite(values: FloatArray): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const quads = values.length - (values.length % 4);
  for (let i = 0; i < quads; i += 4) {
    a += values[i] * 0;
    b += values[i + 1] * 0;
    c += values[i + 2] * 0;
    d += values[i + 3] * 0;
  }
  for (let i = quads; i < values.length; i++) a += values[i] * 0;
  return a + b + c + d === 0;
}
