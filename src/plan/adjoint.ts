// SPDX-License-Identifier: MIT
// The adjoint of a convolution maps a tensor of its output's shape to one of its input's shape. It computes transposed
// convolutions and gradients of the input.

import type { Backend, Operation, Prepared } from "../backend/backend.ts";
import { allocate, type FloatArray, type FloatDType } from "../dtype.ts";
import { copyOf } from "../input/arrays.ts";
import { convOperation } from "../operations/convolution.ts";
import { exchangeOperation, interleaveOperation } from "../operations/placement.ts";
import type { AlgorithmChoice } from "../resolve/convolution.ts";
import { activationFunction } from "../spec/activation.ts";
import { borderIndex } from "../spec/border.ts";
import { type Algorithm, type ConvSpec, outputShapeOf } from "../spec/convolution.ts";
import type { ExchangeTask, InterleaveTask } from "../spec/task.ts";
import { elementCount } from "../tensor.ts";
import {
  areAllFinite,
  canZerosHarm,
  computeNaNAgain,
  type PhaseConv,
  type Weights,
} from "./invented-zeros.ts";
import { type Phase, phasesOf, type Window, windowOf } from "./phases.ts";
import { backendWith, chooseAlgorithm, type PlanningOn } from "./planning.ts";

/**
 * An adjoint to prepare. The spec's input is the result here, and its activation is applied to that result. `outHeight`
 * and `outWidth` may be smaller than the convolution's own.
 */
export interface Adjoint {
  readonly spec: ConvSpec;
  /** The convolution's weights, OIHW. */
  readonly weights: FloatArray;
  /** One for each input channel of the convolution. */
  readonly bias: FloatArray | null;
  /** For each of the convolutions that compute the adjoint. */
  readonly choice: AlgorithmChoice;
  readonly on: PlanningOn;
}

/** A prepared adjoint, and the algorithms that it uses. */
export interface PreparedAdjoint extends Prepared {
  readonly algorithms: readonly Algorithm[];
}

/** One of the convolutions that make up an adjoint, and where its outputs go. */
interface Part extends PhaseConv {
  readonly backend: Backend;
  readonly prepared: Prepared;
  readonly algorithm: Algorithm;
  /** Kept if some outputs may have to be computed again; otherwise null. */
  readonly weights: Weights | null;
}

/**
 * Gathers where the convolution scatters. Each remainder of output rows and columns by the strides gets one convolution
 * of stride 1, whose weights are the kernel elements that reach them, flipped, with channels exchanged (Dumoulin &
 * Visin, 2016, section 4). No zeros are put between the elements of the source, and the zeros around it change nothing
 * (invented-zeros.ts). With a border other than zeros, the adjoint is computed on the padded image, whose border is
 * then added to the elements that it was copied from.
 */
export function prepareAdjoint(adjoint: Adjoint): PreparedAdjoint {
  const { spec } = adjoint;
  const folds = spec.border !== "constant" && spec.padding.some((pad) => pad > 0);
  const parts = prepareParts(adjoint, folds);
  const [height, width] = [spec.inHeight, spec.inWidth];
  const counts = parts.flatMap(({ rows, columns }) =>
    rows.map((row) => row.count * columns[0].count * columns.length),
  );
  // The counts add up to the covered places, as no place is in two phases.
  const isCovered = !folds && counts.reduce((sum, count) => sum + count, 0) === height * width;
  const isWhole = isCovered && parts.length === 1 && parts[0].rows.length * parts[0].columns.length === 1;
  const scratchLength = isWhole
    ? 0
    : Math.max(0, ...parts.map((part) => elementCount(outputShapeOf(part.spec))));
  let idle: FloatArray | undefined;
  const takeScratch = () => {
    const scratch = idle ?? allocate(spec.dtype as FloatDType, scratchLength);
    idle = undefined;
    return scratch;
  };
  const begin = (output: FloatArray) => {
    if (folds) output.fill(0);
    else if (!isCovered) fillUnreached(adjoint, output);
  };
  const mend = ({ weights, ...part }: Part, source: FloatArray, result: FloatArray) => {
    if (weights === null || areAllFinite(result)) return;
    computeNaNAgain(part, weights, source, [spec.outHeight, spec.outWidth], result);
  };
  const place = (part: Part, result: FloatArray, output: FloatArray) => {
    if (folds) fold(spec, part, result, output);
    else interleaveBlocks(spec, part, result, output);
  };
  const end = (output: FloatArray) => {
    if (folds) finish(adjoint, output);
  };
  return {
    algorithms: [...new Set(parts.map(({ algorithm }) => algorithm))],
    workspaceBytes:
      scratchLength * (spec.dtype === "float32" ? 4 : 8) +
      Math.max(0, ...parts.map(({ prepared }) => prepared.workspaceBytes)),
    run(a, _b, _c, out) {
      const [source, output] = [a as FloatArray, out as FloatArray];
      if (isWhole) {
        parts[0].prepared.run(cropped(spec, source, parts[0]), null, null, output, null);
        return mend(parts[0], source, output);
      }
      begin(output);
      const scratch = takeScratch();
      for (const part of parts) {
        const result = scratch.subarray(0, elementCount(outputShapeOf(part.spec)));
        part.prepared.run(cropped(spec, source, part), null, null, result, null);
        mend(part, source, result);
        place(part, result, output);
      }
      idle = scratch;
      end(output);
    },
    async runAsync(a, _b, _c, out, _out2, signal) {
      const [source, output] = [a as FloatArray, out as FloatArray];
      begin(output);
      for (const part of parts) {
        // A backend may detach the input, so it gets a copy while the source is still needed.
        const isNeeded = part !== parts.at(-1) || part.weights !== null;
        const input = isNeeded ? copyOf(cropped(spec, source, part)) : cropped(spec, source, part);
        const result = isWhole
          ? output
          : allocate(spec.dtype as FloatDType, elementCount(outputShapeOf(part.spec)));
        await part.prepared.runAsync(input, null, null, result, null, signal);
        mend(part, source, result);
        if (!isWhole) place(part, result, output);
      }
      end(output);
    },
    dispose() {
      for (const { prepared } of parts) prepared.dispose();
    },
  };
}

