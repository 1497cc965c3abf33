// SPDX-License-Identifier: MIT
import { bytesOf, isInteger, limits, type TypedArray } from "../../dtype.ts";
import { borders } from "../../spec/border.ts";
import type { ConvSpec } from "../../spec/convolution.ts";
import { planBands } from "./bands.ts";
import { sample } from "./blocks.ts";
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

/** Bytes of a strip, which should stay in a second-level cache beside the weights of a tile. */
const stripTarget = 192 * 1024;

/** A tile of four windows may begin at the last window. */
const windowsBeyond = 3;

/**
 * Lays out an integer convolution for assembly/integers, without addresses. The fields follow the order of IntegerPlan;
 * see planBands for `wholeRows`.
 */
export function planIntegers(s: ConvSpec, wholeRows: boolean): WasmPlan {
  const bands = planBands(s, 1, false, wholeRows);
  const channelsLast = s.inputLayout === "nhwc";
  const input = byteStepsOf(s.inputLayout, bands.inChannels, bands.inRows, s.inWidth, 1);
  const outputBytes = bytesOf(s.outputDtype);
  const output = byteStepsOf(s.inputLayout, bands.outChannels, bands.outRows, s.outWidth, outputBytes);
  const pairs = Math.ceil(s.inChannels / s.groups / 2);
  const strip = planStrip(s, pairs);
  const products = pairs * s.kernelHeight * s.kernelWidth;
  const groupOut = s.outChannels / s.groups;
  const groupWeightBytes = pairedWeights(s) / s.groups;
  const windowsOffset = frameBytes + scratchBytes;
  const stripOffset = windowsOffset + 4 * (strip.rows * strip.cols + windowsBeyond);
  const fields = {
    activation: activationCode(s.activation),
    elementBytes: 1,
    scaled: Number(s.outputDtype !== "int32"),
    outputBytes,
    outputZeroPoint: s.outputZeroPoint,
    signed: Number(s.dtype === "int8"),
    inputZeroPoint: s.inputZeroPoint,
    channelsLast: Number(channelsLast),
    border: borders.indexOf(s.border),
    groups: s.groups,
    groupIn: s.inChannels / s.groups,
    groupOut: groupOut,
    pairs,
    products,
    inHeight: s.inHeight,
    inWidth: s.inWidth,
    outWidth: s.outWidth,
    strideY: s.strides[0],
    strideX: s.strides[1],
    padTop: s.padding[0],
    padLeft: s.padding[2],
    rowBlock: strip.rows,
    colBlock: strip.cols,
    rowSample: strip.rowSample,
    colSample: strip.colSample,
    rowReach: (s.kernelHeight - 1) * s.dilations[0],
    colReach: (s.kernelWidth - 1) * s.dilations[1],
    pairStep: strip.pairStep,
    rowStep: strip.rowStep,
    pixelStep: (s.strides[1] / strip.colSample) * 4,
    lineAdvance: (s.strides[0] / strip.rowSample) * strip.rowStep,
    inImageStep: input.batch,
    inChannelStep: input.channel,
    inRowStep: input.row,
    inColStep: input.column,
    outImageStep: output.batch,
    outChannelStep: output.channel,
    outRowStep: output.row,
    outColStep: output.column,
    groupWeightBytes,
    windowsOffset,
    stripOffset,
  };
  return {
    module: "integers",
    fields,
    addresses: ["taps", "weights", "bias", "scale"],
    limits: outputLimits(s),
    headBytes: 24 + 4 * (Object.keys(fields).length + 4),
    taps: tapsOf(s, pairs, strip),
    weightBytes: s.groups * groupWeightBytes,
    biasBytes: (s.outChannels + biasSlack) * 4,
    workspaceBytes: stripOffset + pairs * strip.pairStep + slackBytes,
    bands,
    input,
    output,
  };
}

