// SPDX-License-Identifier: MIT

/**
 * The function applied to each output after the bias.
 *
 * | kind | value |
 * |---|---|
 * | none | x |
 * | relu | max(0, x) |
 * | leakyRelu | x < 0 ? alpha x : x |
 * | clamp | min(max(x, min), max) |
 * | sigmoid | 1 / (1 + exp(-x)) |
 * | tanh | tanh(x) |
 *
 * NaN stays NaN in all of them.
 */
export type Activation =
  | { readonly kind: "none" | "relu" | "sigmoid" | "tanh" }
  | { readonly kind: "leakyRelu"; readonly alpha: number }
  | { readonly kind: "clamp"; readonly min: number; readonly max: number };

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
