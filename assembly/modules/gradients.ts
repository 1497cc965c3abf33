// SPDX-License-Identifier: MIT
// This module computes gradients of weights in both floating-point types.
import { GradWeightsPlan } from "../gradients/plan";
import { sumGradients } from "../gradients/weights";

export { heapBase } from "../heap";

/**
 * `sumGradients` says what the arguments are. At least 512 readable bytes must follow the tensors. Several instances
 * may compute parts of one gradient at a time, each with a workspace of its own.
 */
export function run(
  plan: usize, input: usize, gradOutput: usize, gradWeights: usize, workspace: usize, images: i32, from: i32, to: i32,
  first: i32, end: i32,
): void {
  const p = changetype<GradWeightsPlan>(plan);
  if (p.elementBytes == 4) sumGradients<f32>(p, input, gradOutput, gradWeights, workspace, images, from, to, first, end);
  else sumGradients<f64>(p, input, gradOutput, gradWeights, workspace, images, from, to, first, end);
}