function prepareParts(adjoint: Adjoint, folds: boolean): Part[] {
  const { spec } = adjoint;
  const axis = (at: 0 | 1, size: number, source: number, kernel: number) => {
    const before = spec.padding[2 * at];
    const after = spec.padding[2 * at + 1];
    const [from, to] = folds ? [0, before + size + after] : [before, before + size];
    return phasesOf({ from, to, source, kernel, stride: spec.strides[at], dilation: spec.dilations[at] });
  };
  const rows = axis(0, spec.inHeight, spec.outHeight, spec.kernelHeight);
  const columns = axis(1, spec.inWidth, spec.outWidth, spec.kernelWidth);
  const pairs =
    !folds && shouldMerge(spec, rows, columns)
      ? [{ rows, columns }]
      : rows.flatMap((row) => columns.map((column) => ({ rows: [row], columns: [column] })));
  const parts: Part[] = [];
  try {
    for (const pair of pairs) parts.push(preparePart(adjoint, folds, pair.rows, pair.columns));
  } catch (error) {
    for (const { prepared } of parts) prepared.dispose();
    throw error;
  }
  return parts;
}

/**
 * With few output channels, such as an image's colours, a convolution for each phase gives the backend little to share.
 * All phases then become channels of one convolution, whose kernels hold zeros where a phase has no tap. The estimate
 * follows that of "direct" in selection.ts.
 */
function shouldMerge(spec: ConvSpec, rows: readonly Phase[], columns: readonly Phase[]): boolean {
  const phases = [...rows, ...columns];
  const alike = (axis: readonly Phase[]) => axis.every(({ count }) => count === axis[0].count);
  const blocks = rows.length * columns.length;
  if (blocks < 2 || spec.groups > 1 || spec.inputLayout !== "nchw") return false;
  if (!alike(rows) || !alike(columns) || phases.some(({ dilation }) => dilation > 1)) return false;
  const efficiency = (channels: number) => {
    const tile = Math.min(8, 2 ** Math.ceil(Math.log2(channels)));
    return (channels / (Math.ceil(channels / tile) * tile)) * (tile / (tile + 1.5));
  };
  const window = windowOf(rows).size * windowOf(columns).size * blocks;
  const used = (spec.kernelHeight * spec.kernelWidth) / window;
  const merged = Math.max(efficiency(blocks * spec.inChannels), blocks * spec.inChannels <= 12 ? 8 / 11 : 0);
  return merged * used > efficiency(spec.inChannels);
}

