// SPDX-License-Identifier: MIT
import { limits } from "../../dtype.ts";
import type { Activation } from "../../spec/activation.ts";
import { activationFunction } from "../../spec/activation.ts";
import type { ConvSpec } from "../../spec/convolution.ts";

/** Returns the function from an exact sum, which wraps around at 32 bits, to the output; see {@link ConvSpec}. */
export function integerOutput(
  spec: ConvSpec,
  scale: Float32Array | null,
): (sum: number, oc: number) => number {
  const finish = finishOf(spec, scale);
  return (sum, oc) => finish(sum | 0, oc);
}

function finishOf(spec: ConvSpec, scale: Float32Array | null): (sum: number, oc: number) => number {
  const { outputDtype, outputZeroPoint } = spec;
  const activation = activationOf(spec.activation);
  if (scale === null) return activation;
  const scaled = (sum: number, oc: number) => activation(Math.fround(Math.fround(sum) * scale[oc]));
  if (outputDtype === "float32") return scaled;
  const [min, max] = limits[outputDtype as "int8" | "uint8"];
  return (sum, oc) => Math.min(Math.max(roundHalfToEven(scaled(sum, oc)) + outputZeroPoint, min), max);
}

/** The activation in float32: limits and slopes are rounded to it, and a negative zero passes relu and clamp. */
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

/** Clamps without changing the sign of a zero, which Math.min and Math.max may. */
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
