// SPDX-License-Identifier: MIT
// As float32.ts, without winograd.
import { convolve } from "../convolve";
import { GradWeightsPlan } from "../gradients/plan";
import { gradWeights } from "../gradients/weights";
import { packWeights } from "../pack";
import { Algorithm, Plan } from "../plan";
import { channelUnit as unit } from "../tiles/column";

export { heapBase } from "../heap";

export function channelUnit(): i32 {
  return unit;
}

export function pack(plan: usize, weights: usize, _scratch: usize): void {
  packWeights<f64>(changetype<Plan>(plan), weights);
}

export function run(
  plan: usize, input: usize, output: usize, workspace: usize, images: i32, from: i32, to: i32, first: i32, end: i32,
): void {
  const p = changetype<Plan>(plan);
  if (p.algorithm == Algorithm.GRAD_WEIGHTS) {
    const g = changetype<GradWeightsPlan>(plan);
    gradWeights<f64>(g, input, output, workspace, images, from, to, first, end);
  } else convolve<f64>(p, input, output, workspace, images, from, to, first, end);
}
