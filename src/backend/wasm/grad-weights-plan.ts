// SPDX-License-Identifier: MIT
import type { Algorithm, ConvSpec } from "../../spec/convolution.ts";
import type { Band } from "./bands.ts";
import { type Block, evenly, phaseLength, phasesOf, type Sampling, stripRows } from "./blocks.ts";
import { planWasm } from "./conv-plan.ts";
import { layout } from "./helper.ts";
import type { WasmMemory } from "./memory.ts";
import { biasSlack, type WasmPlan, writePlan } from "./plan.ts";
import { cut } from "./tasks.ts";

/** Pixels that are summed up in registers, if their packed outputs stay in the second-level cache. */
const mostPixels = 512;
const fewestPixels = 64;
/** With fewer output channels nothing is packed, so more pixels fit; see assembly/gradients/pixel-sums.ts. */
const fewOutputs = 4;
const mostPlanePixels = 4096;
const outputsTarget = 512 * 1024;
/** Bytes of a strip, and of a panel of windows. */
const stripTarget = 192 * 1024;
const panelTarget = 128 * 1024;
/** Window elements in a block; each has an entry in a table. */
const mostElements = 2048;
/** Bytes that packing writes beyond the last pixel, as in assembly/gradients/pack.ts. */
const panelSlack = 96;
/**
 * Words of the fields that the gradient adds to a convolution's: four fixed ones, and three that change with the band.
 */
const fieldsBefore = 4;
const extraWords = fieldsBefore + 3;

/** Elements that make it worthwhile for a task to pack all outputs again. */
const elementsPerTask = 128;
const worthSharing = 1e6;
const partsPerThread = 4;

/** The layout of a gradient of weights for assembly/gradients, without addresses. */
export interface GradWeightsPlan {
  readonly conv: WasmPlan;
  readonly pixelSums: boolean;
  readonly panelElements: number;
  readonly outputsOffset: number;
  readonly elementsOffset: number;
  readonly headBytes: number;
  readonly zeroBytes: number;
  readonly workspaceBytes: number;
}

/** Lays out a gradient of weights; see planBands for `wholeRows`. */
export function planGradWeights(s: ConvSpec, wholeRows = false): GradWeightsPlan {
  // The strip of an im2col convolution holds what the gradient reads; everything else follows it.
  const conv = planWasm(s, "im2col", wholeRows, chooseGradientBlock);
  const e = s.dtype === "float32" ? 4 : 8;
  const { rowBlock, colBlock, icBlock } = conv.fields;
  const pixels = rowBlock * colBlock;
  const lanes = 32 / e;
  const elements = icBlock * s.kernelHeight * s.kernelWidth;
  const inPanel = Math.max(1, Math.floor(panelTarget / (pixels * e * lanes))) * lanes;
  const panelElements = Math.ceil(evenly(elements, inPanel) / lanes) * lanes;
  const outputsOffset = conv.workspaceBytes;
  const elementsOffset = outputsOffset + Math.ceil(((s.outChannels / s.groups) * pixels * e) / 16) * 16;
  return {
    conv,
    pixelSums: hasFewOutputs(s),
    panelElements,
    outputsOffset,
    elementsOffset,
    headBytes: conv.headBytes + 4 * extraWords,
    zeroBytes: (s.outChannels + biasSlack) * e,
    workspaceBytes: elementsOffset + panelElements * pixels * e + panelSlack,
  };
}

const hasFewOutputs = ({ outChannels, groups }: ConvSpec) => outChannels / groups < fewOutputs;

