// SPDX-License-Identifier: MIT
import type { Algorithm, ConvSpec } from "../../spec/convolution.ts";

// Bytes that fit into a second-level cache together: a strip, the weights of one block of products, and, in
// channels-last layout, the pixels that all groups share.
const stripTarget = 192 * 1024;
const weightTarget = 512 * 1024;
/** Panels stay in the first-level cache while weights stream past, even from the third level, so longer sums pay. */
const panelWeightTarget = 4096 * 1024;
const pixelTarget = 256 * 1024;
/**
 * Products in one block. A tile of pixels and its weights fit into the first-level cache. Where direct reads pixels
 * from rows of their own, each takes a cache line.
 */
const productTarget = 320;
/** Kernel elements in one block; a larger kernel is cut into parts. */
const windowLimit = 4096;

/** The size of one block of work, in elements. */
export interface Block {
  ic: number;
  ky: number;
  kx: number;
  rows: number;
  cols: number;
}

/** How a strip row samples the input; see assembly/convolution/strip.ts. */
export interface Sampling {
  readonly rowSample: number;
  readonly phases: number;
  /** Input columns from one element of a phase to the next. */
  readonly phaseSample: number;
  /** Strip elements from one output pixel to the next. */
  readonly pixelSample: number;
  /** Where tap kx begins in the row: the number of its phase, and the element in that phase. */
  readonly phaseOf: (kx: number) => number;
  readonly offsetOf: (kx: number) => number;
}

export function sample(s: ConvSpec, split: boolean): Sampling {
  const rowSample = s.kernelHeight === 1 ? s.strides[0] : commonDivisor(s.strides[0], s.dilations[0]);
  const colSample = s.kernelWidth === 1 ? s.strides[1] : commonDivisor(s.strides[1], s.dilations[1]);
  const stride = s.strides[1] / colSample;
  const dilation = s.dilations[1] / colSample;
  if (!split || stride === 1) {
    const offsetOf = (kx: number) => (kx === 0 ? 0 : kx * dilation);
    return { rowSample, phases: 1, phaseSample: colSample, pixelSample: stride, phaseOf: () => 0, offsetOf };
  }
  // Stride and dilation have no common divisor here. Tap kx has phase (kx dilation) mod stride, which repeats exactly
  // every `stride` taps, so taps with the same kx mod stride share a phase.
  const phases = Math.min(s.kernelWidth, stride);
  const offsetOf = (kx: number) => Math.floor((kx * dilation) / stride);
  return {
    rowSample,
    phases,
    phaseSample: s.strides[1],
    pixelSample: 1,
    phaseOf: (kx) => kx % stride,
    offsetOf,
  };
}

export function phaseLength(block: Block, sampling: Sampling): number {
  return (block.cols - 1) * sampling.pixelSample + reachOf(block.kx, sampling) + 1;
}

export function phasesOf(block: Block, sampling: Sampling): number {
  return Math.min(block.kx, sampling.phases);
}

export function reachOf(kx: number, sampling: Sampling): number {
  return sampling.offsetOf(kx - 1);
}

export function stripRows(s: ConvSpec, rows: number, ky: number, sampling: Sampling): number {
  return ((rows - 1) * s.strides[0] + (ky - 1) * s.dilations[0]) / sampling.rowSample + 1;
}

/**
 * Cuts the work so that a strip stays in the cache, one dimension after the other. assembly/convolution/convolve.ts
 * depends on the order: it splits rows of a kernel only if channels are split, and parts of a row only if rows are.
 */
export function chooseBlock(
  s: ConvSpec,
  algorithm: Algorithm,
  sampling: Sampling,
  straight: boolean,
  e: number,
): Block {
  const channels = s.inChannels / s.groups;
  const window = s.kernelHeight * s.kernelWidth;
  const weightBytes = algorithm === "im2col" ? panelWeightTarget : weightTarget;
  const byWeights = Math.floor(weightBytes / e / (s.outChannels / s.groups));
  const products = Math.max(
    64,
    Math.min(algorithm === "direct" ? productTarget : 2 * productTarget, byWeights),
  );
  const whole = window <= windowLimit;
  const block: Block = {
    ic: whole ? evenly(channels, Math.max(1, Math.floor(products / window))) : 1,
    ky: whole ? s.kernelHeight : evenly(s.kernelHeight, Math.max(1, Math.floor(windowLimit / s.kernelWidth))),
    kx: evenly(s.kernelWidth, windowLimit),
    rows: 1,
    cols: s.outWidth,
  };
  if (straight) {
    block.rows = s.outHeight;
    return block;
  }
  const bytes = (rows: number) =>
    block.ic *
    stripRows(s, rows, block.ky, sampling) *
    phasesOf(block, sampling) *
    phaseLength(block, sampling) *
    e;
  while (bytes(1) > stripTarget) {
    if (block.cols > 256) block.cols = Math.ceil(block.cols / 2);
    else if (block.ic > 1) block.ic = Math.ceil(block.ic / 2);
    else if (block.ky > 1) block.ky = Math.ceil(block.ky / 2);
    else if (block.kx > 1) block.kx = Math.ceil(block.kx / 2);
    else block.cols = Math.ceil(block.cols / 2);
  }
  const perRow = bytes(2) - bytes(1);
  let rows = 1 + Math.floor((stripTarget - bytes(1)) / perRow);
  if (s.inputLayout === "nhwc" && s.groups > 1) {
    // Each group reads a few bytes of each pixel, so the pixels must stay in the cache until the last group.
    const pixelBytes = (s.inChannels * s.strides[0] * s.strides[1] + s.outChannels) * e;
    rows = Math.min(rows, Math.max(1, Math.floor(pixelTarget / (block.cols * pixelBytes))));
  }
  block.rows = evenly(s.outHeight, rows);
  return block;
}

/** Returns the size of equal parts, none of them above `limit`. */
export function evenly(size: number, limit: number): number {
  return Math.ceil(size / Math.ceil(size / limit));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
