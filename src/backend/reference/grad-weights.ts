// SPDX-License-Identifier: MIT
import type { FloatArray } from "../../dtype.ts";
import type { ConvSpec } from "../../spec/convolution.ts";
import type { Geometry } from "./geometry.ts";

/**
 * Computes the definition: for each weight, the sum over batch and outputs of the output's gradient times the input
 * element that the weight meets there. Sums are float64.
 *
 *   gradWeights[oc, ic, ky, kx] = sum over n, oy, ox of
 *       gradOutput[n, oc, oy, ox] * padded[n, ic, oy * strideY + ky * dilationY, ox * strideX + kx * dilationX]
 */
export function gradWeights(
  spec: ConvSpec,
  { input, output, sourceRow, sourceColumn }: Geometry,
  x: FloatArray,
  gradOutput: FloatArray,
  out: FloatArray,
): void {
  const { batch, outChannels, outHeight, outWidth, kernelHeight, kernelWidth } = spec;
  const groupIn = spec.inChannels / spec.groups;
  const groupOut = outChannels / spec.groups;

  const { column: inColumn } = input;
  const { column: outColumn } = output;

  /** Sums along one row of outputs; `isZero` says that the input's row is padding. */
  const rowSum = (outRow: number, inRow: number, isZero: boolean, kx: number): number => {
    let sum = 0;
    for (let ox = 0; ox < outWidth; ox++) {
      const column = sourceColumn[ox * kernelWidth + kx];
      const value = isZero || column < 0 ? 0 : x[inRow + column * inColumn];
      sum += gradOutput[outRow + ox * outColumn] * value;
    }
    return sum;
  };

  let weight = 0;
  for (let oc = 0; oc < outChannels; oc++) {
    const firstIc = Math.floor(oc / groupOut) * groupIn;
    for (let ic = firstIc; ic < firstIc + groupIn; ic++) {
      for (let ky = 0; ky < kernelHeight; ky++) {
        for (let kx = 0; kx < kernelWidth; kx++) {
          let sum = 0;
          for (let n = 0; n < batch; n++) {
            for (let oy = 0; oy < outHeight; oy++) {
              const row = sourceRow[oy * kernelHeight + ky];
              const outRow = n * output.batch + oc * output.channel + oy * output.row;
              const inRow = n * input.batch + ic * input.channel + row * input.row;
              sum += rowSum(outRow, inRow, row < 0, kx);
            }
          }
          out[weight++] = sum;
        }
      }
    }
  }
}