function chooseGradientBlock(
  s: ConvSpec,
  _: Algorithm,
  sampling: Sampling,
  straight: boolean,
  e: number,
): Block {
  const outputPixels = outputsTarget / (e * (s.outChannels / s.groups));
  const most = hasFewOutputs(s) ? mostPlanePixels : mostPixels;
  const pixels = Math.min(most, Math.max(fewestPixels, Math.floor(outputPixels)));
  const cols = evenly(s.outWidth, pixels);
  const rows = evenly(s.outHeight, Math.max(1, Math.floor(pixels / cols)));
  const channels = s.inChannels / s.groups;
  const window = s.kernelHeight * s.kernelWidth;
  const block = { ky: s.kernelHeight, kx: s.kernelWidth, rows, cols };
  const one = { ...block, ic: 1 };
  const channelBytes =
    stripRows(s, rows, block.ky, sampling) * phasesOf(one, sampling) * phaseLength(one, sampling) * e;
  const inStrip = straight ? channels : Math.max(1, Math.floor(stripTarget / channelBytes));
  const inTable = Math.max(1, Math.floor(mostElements / window));
  return { ...block, ic: evenly(channels, Math.min(inStrip, inTable)) };
}

/** The fields that change from band to band. */
export interface BandOfSums {
  readonly from: number;
  readonly to: number;
  /** Whether the gradient already holds the sums of earlier bands. */
  readonly accumulate: boolean;
}

/** Writes a plan to `at`, followed by zeros that stand for a bias. */
export function writeGradWeightsPlan(
  { conv, pixelSums, panelElements, outputsOffset, elementsOffset, headBytes, zeroBytes }: GradWeightsPlan,
  at: number,
  memory: WasmMemory,
): void {
  const taps = at + headBytes;
  const zeros = zerosAt(at, headBytes, conv);
  memory.uint8.fill(0, zeros, zeros + zeroBytes);
  const addresses = { taps, weights: 0, bias: zeros, zeros, scale: zeros };
  writePlan(conv, at, addresses, memory.float64, memory.int32);
  const fields = {
    pixelSums: Number(pixelSums),
    panelElements,
    outputsOffset,
    elementsOffset,
  };
  memory.int32.set(Object.values(fields), (at + conv.headBytes) / 4);
}

export function writeBand(
  { conv }: GradWeightsPlan,
  at: number,
  { from, to, accumulate }: BandOfSums,
  memory: WasmMemory,
): void {
  const fields = {
    fromRow: from,
    toRow: to,
    accumulate: Number(accumulate),
  };
  memory.int32.set(Object.values(fields), (at + conv.headBytes) / 4 + fieldsBefore);
}

const zerosAt = (at: number, headBytes: number, { taps }: WasmPlan) =>
  Math.ceil((at + headBytes + taps.byteLength) / 8) * 8;

/** Bytes that `writeGradWeightsPlan` writes. */
export const planBytes = ({ conv, headBytes, zeroBytes }: GradWeightsPlan): number =>
  zerosAt(0, headBytes, conv) + zeroBytes;

/** A part of the gradient: input channels [from, to) of a group, output channels [first, end). */
export interface GradientTask {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly end: number;
}

/** Cuts the gradient, but none of its sums, for `threads`: by groups, input channels or output channels. */
export function cutGradient(s: ConvSpec, band: Band, products: number, threads: number): GradientTask[] {
  const { first, end } = band;
  const groupIn = s.inChannels / s.groups;
  const groupOut = s.outChannels / s.groups;
  const whole = { from: 0, to: groupIn, first, end };
  if (threads === 1 || products < worthSharing) return [whole];
  const parts = Math.min(threads * partsPerThread, layout.mostJobs);
  const groups = (end - first) / groupOut;
  const elements = groupIn * s.kernelHeight * s.kernelWidth;
  if (groups === 1 && elements >= elementsPerTask * threads && groupIn >= 2 * threads) {
    const count = Math.min(parts, Math.floor(elements / elementsPerTask));
    return cut(groupIn, 1, count).map(([from, to]) => ({ ...whole, from, to }));
  }
  const byGroups = groups >= threads;
  const outputs = byGroups ? cut(end - first, groupOut, parts) : cut(end - first, 1, threads);
  return outputs.map(([a, b]) => ({ ...whole, first: first + a, end: first + b }));
}
