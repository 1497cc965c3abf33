// SPDX-License-Identifier: MIT
import { limits, type TypedArray } from "../../dtype.ts";
import type { Activation, ConvSpec } from "../../spec.ts";
import { activationFunction } from "./activation.ts";
import type { Geometry } from "./geometry.ts";

/** The definition for integers: sums of (x - inputZeroPoint) * w. What padding is filled with stands for zero. */
export function directInteger(
  spec: ConvSpec,
  { input, output, sourceRow, sourceColumn }: Geometry,
  weights: TypedArray,
  bias: TypedArray | null,
  finish: (sum: number, oc: number) => number,
  x: TypedArray,
  out: TypedArray,
): void {
  const { batch, outChannels, outHeight, outWidth, kernelHeight, kernelWidth, inputZeroPoint } = spec;
  const groupIn = spec.inChannels / spec.groups;
  const groupOut = outChannels / spec.groups;
  for (let n = 0; n < batch; n++) {
    for (let oc = 0; oc < outChannels; oc++) {
      const firstIc = Math.floor(oc / groupOut) * groupIn;
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          // Exact in float64 up to 2^53, which is 2^37 products.
          let sum = bias === null ? 0 : bias[oc];
          let w = oc * groupIn * kernelHeight * kernelWidth;
          for (let ic = 0; ic < groupIn; ic++) {
            const plane = n * input.batch + (firstIc + ic) * input.channel;
            for (let ky = 0; ky < kernelHeight; ky++) {
              const row = sourceRow[oy * kernelHeight + ky];
              for (let kx = 0; kx < kernelWidth; kx++, w++) {
                const column = sourceColumn[ox * kernelWidth + kx];
                if (row < 0 || column < 0) continue;
                sum += weights[w] * (x[plane + row * input.row + column * input.column] - inputZeroPoint);
              }
            }
          }
          // Wraps around at 32 bits.
          out[n * output.batch + oc * output.channel + oy * output.row + ox * output.column] = finish(
            sum | 0,
            oc,
          );
        }
      }
    }
  }
}

/** From a sum of 32 bits to the output, as {@link ConvSpec} says. */
export function finishOf(spec: ConvSpec, scale: Float32Array | null): (sum: number, oc: number) => number {
  const { outputDtype, outputZeroPoint } = spec;
  const activation = activationOf(spec.activation);
  if (scale === null) return activation;
  const scaled = (sum: number, oc: number) => activation(Math.fround(Math.fround(sum) * scale[oc]));
  if (outputDtype === "float32") return scaled;
  const [min, max] = limits[outputDtype as "int8" | "uint8"];
  return (sum, oc) => Math.min(Math.max(roundHalfToEven(scaled(sum, oc)) + outputZeroPoint, min), max);
}

/** An activation of float32: limits and slopes are rounded to it, and a negative zero passes relu and clamp. */
function activationOf(activation: Activation): (x: number) => number {
  switch (activation.kind) {
    case "relu":
      return (x) => clamp(x, 0, Infinity);
    case "clamp": {
      const min = Math.fround(activation.min);
      const max = Math.fround(activation.max);
      return (x) => clamp(x, min, max);
    }
    case "leakyRelu": {
      const alpha = Math.fround(activation.alpha);
      return (x) => (x < 0 ? Math.fround(alpha * x) : x);
    }
    default:
      return activationFunction(activation);
  }
}

/** Unlike Math.min and Math.max, keeps the sign of a zero. */
function clamp(x: number, min: number, max: number): number {
  if (x < min) return min;
  if (x > max) return max;
  return x;
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}
