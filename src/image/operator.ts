// SPDX-License-Identifier: MIT
import type { Kernel } from "../kernels/index.ts";

/** An operation on an image. */
export type ImageOperator =
  /** Correlates each colour channel with the kernel; alpha stays as it is. */
  | { readonly kind: "linear"; readonly kernel: Kernel }
  /**
   * Computes edge strength as one grey channel: `gain * sqrt(gx^2 + gy^2)`, where gx and gy are the luma's correlations
   * with two derivative kernels of the same shape.
   */
  | { readonly kind: "gradient"; readonly x: Kernel; readonly y: Kernel; readonly gain: number };

/**
 * Makes the gradient operator of a derivative kernel. Its gain divides by the kernel's answer to a unit step, so that
 * Sobel, Prewitt and Scharr agree on the strength of a straight edge. It then doubles the result, as few edges in a
 * photograph span more than half of the range from black to white; those saturate.
 */
export function gradientOf(derivative: (axis: "x" | "y") => Kernel): ImageOperator {
  const x = derivative("x");
  let stepAnswer = 0;
  for (const weight of x.data) stepAnswer += Math.max(weight, 0);
  return { kind: "gradient", x, y: derivative("y"), gain: 2 / stepAnswer };
}

/** Returns the operator's kernels as conv2d weights of one input channel, with one output channel for each kernel. */
export function weightsOf(operator: ImageOperator): { data: Float32Array; shape: number[] } {
  if (operator.kind === "linear") {
    return { data: operator.kernel.data, shape: [1, 1, ...operator.kernel.shape] };
  }
  const { x, y } = operator;
  const data = new Float32Array(x.data.length + y.data.length);
  data.set(x.data, 0);
  data.set(y.data, x.data.length);
  return { data, shape: [2, 1, ...x.shape] };
}

/** Computes out[i] = gain * the length of the vector (gradients[i], gradients[i + out.length]). */
export function magnitude(out: Uint8ClampedArray, gradients: Float32Array, gain: number): void {
  const count = out.length;
  for (let i = 0; i < count; i++) {
    const gx = gradients[i];
    const gy = gradients[count + i];
    out[i] = gain * Math.sqrt(gx * gx + gy * gy);
  }
}