function preparePart(
  adjoint: Adjoint,
  folds: boolean,
  rows: readonly Phase[],
  columns: readonly Phase[],
): Part {
  const { spec, bias } = adjoint;
  const [rowWindow, columnWindow] = [windowOf(rows), windowOf(columns)];
  const blocks = rows.length * columns.length;
  const kept = (size: number, { before, after }: Window) => size + Math.min(before, 0) + Math.min(after, 0);
  const pads = [rowWindow.before, rowWindow.after, columnWindow.before, columnWindow.after];
  const part: ConvSpec = {
    ...spec,
    inChannels: spec.outChannels,
    inHeight: kept(spec.outHeight, rowWindow),
    inWidth: kept(spec.outWidth, columnWindow),
    outChannels: spec.inChannels * blocks,
    outHeight: rowWindow.count,
    outWidth: columnWindow.count,
    kernelHeight: rowWindow.size,
    kernelWidth: columnWindow.size,
    strides: [1, 1],
    padding: pads.map((pad) => Math.max(pad, 0)) as [number, number, number, number],
    dilations: [rowWindow.dilation, columnWindow.dilation],
    border: "constant",
    activation: folds ? { kind: "none" } : spec.activation,
  };
  const backend = backendWith(adjoint.on, part, adjoint.choice.algorithm);
  const { weights, areFinite } = weightsOf(backend, adjoint, rows, columns, rowWindow, columnWindow);
  const biases = bias === null || folds ? null : repeated(bias, blocks);
  const constants = { weights, bias: biases, scale: null };
  const { algorithm } = chooseAlgorithm(backend, part, adjoint.choice, constants);
  const prepared = backend.prepare(convOperation({ kind: "conv", spec: part, algorithm, ...constants }));
  const phases = { rows, columns, rowWindow, columnWindow };
  const again = canZerosHarm(phases, areFinite) ? { weights, bias: biases?.slice() ?? null } : null;
  return { backend, prepared, algorithm, spec: part, ...phases, weights: again };
}

function repeated(values: FloatArray, times: number): FloatArray {
  if (times === 1) return values;
  const result = allocate(values instanceof Float32Array ? "float32" : "float64", values.length * times);
  for (let i = 0; i < times; i++) result.set(values, i * values.length);
  return result;
}

/** Copies a convolution's OIHW weights to a part's, with input and output channels exchanged in each group. */
function weightsOf(
  backend: Backend,
  { spec, weights }: Adjoint,
  rows: readonly Phase[],
  columns: readonly Phase[],
  { size: height, offsets: tops }: Window,
  { size: width, offsets: lefts }: Window,
): { weights: FloatArray; areFinite: boolean } {
  const groupOut = spec.outChannels / spec.groups;
  const blockLength = spec.inChannels * groupOut * height * width;
  const result = allocate(spec.dtype as FloatDType, blockLength * rows.length * columns.length);
  let areFinite = true;
  rows.forEach((row, i) => {
    columns.forEach((column, j) => {
      const block = (i * columns.length + j) * blockLength;
      const into = result.subarray(block, block + blockLength);
      const sources = row.taps.flatMap((ky) => column.taps.map((kx) => ky * spec.kernelWidth + kx));
      const targets = row.taps.flatMap((_, y) =>
        column.taps.map((_, x) => (tops[i] + y) * width + lefts[j] + x),
      );
      const task: ExchangeTask = {
        kind: "exchange",
        dtype: spec.dtype as FloatDType,
        ...{ groups: spec.groups, groupOut, groupIn: spec.inChannels / spec.groups },
        ...{ kernel: spec.kernelHeight * spec.kernelWidth, window: height * width },
        ...{ sources: Int32Array.from(sources), targets: Int32Array.from(targets) },
      };
      const flag = new Uint8Array(1);
      runOnce(backend, exchangeOperation(task), weights, into, flag);
      areFinite &&= flag[0] === 1;
    });
  });
  return { weights: result, areFinite };
}

/** Prepares, runs and disposes of an operation, as moving elements is little work beside the convolutions. */
function runOnce(
  backend: Backend,
  operation: Operation,
  from: FloatArray,
  to: FloatArray,
  flag: Uint8Array | null,
): void {
  const prepared = backend.prepare(operation);
  prepared.run(from, null, null, to, flag);
  prepared.dispose();
}

/** Drops rows and columns of the source that reach no output of a part; padding wider than the kernel leaves some. */
function cropped(spec: ConvSpec, source: FloatArray, part: Part): FloatArray {
  const { inHeight: height, inWidth: width } = part.spec;
  if (height === spec.outHeight && width === spec.outWidth) return source;
  const { batch, outChannels, outHeight, outWidth, inputLayout } = spec;
  const top = Math.max(0, -part.rowWindow.before);
  const left = Math.max(0, -part.columnWindow.before);
  const [images, pixel] = inputLayout === "nchw" ? [batch * outChannels, 1] : [batch, outChannels];
  const result = allocate(spec.dtype as FloatDType, images * height * width * pixel);
  for (let image = 0, to = 0; image < images; image++) {
    for (let y = 0; y < height; y++, to += width * pixel) {
      const from = ((image * outHeight + top + y) * outWidth + left) * pixel;
      result.set(source.subarray(from, from + width * pixel), to);
    }
  }
  return result;
}

