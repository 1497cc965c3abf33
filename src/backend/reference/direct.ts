// SPDX-License-Identifier: MIT
import type { TypedArray } from "../../dtype.ts";
import type { ConvSpec } from "../../spec/convolution.ts";
import type { Geometry } from "./geometry.ts";

/**
 * Computes the definition: each output is a sum over its window, read from the input in place. Sums are float64, which
 * is exact for integers up to 2^37 products. Padding counts as zero, also if zero has an inputZeroPoint.
 *
 * @param finish makes an output of channel `oc` from its sum
 */
export function direct(
  spec: ConvSpec,
  geometry: Geometry,
  weights: TypedArray,
  bias: TypedArray | null,
  finish: (sum: number, oc: number) => number,
  x: TypedArray,
  out: TypedArray,
): void {
  const { batch, outChannels, outHeight, outWidth, kernelHeight, kernelWidth, inputZeroPoint } = spec;
  const { input, output, sourceRow, sourceColumn } = geometry;
  const groupIn = spec.inChannels / spec.groups;
  const groupOut = outChannels / spec.groups;
  for (let n = 0; n < batch; n++) {
    for (let oc = 0; oc < outChannels; oc++) {
      const firstIc = Math.floor(oc / groupOut) * groupIn;
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          let sum = bias === null ? 0 : bias[oc];
          let w = oc * groupIn * kernelHeight * kernelWidth;
          for (let ic = 0; ic < groupIn; ic++) {
            const plane = n * input.batch + (firstIc + ic) * input.channel;
            for (let ky = 0; ky < kernelHeight; ky++) {
              const row = sourceRow[oy * kernelHeight + ky];
              for (let kx = 0; kx < kernelWidth; kx++) {
                const column = sourceColumn[ox * kernelWidth + kx];
                const value =
                  row < 0 || column < 0
                    ? 0
                    : x[plane + row * input.row + column * input.column] - inputZeroPoint;
                sum += weights[w++] * value;
              }
            }
          }
          out[n * output.batch + oc * output.channel + oy * output.row + ox * output.column] = finish(
            sum,
            oc,
          );
        }
      }
    }
  }
}
