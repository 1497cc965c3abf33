// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import type { ConvSpec } from "../spec/convolution.ts";
import { type OverlapSave, planOverlapSave } from "./overlap-save.ts";
import { type PaddedSignal, readPadded } from "./signal.ts";

/** Correlates a signal, given as a matrix of one row, by Fourier transforms of its blocks. */
export function correlateByFft(...operands: Parameters<typeof correlateByBlocks>): void {
  for (const _ of correlateByBlocks(...operands));
}

/** Correlates block by block, and yields after each. */
export function* correlateByBlocks(
  spec: ConvSpec,
  x: FloatArray,
  taps: FloatArray,
  output: FloatArray,
): Generator<void> {
  const { padding, border, outWidth, strides, dilations } = spec;
  const signal: PaddedSignal = { x, before: padding[2], after: padding[3], border };
  const blocks = planOverlapSave(taps, dilations[1]);
  const block = new Float64Array(blocks.fftLength);
  for (let done = 0; done < outWidth; ) {
    const start = Math.floor((done * strides[1]) / blocks.step) * blocks.step;
    readPadded(signal, start, block);
    done += takeOutputs(blocks, block, start, strides[1], output.subarray(done), done);
    yield;
  }
}

/** Writes the outputs of the block at position `start`, from output number `first` on; returns how many it wrote. */
export function takeOutputs(
  blocks: OverlapSave,
  block: Float64Array,
  start: number,
  stride: number,
  target: FloatArray,
  first: number,
): number {
  const results = blocks.run(block);
  let count = 0;
  for (let at = first * stride - start; at < blocks.step && count < target.length; at += stride) {
    target[count++] = results[at];
  }
  return count;
}
