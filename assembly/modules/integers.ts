// SPDX-License-Identifier: MIT
// This module convolves uint8 or int8 by int8. Its exports are those of float32.ts.
import { convolveIntegers } from "../integers/convolve";
import { packPairs } from "../integers/pack";
import { IntegerPlan } from "../integers/plan";

export { heapBase } from "../heap";

/** Returns three tiles of output channels, the fewest that are worth a task. */
export function channelUnit(): i32 {
  return 24;
}

export function pack(plan: usize, weights: usize, _scratch: usize): void {
  packPairs(changetype<IntegerPlan>(plan), weights);
}

export function run(
  plan: usize, input: usize, _b: usize, output: usize, workspace: usize, images: i32, from: i32, to: i32, first: i32,
  end: i32,
): void {
  convolveIntegers(changetype<IntegerPlan>(plan), input, output, workspace, images, from, to, first, end);
}
