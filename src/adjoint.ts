// SPDX-License-Identifier: MIT
// The adjoint of a convolution: from what has the shape of its output to what has the shape of its input. It is the
// gradient of the input, and transposed convolution.

import type { Backend, Placement, PreparedConv } from "./backend/backend.ts";
import { activationFunction } from "./backend/reference/activation.ts";
import { borderIndex } from "./border.ts";
import { allocate, type FloatArray } from "./dtype.ts";
import { type Phase, phasesOf } from "./phases.ts";
import { type Accuracy, selectFastest } from "./select.ts";
import { type Algorithm, type ConvSpec, multiplyAdds, outputShapeOf } from "./spec.ts";
import { elementCount } from "./tensor.ts";

/**
 * An adjoint to prepare. Here the spec's input is what is computed, of its output `outHeight` and `outWidth` may be
 * less than the convolution would have, and its activation is applied to the result.
 */
export interface Adjoint {
  readonly spec: ConvSpec;
  /** Of the convolution, OIHW. */
  readonly weights: FloatArray;
  /** One for each input channel of the convolution. */
  readonly bias: FloatArray | null;
  readonly accuracy: Accuracy;
  /** Where a convolution of so many multiply-adds runs. */
  backendFor(multiplyAdds: number): Backend;
}

/** What is prepared, and the algorithms in use. */
export interface PreparedAdjoint extends PreparedConv {
  readonly algorithms: readonly Algorithm[];
}

/** One of the convolutions that make up an adjoint, and where its outputs go. */
interface Part {
  readonly backend: Backend;
  readonly prepared: PreparedConv;
  readonly algorithm: Algorithm;
  readonly spec: ConvSpec;
  readonly rows: Phase;
  readonly columns: Phase;
}

/**
 * Gathers where the convolution scatters: for each remainder of output rows and columns by the strides one convolution of
 * stride 1, with the kernel elements that reach them, flipped, and channels exchanged (Dumoulin & Visin, 2016, section
 * 4). No zeros are put between the elements of the source. With a border other than zeros, the adjoint of the convolution
 * is computed on the padded image, whose border is then added to the elements that it was copied from.
 */
