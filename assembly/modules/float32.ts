// SPDX-License-Identifier: MIT
import { convolve } from "../convolution/convolve";
import { packWeights } from "../convolution/pack";
import { Algorithm, Plan } from "../convolution/plan";
import { channelUnit as unit } from "../tiles/column";
import { packWinograd } from "../winograd/weights";

export { heapBase } from "../heap";

/** Returns how many output channels `run` computes together. */
export function channelUnit(): i32 {
  return unit;
}

/** Packs OIHW weights to where the plan wants them. It overwrites 512 bytes of `scratch`. */
export function pack(plan: usize, weights: usize, scratch: usize): void {
  const p = changetype<Plan>(plan);
  if (p.algorithm == Algorithm.WINOGRAD) packWinograd(p, weights, scratch);
  else packWeights<f32>(p, weights);
}

/**
 * Computes output rows `from` (inclusive) to `to` and output channels `first` to `end` of `images` images.
 *
 * `input` and `output` are where row 0 of the first image would lie: only the rows that are read and written have to be
 * there. At least 512 readable bytes must follow the input and the output. The workspace has the size that the plan was
 * made for. For winograd, `from` is a multiple of the size of its squares.
 *
 * `first` is a multiple of channelUnit() or of a group's size, and so is `end` unless it is the last. A group that has
 * channelUnit() channels gives at least as many. Several instances may compute parts of one output at a time, each with
 * a workspace of its own.
 */
export function run(
  plan: usize, input: usize, _b: usize, output: usize, workspace: usize, images: i32, from: i32, to: i32, first: i32,
  end: i32,
): void {
  convolve<f32>(changetype<Plan>(plan), input, output, workspace, images, from, to, first, end);
}