/** Copies each block of a part's outputs to its place. */
function interleaveBlocks(spec: ConvSpec, part: Part, from: FloatArray, to: FloatArray): void {
  const { rows, columns, backend } = part;
  const blocks = rows.length * columns.length;
  // With several blocks, the images of one block do not follow one another, so each image is placed on its own.
  const parts = blocks === 1 ? 1 : spec.batch;
  const block = from.length / blocks / parts;
  const out = to.length / parts;
  for (let n = 0, next = 0; n < parts; n++) {
    const target = parts === 1 ? to : to.subarray(n * out, (n + 1) * out);
    for (const row of rows) {
      for (const column of columns) {
        const placement = placementOf(spec, spec.batch / parts, row, column);
        const source = blocks === 1 ? from : from.subarray(next, next + block);
        runOnce(backend, interleaveOperation(placement), source, target, null);
        next += block;
      }
    }
  }
}

/** Says where the outputs of a pair of phases go. */
function placementOf(spec: ConvSpec, batch: number, row: Phase, column: Phase): InterleaveTask {
  const { inChannels, inHeight, inWidth, strides, padding, inputLayout } = spec;
  const [images, pixel] = inputLayout === "nchw" ? [batch * inChannels, 1] : [batch, inChannels];
  return {
    kind: "interleave",
    dtype: spec.dtype as FloatDType,
    ...{ images, rows: row.count, columns: column.count, pixel, outRows: inHeight, outColumns: inWidth },
    ...{ top: row.first - padding[0], left: column.first - padding[2] },
    ...{ strideY: strides[0], strideX: strides[1] },
  };
}

/** Adds a part's outputs to the elements that their places are copies of. */
function fold(
  spec: ConvSpec,
  { rows: [rows], columns: [columns] }: Part,
  from: FloatArray,
  to: FloatArray,
): void {
  const { batch, inChannels, inHeight, inWidth, strides, padding, border, inputLayout } = spec;
  const sources = ({ first, count }: Phase, stride: number, before: number, size: number) =>
    Int32Array.from({ length: count }, (_, i) => borderIndex(first + i * stride - before, size, border));
  const sourceRows = sources(rows, strides[0], padding[0], inHeight);
  const sourceColumns = sources(columns, strides[1], padding[2], inWidth);
  const [images, pixel] = inputLayout === "nchw" ? [batch * inChannels, 1] : [batch, inChannels];
  let next = 0;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < rows.count; y++) {
      const line = (image * inHeight + sourceRows[y]) * inWidth;
      for (let x = 0; x < columns.count; x++) {
        const at = (line + sourceColumns[x]) * pixel;
        for (let c = 0; c < pixel; c++) to[at + c] += from[next++];
      }
    }
  }
}

/** Fills the output with the value of places that no kernel element reaches: the activated bias. */
function fillUnreached({ spec, bias }: Adjoint, output: FloatArray): void {
  const activation = activationFunction(spec.activation);
  const channels = spec.inChannels;
  const values = Array.from({ length: channels }, (_, c) => activation(bias === null ? 0 : bias[c]));
  if (values.every((value) => value === values[0])) {
    output.fill(values[0]);
  } else if (spec.inputLayout === "nhwc") {
    for (let i = 0; i < output.length; i++) output[i] = values[i % channels];
  } else {
    const plane = spec.inHeight * spec.inWidth;
    for (let i = 0; i < output.length; i += plane) {
      output.fill(values[(i / plane) % channels], i, i + plane);
    }
  }
}

/** Applies bias and activation once the border is folded. */
function finish({ spec, bias }: Adjoint, output: FloatArray): void {
  if (bias === null && spec.activation.kind === "none") return;
  const activation = activationFunction(spec.activation);
  const channels = spec.inChannels;
  const step = spec.inputLayout === "nchw" ? spec.inHeight * spec.inWidth : 1;
  for (let i = 0; i < output.length; i++) {
    output[i] = activation(output[i] + (bias === null ? 0 : bias[Math.floor(i / step) % channels]));
  }
}
