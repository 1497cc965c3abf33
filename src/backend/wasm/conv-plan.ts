// SPDX-License-Identifier: MIT
import { isInteger } from "../../dtype.ts";
import { borders } from "../../spec/border.ts";
import { type Algorithm, algorithms, type ConvSpec } from "../../spec/convolution.ts";
import type { Steps } from "../../spec/layout.ts";
import { planBands } from "./bands.ts";
import {
  type Block,
  chooseBlock,
  phaseLength,
  phasesOf,
  reachOf,
  type Sampling,
  sample,
  stripRows,
} from "./blocks.ts";
import { planIntegers } from "./integer-plan.ts";
import { convModule } from "./modules.ts";
import {
  activationCode,
  biasSlack,
  byteStepsOf,
  frameBytes,
  limitsOf,
  scratchBytes,
  slackBytes,
  type WasmPlan,
} from "./plan.ts";
import { planSquares, squareSize } from "./winograd.ts";

/** Bytes that one product takes in the panels of im2col, as in assembly/algorithms/im2col.ts. */
const panelBytesOfProduct = 4 * 32;

/** The largest kernel side that is sure to lie in one block of products; see blocks.ts. */
const bandKernel = 64;

/** Bytes of zeros around depthwise's row of zeros, as in assembly/convolution/convolve.ts. */
const zeroRowBytes = 2 * 128;

/**
 * Lays out a convolution for assembly/convolution.
 *
 * @param wholeRows see planBands
 * @param choose cuts the work into blocks
 */
export function planWasm(
  s: ConvSpec,
  algorithm: Algorithm,
  wholeRows = false,
  choose = chooseBlock,
): WasmPlan {
  if (isInteger(s.dtype)) return planIntegers(s, wholeRows);
  const e = s.dtype === "float32" ? 4 : 8;
  const channelsLast = s.inputLayout === "nhwc";
  const winograd = algorithm === "winograd";
  const planes = planesOf(s, algorithm);
  const bands = planBands(s, winograd ? squareSize(s) : 1, planes !== "none", wholeRows);
  const input = byteStepsOf(s.inputLayout, bands.inChannels, bands.inRows, s.inWidth, e);
  const output = byteStepsOf(s.inputLayout, bands.outChannels, bands.outRows, s.outWidth, e);
  const sampling = sample(s, algorithm !== "strided");
  const straight = planes === "in place" || readsInPlace(s, algorithm, channelsLast);
  const block = choose(s, algorithm, sampling, straight, e);
  const source = straight ? inPlaceSource(s, input) : stripSource(s, block, sampling, e);
  const groupIn = s.inChannels / s.groups;
  const groupOut = s.outChannels / s.groups;
  const lanes = 16 / e;
  const packedChannels = algorithm === "strided" ? Math.ceil(groupOut / lanes) * lanes : groupOut;
  const squares = winograd ? planSquares(s, bands.outRows) : undefined;
  const groupWeightBytes =
    squares?.groupWeightBytes ?? packedChannels * groupIn * s.kernelHeight * s.kernelWidth * e;
  const panelOffset = frameBytes + scratchBytes;
  const panelBytes =
    squares?.planesBytes ??
    (planes === "in place" ? Math.ceil((s.inWidth * e + zeroRowBytes) / 16) * 16 : 0) +
      (algorithm === "im2col" ? block.ic * block.ky * block.kx * panelBytesOfProduct : 0);
  const stripOffset = panelOffset + panelBytes;
  // A band of four output rows may begin in the last row, and reads three rows more.
  const spareRows = planes === "strip" ? 3 : 0;
  const stripBytes =
    squares?.scratchBytes ??
    (straight ? 0 : block.ic * source.channelStep + slackBytes + spareRows * source.rowStep);
  const productsOffset = stripOffset + stripBytes;
  // One literal: putting the object together from parts made planning a hundred times as slow.
  const fields = {
    activation: activationCode(s.activation),
    elementBytes: e,
    algorithm: algorithms.indexOf(
      planes === "none" ? algorithm : planes === "strip" ? "direct" : "depthwise",
    ),
    channelsLast: Number(channelsLast),
    border: borders.indexOf(s.border),
    groups: s.groups,
    groupIn: groupIn,
    groupOut: groupOut,
    inHeight: s.inHeight,
    inWidth: s.inWidth,
    outHeight: s.outHeight,
    outWidth: s.outWidth,
    kernelHeight: s.kernelHeight,
    kernelWidth: s.kernelWidth,
    strideY: s.strides[0],
    strideX: s.strides[1],
    padTop: s.padding[0],
    padLeft: s.padding[2],
    dilationY: s.dilations[0],
    dilationX: s.dilations[1],
    icBlock: block.ic,
    kyBlock: block.ky,
    kxBlock: block.kx,
    rowBlock: block.rows,
    colBlock: block.cols,
    straight: Number(straight),
    planes: Number(planes === "strip"),
    flat: Number(source.lineAdvance === s.outWidth * source.pixelStep),
    rowSample: sampling.rowSample,
    phaseSample: sampling.phaseSample,
    phases: phasesOf(block, sampling),
    reach: reachOf(block.kx, sampling),
    channelStep: source.channelStep,
    rowStep: source.rowStep,
    phaseStep: source.phaseStep,
    pixelStep: source.pixelStep,
    lineAdvance: source.lineAdvance,
    inImageStep: input.batch,
    inChannelStep: input.channel,
    inRowStep: input.row,
    inColStep: input.column,
    outImageStep: output.batch,
    outChannelStep: output.channel,
    outRowStep: output.row,
    outColStep: output.column,
    groupWeightBytes,
    panelOffset,
    stripOffset,
    productsOffset,
    squareSize: squares?.size ?? 0,
    squareColumns: squares?.columns ?? 0,
    squareBlock: squares?.block ?? 0,
    planeStep: squares?.planeBytes ?? 0,
    lineStep: squares?.lineBytes ?? 0,
  };
  return {
    module: convModule(s),
    fields,
    addresses: ["taps", "weights", "bias", "zeros"],
    limits: limitsOf(s.activation),
    // Three limits of 8 bytes come first, then the fields, then four addresses.
    headBytes: 24 + 4 * (Object.keys(fields).length + 4),
    taps: tapsOf(block, source.tapOf),
    weightBytes: s.groups * groupWeightBytes,
    biasBytes: (s.outChannels + biasSlack) * e,
    workspaceBytes: productsOffset + (squares?.productBytes ?? 0),
    bands,
    input,
    output,
  };
}