/** Bytes of all packed weights: pairs of int16, with output channels rounded up to whole vectors. */
export function pairedWeights(s: ConvSpec): number {
  const pairs = Math.ceil(s.inChannels / s.groups / 2);
  const outputs = Math.ceil(s.outChannels / s.groups / 4) * 4;
  return s.groups * outputs * pairs * s.kernelHeight * s.kernelWidth * 4;
}

/** Returns what the sums start from: the bias less the zero point's share, wrapped around at 32 bits. */
export function foldZeroPoint(s: ConvSpec, weights: Int8Array, bias: TypedArray | null): Int32Array {
  const filter = weights.length / s.outChannels;
  const start = new Int32Array(s.outChannels);
  for (let oc = 0, w = 0; oc < s.outChannels; oc++) {
    let sum = 0;
    if (s.inputZeroPoint !== 0) for (let i = 0; i < filter; i++) sum += weights[w++];
    start[oc] = (bias === null ? 0 : bias[oc]) - s.inputZeroPoint * sum;
  }
  return start;
}

interface Strip {
  readonly rows: number;
  readonly cols: number;
  readonly rowSample: number;
  readonly colSample: number;
  readonly rowStep: number;
  readonly pairStep: number;
}

/** Fits as many output rows, or columns of one row, into a strip as it has room for, with all pairs of channels. */
function planStrip(s: ConvSpec, pairs: number): Strip {
  const { rowSample, phaseSample: colSample } = sample(s, false);
  const size = (rows: number, cols: number) => {
    const stripRows = ((rows - 1) * s.strides[0] + (s.kernelHeight - 1) * s.dilations[0]) / rowSample + 1;
    const columns = ((cols - 1) * s.strides[1] + (s.kernelWidth - 1) * s.dilations[1]) / colSample + 1;
    return { rowStep: 4 * columns, pairStep: 4 * columns * stripRows };
  };
  const bytes = (rows: number, cols: number) => pairs * size(rows, cols).pairStep;
  let cols = s.outWidth;
  while (bytes(1, cols) > stripTarget && cols > 16) cols = Math.ceil(cols / 2);
  const perRow = bytes(2, cols) - bytes(1, cols);
  const most = 1 + Math.max(0, Math.floor((stripTarget - bytes(1, cols)) / perRow));
  const rows = Math.ceil(s.outHeight / Math.ceil(s.outHeight / most));
  return { rows, cols, rowSample, colSample, ...size(rows, cols) };
}

/** Returns the bytes from a window's first pair to each of its pairs, in the order of the weights. */
function tapsOf(s: ConvSpec, pairs: number, { rowSample, colSample, rowStep, pairStep }: Strip): Int32Array {
  const taps = new Int32Array(pairs * s.kernelHeight * s.kernelWidth);
  let k = 0;
  for (let g = 0; g < pairs; g++) {
    for (let ky = 0; ky < s.kernelHeight; ky++) {
      // A kernel of one row or column is sampled at the stride, which its dilation need not be a multiple of.
      const row = ky === 0 ? 0 : ((ky * s.dilations[0]) / rowSample) * rowStep;
      for (let kx = 0; kx < s.kernelWidth; kx++) {
        taps[k++] = g * pairStep + row + (kx === 0 ? 0 : ((kx * s.dilations[1]) / colSample) * 4);
      }
    }
  }
  return taps;
}

/**
 * Returns the tighter of activation's and output type's limits, as float32. Saturating before rounding changes nothing.
 */
function outputLimits(s: ConvSpec): WasmPlan["limits"] {
  const [low, high, alpha] = limitsOf(s.activation);
  const { outputDtype } = s;
  if (!isInteger(outputDtype) || outputDtype === "int32") return [Math.fround(low), Math.fround(high), alpha];
  const [least, most] = limits[outputDtype].map((limit) => limit - s.outputZeroPoint);
  const within = (x: number) => Math.min(Math.max(Math.fround(x), least), most);
  return [within(low), within(high), alpha];
}
