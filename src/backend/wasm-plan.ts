// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import { type Activation, type Algorithm, algorithms, borders, type ConvSpec } from "../spec.ts";

/** Bytes that must be readable after input, output and strip: tiles read whole vectors. */
export const slackBytes = 512;

/** Output channels that a vector load of the bias may reach beyond the last. */
const biasSlack = 4;

/** Sizes of the head of the workspace, as in assembly/plan.ts. */
const frameBytes = 192;
const scratchBytes = 128;

/** A strip is made to fit well into a second level cache. */
const stripTarget = 192 * 1024;
/** Weights of one block of products, too. */
const weightTarget = 512 * 1024;
/** Products in one block: a tile of pixels and its weights fit into the first level cache. */
const productTarget = 320;
/** A filter window larger than this is taken in parts. */
const windowLimit = 4096;

/** The fields of `Plan` in assembly/plan.ts, in its order: three f64, then i32 throughout. */
const planFields = [
  ..."activation elementBytes algorithm channelsLast border".split(" "),
  ..."groups groupInChannels groupOutChannels inHeight inWidth outHeight outWidth".split(" "),
  ..."kernelHeight kernelWidth strideY strideX padTop padLeft dilationY dilationX".split(" "),
  ..."icBlock kyBlock kxBlock rowBlock colBlock".split(" "),
  ..."straight flat rowStep slotStep slots slotDilation reach".split(" "),
  ..."channelPitch rowPitch slotPitch pixelPitch lineAdvance".split(" "),
  ..."inItemBytes inChannelPitch inRowPitch inColPitch".split(" "),
  ..."outItemBytes outChannelPitch outRowPitch outColPitch".split(" "),
  ..."taps weights groupWeightBytes bias zeros panelOffset stripOffset".split(" "),
] as const;
const headBytes = 24 + 4 * planFields.length;

/** What assembly/ is told about a convolution, but for the addresses. */
export interface WasmPlan {
  readonly fields: Readonly<Record<string, number>>;
  readonly activation: { readonly low: number; readonly high: number; readonly alpha: number };
  /** Bytes of the fields, after which the taps can lie. */
  readonly headBytes: number;
  readonly taps: Int32Array;
  readonly weightBytes: number;
  readonly biasBytes: number;
  readonly workspaceBytes: number;
  readonly inItemBytes: number;
  readonly outItemBytes: number;
}

/** Sizes in elements of one block of work. */
interface Block {
  ic: number;
  ky: number;
  kx: number;
  rows: number;
  cols: number;
}