/** Whether an algorithm can read the input in place: without padding, and with adjacent pixels unless it is strided. */
function readsInPlace(s: ConvSpec, algorithm: Algorithm, channelsLast: boolean): boolean {
  if (s.padding.some((pad) => pad > 0)) return false;
  return algorithm === "strided" || (!channelsLast && s.strides[1] === 1);
}

/**
 * Whether depthwise's loops compute this, in place or from a strip. They also serve direct if each group has one input
 * channel and at most two output channels.
 */
function planesOf(s: ConvSpec, algorithm: Algorithm): "in place" | "strip" | "none" {
  // Wide rows often lie a power of two apart and then share cache sets; rows of a strip do not.
  const wide = s.inWidth >= 256;
  const { kernelHeight, kernelWidth, strides, inputLayout } = s;
  const step = [...strides, ...s.dilations].every((size) => size === 1);
  const three = kernelHeight === 3 && kernelWidth === 3 && step;
  if (algorithm === "depthwise") return wide && three ? "strip" : "in place";
  const one = s.inChannels === s.groups && s.outChannels <= 2 * s.groups && inputLayout === "nchw";
  // Larger kernels are cut into blocks, whose partial sums wait in the output, where the loops for bands do not read
  // them.
  const band = step && kernelHeight >= 3 && kernelHeight <= bandKernel && kernelWidth <= bandKernel;
  if (algorithm !== "direct" || !one || !band) return "none";
  const zeros = s.border === "constant" || s.padding.every((pad) => pad === 0);
  return three && zeros && !wide ? "in place" : "strip";
}

interface Source {
  readonly channelStep: number;
  readonly rowStep: number;
  readonly phaseStep: number;
  readonly pixelStep: number;
  readonly lineAdvance: number;
  readonly tapOf: (ic: number, ky: number, kx: number) => number;
}

function inPlaceSource(s: ConvSpec, input: Steps): Source {
  return {
    channelStep: input.channel,
    rowStep: input.row,
    phaseStep: 0,
    pixelStep: s.strides[1] * input.column,
    lineAdvance: s.strides[0] * input.row,
    tapOf: (ic, ky, kx) =>
      ic * input.channel + ky * s.dilations[0] * input.row + kx * s.dilations[1] * input.column,
  };
}

function stripSource(s: ConvSpec, block: Block, sampling: Sampling, e: number): Source {
  const phaseStep = phaseLength(block, sampling) * e;
  const rowStep = phasesOf(block, sampling) * phaseStep;
  const channelStep = stripRows(s, block.rows, block.ky, sampling) * rowStep;
  const dilation = s.kernelHeight === 1 ? 0 : s.dilations[0] / sampling.rowSample;
  return {
    channelStep,
    rowStep,
    phaseStep,
    pixelStep: sampling.pixelSample * e,
    lineAdvance: (s.strides[0] / sampling.rowSample) * rowStep,
    tapOf: (ic, ky, kx) =>
      ic * channelStep +
      ky * dilation * rowStep +
      sampling.phaseOf(kx) * phaseStep +
      sampling.offsetOf(kx) * e,
  };
}

function tapsOf(block: Block, tapOf: Source["tapOf"]): Int32Array {
  const taps = new Int32Array(block.ic * block.ky * block.kx);
  let k = 0;
  for (let ic = 0; ic < block.ic; ic++) {
    for (let ky = 0; ky < block.ky; ky++) {
      for (let kx = 0; kx < block.kx; kx++) taps[k++] = tapOf(ic, ky, kx);
    }
  }
  return taps;
}
