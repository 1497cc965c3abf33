// SPDX-License-Identifier: MIT
import type { Algorithm, ConvSpec } from "../spec.ts";

// Bytes that fit into a second level cache together: a strip, the weights of one block of products, and, where the
// channels of a pixel lie side by side, the pixels that all groups share.
const stripTarget = 192 * 1024;
const weightTarget = 512 * 1024;
const pixelTarget = 256 * 1024;
/** Products in one block: a tile of pixels and its weights fit into the first level cache. */
const productTarget = 320;
/** A filter window larger than this is taken in parts. */
const windowLimit = 4096;

/** Sizes in elements of one block of work. */
export interface Block {
  ic: number;
  ky: number;
  kx: number;
  rows: number;
  cols: number;
}

/** How a strip row samples the input, see assembly/strip.ts. */
export interface Sampling {
  readonly rowStep: number;
  readonly slots: number;
  /** Input columns from one element of a slot to the next. */
  readonly slotStep: number;
  /** Strip elements from one output pixel to the next. */
  readonly pixelStep: number;
  /** Where tap kx begins in the row: its slot, and the element there. */
  readonly slotOf: (kx: number) => number;
  readonly offsetOf: (kx: number) => number;
}

export function sample(s: ConvSpec, split: boolean): Sampling {
  const rowStep = s.kernelHeight === 1 ? s.strides[0] : commonDivisor(s.strides[0], s.dilations[0]);
  const colStep = s.kernelWidth === 1 ? s.strides[1] : commonDivisor(s.strides[1], s.dilations[1]);
  const stride = s.strides[1] / colStep;
  const dilation = s.dilations[1] / colStep;
  if (!split || stride === 1) {
    const offsetOf = (kx: number) => (kx === 0 ? 0 : kx * dilation);
    return { rowStep, slots: 1, slotStep: colStep, pixelStep: stride, slotOf: () => 0, offsetOf };
  }
  // Stride and dilation have no common divisor here: tap kx has phase (kx dilation) mod stride, which repeats after
  // `stride` taps and not before, so slot kx mod stride holds just that phase.
  const slots = Math.min(s.kernelWidth, stride);
  const offsetOf = (kx: number) => Math.floor((kx * dilation) / stride);
  return { rowStep, slots, slotStep: s.strides[1], pixelStep: 1, slotOf: (kx) => kx % stride, offsetOf };
}

export function slotLength(block: Block, sampling: Sampling): number {
  return (block.cols - 1) * sampling.pixelStep + reachOf(block.kx, sampling) + 1;
}

export function slotsOf(block: Block, sampling: Sampling): number {
  return Math.min(block.kx, sampling.slots);
}

export function reachOf(kx: number, sampling: Sampling): number {
  return sampling.offsetOf(kx - 1);
}

export function stripRows(s: ConvSpec, rows: number, ky: number, sampling: Sampling): number {
  return ((rows - 1) * s.strides[0] + (ky - 1) * s.dilations[0]) / sampling.rowStep + 1;
}

/**
 * Cuts the work so that a strip stays in the cache, at most one of its dimensions at a time. The order matters to
 * assembly/convolve.ts: rows of a filter are split only if channels are, parts of a row only if rows are.
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
  const byWeights = Math.floor(weightTarget / e / (s.outChannels / s.groups));
  const products = Math.max(
    64,
    Math.min(algorithm === "strided" ? 2 * productTarget : productTarget, byWeights),
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
    slotsOf(block, sampling) *
    slotLength(block, sampling) *
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
    // Each group takes a few bytes of each pixel: the pixels have to stay in the cache till the last one.
    const pixelBytes = (s.inChannels * s.strides[0] * s.strides[1] + s.outChannels) * e;
    rows = Math.min(rows, Math.max(1, Math.floor(pixelTarget / (block.cols * pixelBytes))));
  }
  block.rows = evenly(s.outHeight, rows);
  return block;
}

/** The size of equal parts, none of them above `limit`. */
function evenly(size: number, limit: number): number {
  return Math.ceil(size / Math.ceil(size / limit));
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