/** How a strip row samples the input, see assembly/strip.ts. */
interface Sampling {
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

export function planWasm(spec: ConvSpec, algorithm: Algorithm): WasmPlan {
  const s = mergeRows(spec);
  const e = s.dtype === "float32" ? 4 : 8;
  const channelsLast = s.inputLayout === "nhwc";
  const pitches = { ...pitchesOf("in", s.inChannels, s.inHeight, s.inWidth, e, channelsLast) };
  Object.assign(pitches, pitchesOf("out", s.outChannels, s.outHeight, s.outWidth, e, channelsLast));
  const sampling = sample(s, algorithm !== "strided");
  const straight = readsInPlace(s, algorithm, channelsLast);
  const block = chooseBlock(s, algorithm, sampling, straight, e);
  const source = straight ? inPlaceSource(s, pitches) : stripSource(s, block, sampling, e);
  const lanes = 16 / e;
  const [groupIn, groupOut] = [s.inChannels / s.groups, s.outChannels / s.groups];
  const filter = groupIn * s.kernelHeight * s.kernelWidth;
  const packedChannels = algorithm === "strided" ? Math.ceil(groupOut / lanes) * lanes : groupOut;
  const groupWeightBytes = packedChannels * filter * e;
  const panelOffset = frameBytes + scratchBytes;
  const panelBytes = algorithm === "im2col" ? block.ic * block.ky * block.kx * tileBytes(groupOut) : 0;
  const stripOffset = panelOffset + panelBytes;
  return {
    fields: {
      ...{
        activation: activationCode(s.activation),
        elementBytes: e,
        algorithm: algorithms.indexOf(algorithm),
      },
      ...{ channelsLast: Number(channelsLast), border: borders.indexOf(s.border) },
      ...{ groups: s.groups, groupInChannels: groupIn, groupOutChannels: groupOut },
      ...{ inHeight: s.inHeight, inWidth: s.inWidth, outHeight: s.outHeight, outWidth: s.outWidth },
      ...{ kernelHeight: s.kernelHeight, kernelWidth: s.kernelWidth },
      ...{ strideY: s.strides[0], strideX: s.strides[1], padTop: s.padding[0], padLeft: s.padding[2] },
      ...{ dilationY: s.dilations[0], dilationX: s.dilations[1] },
      ...{
        icBlock: block.ic,
        kyBlock: block.ky,
        kxBlock: block.kx,
        rowBlock: block.rows,
        colBlock: block.cols,
      },
      straight: Number(straight),
      flat: Number(source.lineAdvance === s.outWidth * source.pixelPitch),
      ...{ rowStep: sampling.rowStep, slotStep: sampling.slotStep, slots: slotsOf(block, sampling) },
      ...{ slotDilation: s.dilations[1], reach: reachOf(block.kx, sampling) },
      ...{ channelPitch: source.channelPitch, rowPitch: source.rowPitch, slotPitch: source.slotPitch },
      ...{ pixelPitch: source.pixelPitch, lineAdvance: source.lineAdvance },
      ...pitches,
      ...{ groupWeightBytes, panelOffset, stripOffset },
    },
    activation: limitsOf(s.activation),
    headBytes,
    taps: tapsOf(block, source.tapOf),
    weightBytes: s.groups * groupWeightBytes,
    biasBytes: (s.outChannels + biasSlack) * e,
    workspaceBytes: stripOffset + (straight ? 0 : block.ic * source.channelPitch + slackBytes),
    inItemBytes: pitches.inItemBytes,
    outItemBytes: pitches.outItemBytes,
  };
}

/** Writes a plan whose parts lie at the given addresses. */
export function writePlan(
  plan: WasmPlan,
  at: number,
  addresses: { taps: number; weights: number; bias: number; zeros: number },
  float64: FloatArray,
  int32: Int32Array,
): void {
  const { low, high, alpha } = plan.activation;
  float64.set([low, high, alpha], at / 8);
  const values: Record<string, number> = { ...plan.fields, ...addresses };
  int32.set(
    planFields.map((name) => values[name]),
    at / 4 + 6,
  );
  int32.set(plan.taps, addresses.taps / 4);
}

/** An unpadded 1x1 filter of stride 1 knows no rows: one long row has no tails. */
function mergeRows(s: ConvSpec): ConvSpec {
  const pointwise = s.kernelHeight === 1 && s.kernelWidth === 1 && s.padding.every((pad) => pad === 0);
  if (!pointwise || s.strides[0] !== 1 || s.strides[1] !== 1) return s;
  const size = s.inHeight * s.inWidth;
  return { ...s, inHeight: 1, inWidth: size, outHeight: 1, outWidth: size };
}

function pitchesOf(
  side: "in" | "out",
  channels: number,
  height: number,
  width: number,
  e: number,
  channelsLast: boolean,
): Record<string, number> {
  return {
    [`${side}ItemBytes`]: channels * height * width * e,
    [`${side}ChannelPitch`]: channelsLast ? e : height * width * e,
    [`${side}RowPitch`]: channelsLast ? width * channels * e : width * e,
    [`${side}ColPitch`]: channelsLast ? channels * e : e,
  };
}

function sample(s: ConvSpec, split: boolean): Sampling {
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

/** Whether an algorithm can read the input as it lies: no borders, and pixels side by side unless it is strided. */
function readsInPlace(s: ConvSpec, algorithm: Algorithm, channelsLast: boolean): boolean {
  if (s.padding.some((pad) => pad > 0)) return false;
  return algorithm === "strided" || (!channelsLast && s.strides[1] === 1);
}

interface Source {
  readonly channelPitch: number;
  readonly rowPitch: number;
  readonly slotPitch: number;
  readonly pixelPitch: number;
  readonly lineAdvance: number;
  readonly tapOf: (ic: number, ky: number, kx: number) => number;
}

function inPlaceSource(s: ConvSpec, pitches: Record<string, number>): Source {
  const { inChannelPitch: channelPitch, inRowPitch: rowPitch, inColPitch: colPitch } = pitches;
  return {
    ...{ channelPitch, rowPitch, slotPitch: 0, pixelPitch: s.strides[1] * colPitch },
    lineAdvance: s.strides[0] * rowPitch,
    tapOf: (ic, ky, kx) =>
      ic * channelPitch + ky * s.dilations[0] * rowPitch + kx * s.dilations[1] * colPitch,
  };
}

function stripSource(s: ConvSpec, block: Block, sampling: Sampling, e: number): Source {
  const slotPitch = slotLength(block, sampling) * e;
  const rowPitch = slotsOf(block, sampling) * slotPitch;
  const channelPitch = stripRows(s, block, sampling) * rowPitch;
  const dilation = s.kernelHeight === 1 ? 0 : s.dilations[0] / sampling.rowStep;
  return {
    ...{ channelPitch, rowPitch, slotPitch, pixelPitch: sampling.pixelStep * e },
    lineAdvance: (s.strides[0] / sampling.rowStep) * rowPitch,
    tapOf: (ic, ky, kx) =>
      ic * channelPitch +
      ky * dilation * rowPitch +
      sampling.slotOf(kx) * slotPitch +
      sampling.offsetOf(kx) * e,
  };
}

function slotLength(block: Block, sampling: Sampling): number {
  return (block.cols - 1) * sampling.pixelStep + reachOf(block.kx, sampling) + 1;
}

function slotsOf(block: Block, sampling: Sampling): number {
  return Math.min(block.kx, sampling.slots);
}

function reachOf(kx: number, sampling: Sampling): number {
  return sampling.offsetOf(kx - 1);
}

function stripRows(s: ConvSpec, block: Block, sampling: Sampling): number {
  return ((block.rows - 1) * s.strides[0] + (block.ky - 1) * s.dilations[0]) / sampling.rowStep + 1;
}

/**
 * Cuts the work so that a strip stays in the cache, at most one of its dimensions at a time. The order matters to
 * assembly/convolve.ts: rows of a filter are split only if channels are, parts of a row only if rows are.
 */
function chooseBlock(
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
  if (straight) return { ...block, rows: s.outHeight };
  const bytes = (rows: number) =>
    block.ic *
    stripRows(s, { ...block, rows }, sampling) *
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
  block.rows = evenly(s.outHeight, 1 + Math.floor((stripTarget - bytes(1)) / perRow));
  return block;
}

/** The size of equal parts, none of them above `limit`. */
function evenly(size: number, limit: number): number {
  return Math.ceil(size / Math.ceil(size / limit));
}

/** The widest tile of assembly/tile.ts. */
function tileBytes(outChannels: number): number {
  return 16 * (outChannels >= 4 ? 2 : outChannels >= 2 ? 4 : 8);
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

function activationCode(activation: Activation): number {
  const codes = { none: 0, relu: 0, clamp: 0, leakyRelu: 1, sigmoid: 2, tanh: 3 };
  return codes[activation.kind];
}

function limitsOf(activation: Activation): WasmPlan["activation"] {
  if (activation.kind === "clamp") return { low: activation.min, high: activation.max, alpha: 0 };
  const alpha = activation.kind === "leakyRelu" ? activation.alpha : 0;
  return { low: activation.kind === "relu" ? 0 : -Infinity, high: Infinity, alpha };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
