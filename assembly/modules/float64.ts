// SPDX-License-Identifier: MIT
// This module convolves float64. Its exports are those of float32.ts, and it has no winograd.
import { convolve } from "../convolution/convolve";
import { packWeights } from "../convolution/pack";
import { Plan } from "../convolution/plan";
import { channelUnit as unit } from "../tiles/column";

export { heapBase } from "../heap";

export function channelUnit(): i32 {
  return unit;
}

export function pack(plan: usize, weights: usize, _scratch: usize): void {
  packWeights<f64>(changetype<Plan>(plan), weights);
}

export function run(
  plan: usize, input: usize, _b: usize, output: usize, workspace: usize, images: i32, from: i32, to: i32, first: i32,
  end: i32,
): void {
  convolve<f64>(changetype<Plan>(plan), input, output, workspace, images, from, to, first, end);
}
