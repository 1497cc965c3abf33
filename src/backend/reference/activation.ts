// SPDX-License-Identifier: MIT
import type { Activation } from "../../spec.ts";

/** The function that an activation stands for; see {@link Activation} for the formulas. */
export function activationFunction(activation: Activation): (x: number) => number {
  switch (activation.kind) {
    case "none":
      return (x) => x;
    case "relu":
      return (x) => Math.max(0, x);
    case "leakyRelu": {
      const { alpha } = activation;
      return (x) => (x < 0 ? alpha * x : x);
    }
    case "clamp": {
      const { min, max } = activation;
      return (x) => Math.min(Math.max(x, min), max);
    }
    case "sigmoid":
      return (x) => 1 / (1 + Math.exp(-x));
    case "tanh":
      return Math.tanh;
  }
}