export function prepareAdjoint(adjoint: Adjoint): PreparedAdjoint {
  const { spec } = adjoint;
  const folds = spec.border !== "constant" && spec.padding.some((pad) => pad > 0);
  const parts = prepareParts(adjoint, folds);
  const [height, width] = [spec.inHeight, spec.inWidth];
  const reached = parts.reduce((sum, { rows, columns }) => sum + rows.count * columns.count, 0);
  // Every place is in one part at most.
  const isCovered = !folds && reached === height * width;
  const isWhole = isCovered && parts.length === 1;
  const scratchLength = isWhole
    ? 0
    : Math.max(0, ...parts.map((part) => elementCount(outputShapeOf(part.spec))));
  let idle: FloatArray | undefined;
  const takeScratch = () => {
    const scratch = idle ?? allocate(spec.dtype, scratchLength);
    idle = undefined;
    return scratch;
  };
  const begin = (output: FloatArray) => {
    if (folds) output.fill(0);
    else if (!isCovered) fillUnreached(adjoint, output);
  };
  const place = (part: Part, result: FloatArray, output: FloatArray) => {
    if (folds) fold(spec, part, result, output);
    else part.backend.interleave(placementOf(spec, part), result, output);
  };
  const end = (output: FloatArray) => {
    if (folds) finish(adjoint, output);
  };
  return {
    algorithms: [...new Set(parts.map(({ algorithm }) => algorithm))],
    workspaceBytes:
      scratchLength * (spec.dtype === "float32" ? 4 : 8) +
      Math.max(0, ...parts.map(({ prepared }) => prepared.workspaceBytes)),
    run(source, output) {
      if (isWhole) return parts[0].prepared.run(cropped(spec, source, parts[0]), output);
      begin(output);
      const scratch = takeScratch();
      for (const part of parts) {
        const result = scratch.subarray(0, elementCount(outputShapeOf(part.spec)));
        part.prepared.run(cropped(spec, source, part), result);
        place(part, result, output);
      }
      idle = scratch;
      end(output);
    },
    async runAsync(source, output, signal) {
      begin(output);
      for (const part of parts) {
        // Backends may take the input away.
        const input =
          part === parts.at(-1) ? cropped(spec, source, part) : cropped(spec, source, part).slice();
        const result = isWhole ? output : allocate(spec.dtype, elementCount(outputShapeOf(part.spec)));
        await part.prepared.runAsync(input, result, signal);
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
  const { spec, weights, bias, accuracy } = adjoint;
  const axis = (at: 0 | 1, size: number, source: number, kernel: number) => {
    const before = spec.padding[2 * at];
    const after = spec.padding[2 * at + 1];
    const [from, to] = folds ? [0, before + size + after] : [before, before + size];
    return phasesOf({ from, to, source, kernel, stride: spec.strides[at], dilation: spec.dilations[at] });
  };
  const columnPhases = axis(1, spec.inWidth, spec.outWidth, spec.kernelWidth);
  const parts: Part[] = [];
  try {
    for (const rows of axis(0, spec.inHeight, spec.outHeight, spec.kernelHeight)) {
      for (const columns of columnPhases) {
        const part = partSpec(spec, rows, columns, folds);
        const backend = adjoint.backendFor(multiplyAdds(part));
        const { algorithm } = selectFastest(backend, part, accuracy);
        const partWeights = weightsOf(spec, weights, rows.taps, columns.taps);
        const prepared = backend.prepare(part, algorithm, partWeights, folds ? null : bias);
        parts.push({ backend, prepared, algorithm, spec: part, rows, columns });
      }
    }
  } catch (error) {
    for (const { prepared } of parts) prepared.dispose();
    throw error;
  }
  return parts;
}

function partSpec(spec: ConvSpec, rows: Phase, columns: Phase, folds: boolean): ConvSpec {
  const kept = (size: number, { before, after }: Phase) => size + Math.min(before, 0) + Math.min(after, 0);
  const pads = [rows.before, rows.after, columns.before, columns.after].map((pad) => Math.max(pad, 0));
  return {
    ...spec,
    inChannels: spec.outChannels,
    inHeight: kept(spec.outHeight, rows),
    inWidth: kept(spec.outWidth, columns),
    outChannels: spec.inChannels,
    outHeight: rows.count,
    outWidth: columns.count,
    kernelHeight: rows.taps.length,
    kernelWidth: columns.taps.length,
    strides: [1, 1],
    padding: pads as [number, number, number, number],
    dilations: [rows.dilation, columns.dilation],
    border: "constant",
    activation: folds ? { kind: "none" } : spec.activation,
  };
}

/** OIHW of the convolution -> OIHW of its adjoint, with input and output channels exchanged in each group. */
function weightsOf(
  spec: ConvSpec,
  weights: FloatArray,
  rows: readonly number[],
  columns: readonly number[],
): FloatArray {
  const { groups, kernelHeight, kernelWidth } = spec;
  const groupIn = spec.inChannels / groups;
  const groupOut = spec.outChannels / groups;
  const kernel = kernelHeight * kernelWidth;
  const taps = Int32Array.from(rows.flatMap((ky) => columns.map((kx) => ky * kernelWidth + kx)));
  const count = taps.length;
  const result = allocate(spec.dtype, spec.inChannels * groupOut * count);
  for (let oc = 0, from = 0; oc < spec.outChannels; oc++) {
    const group = Math.floor(oc / groupOut);
    for (let ic = 0; ic < groupIn; ic++, from += kernel) {
      const to = ((group * groupIn + ic) * groupOut + (oc % groupOut)) * count;
      for (let k = 0; k < count; k++) result[to + k] = weights[from + taps[k]];
    }
  }
  return result;
}

/** The source without the rows and columns that reach no output of a part: there are some where padding exceeds the kernel. */
function cropped(spec: ConvSpec, source: FloatArray, part: Part): FloatArray {
  const { inHeight: height, inWidth: width } = part.spec;
  if (height === spec.outHeight && width === spec.outWidth) return source;
  const { batch, outChannels, outHeight, outWidth, inputLayout } = spec;
  const top = Math.max(0, -part.rows.before);
  const left = Math.max(0, -part.columns.before);
  const [images, pixel] = inputLayout === "nchw" ? [batch * outChannels, 1] : [batch, outChannels];
  const result = allocate(spec.dtype, images * height * width * pixel);
  for (let image = 0, to = 0; image < images; image++) {
    for (let y = 0; y < height; y++, to += width * pixel) {
      const from = ((image * outHeight + top + y) * outWidth + left) * pixel;
      result.set(source.subarray(from, from + width * pixel), to);
    }
  }
  return result;
}

/** Where a part's outputs belong. */
function placementOf(spec: ConvSpec, { rows, columns }: Part): Placement {
  const { batch, inChannels, inHeight, inWidth, strides, padding, inputLayout } = spec;
  const [images, pixel] = inputLayout === "nchw" ? [batch * inChannels, 1] : [batch, inChannels];
  return {
    ...{ images, rows: rows.count, columns: columns.count, pixel, outRows: inHeight, outColumns: inWidth },
    ...{ top: rows.first - padding[0], left: columns.first - padding[2] },
    ...{ strideY: strides[0], strideX: strides[1] },
  };
}

/** Adds a part's outputs to the elements of which their places are copies. */
function fold(spec: ConvSpec, { rows, columns }: Part, from: FloatArray, to: FloatArray): void {
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

/** What places have that no kernel element reaches: bias alone. */
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

/** Bias and activation, once the border is folded. */
function finish({ spec, bias }: Adjoint, output: FloatArray): void {
  if (bias === null && spec.activation.kind === "none") return;
  const activation = activationFunction(spec.activation);
  const channels = spec.inChannels;
  const step = spec.inputLayout === "nchw" ? spec.inHeight * spec.inWidth : 1;
  for (let i = 0; i < output.length; i++) {
    output[i] = activation(output[i] + (bias === null ? 0 : bias[Math.floor(i / step) % channels]));
  }
}
