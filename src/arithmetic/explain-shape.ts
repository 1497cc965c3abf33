// SPDX-License-Identifier: MIT

import { invalid } from "../errors.ts";
import { checkArity } from "../input/options.ts";
import { type Conv2dOptions, conv2dSpec } from "../ops/conv2d.ts";
import { type Corr2dOptions, corr2dSpec } from "../ops/corr2d.ts";
import { type ConvSpec, outputShapeOf } from "../spec/convolution.ts";
import { dilatedSize } from "../spec/shape.ts";
import { checkShape } from "../tensor.ts";

/**
 * Writes out the arithmetic of a convolution's output shape, for reading. For each axis it gives the padding, the
 * extent of the dilated kernel, the floor division by the stride, and the part of the input that is never read.
 *
 * Shapes of four sizes are those of `outputShape.conv2d`, shapes of two sizes those of `outputShape.corr2d`; options
 * are theirs too. The text may change between versions.
 *
 * Source of the formula: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning" (2016),
 * relationships 6 and 15. Throws INVALID_ARGUMENT as conv2d does.
 */
export function explainShape(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: Conv2dOptions | Corr2dOptions,
): string {
  checkArity("explainShape", arguments.length, 3);
  const input = checkShape(inputShape, "inputShape");
  const weights = checkShape(weightsShape, "weightsShape");
  if (input.length !== 2 && input.length !== 4) throw invalid("2 or 4 sizes", "inputShape", inputShape);
  if (weights.length !== input.length) throw invalid(`${input.length} sizes`, "weightsShape", weightsShape);
  const isMatrix = input.length === 2;
  const spec = isMatrix
    ? corr2dSpec(input, weights, options as Corr2dOptions)
    : conv2dSpec(input, weights, options as Conv2dOptions);
  for (const size of [spec.kernelHeight, spec.kernelWidth]) {
    if (size > mostTaps)
      throw invalid(`kernels of at most ${mostTaps} rows and columns`, "weightsShape", weightsShape);
  }
  const output = isMatrix ? outputShapeOf(spec).slice(2) : outputShapeOf(spec);
  const lines = [
    `input [${input.join(", ")}], ${isMatrix ? "kernel" : "weights"} [${weights.join(", ")}] -> output [${output.join(", ")}]`,
    ...explainAxis(axisOf(spec, 0)),
    ...explainAxis(axisOf(spec, 1)),
  ];
  if (!isMatrix) lines.push(...explainChannels(spec));
  return lines.join("\n");
}

/** Taps along an axis are visited one by one, so their number is limited. */
const mostTaps = 2 ** 20;

interface Axis {
  readonly name: string;
  readonly unit: string;
  readonly units: string;
  readonly sides: readonly [string, string];
  readonly size: number;
  readonly before: number;
  readonly after: number;
  readonly kernel: number;
  readonly dilation: number;
  readonly stride: number;
  readonly out: number;
}

function axisOf(spec: ConvSpec, axis: 0 | 1): Axis {
  const { padding, dilations, strides } = spec;
  const common = {
    before: padding[2 * axis],
    after: padding[2 * axis + 1],
    dilation: dilations[axis],
    stride: strides[axis],
  };
  return axis === 0
    ? {
        ...common,
        ...{ name: "height", unit: "row", units: "rows", sides: ["top", "bottom"] },
        ...{ size: spec.inHeight, kernel: spec.kernelHeight, out: spec.outHeight },
      }
    : {
        ...common,
        ...{ name: "width", unit: "column", units: "columns", sides: ["left", "right"] },
        ...{ size: spec.inWidth, kernel: spec.kernelWidth, out: spec.outWidth },
      };
}

function explainAxis(axis: Axis): string[] {
  const { name, units, sides, size, before, after, kernel, dilation, stride, out } = axis;
  const padded = size + before + after;
  const extent = dilatedSize(kernel, dilation);
  const lines = [
    `${name}:`,
    before + after === 0
      ? `  no padding: ${padded} ${units}`
      : `  padding: ${size} + ${before} (${sides[0]}) + ${after} (${sides[1]}) = ${padded} ${units}`,
    dilation === 1 || kernel === 1
      ? `  kernel: ${kernel} ${kernel === 1 ? axis.unit : units}`
      : `  kernel: ${kernel} ${units}, ${dilation} apart, reach over (${kernel} - 1) * ${dilation} + 1 = ${extent}`,
    `  room to move: ${padded} - ${extent} = ${padded - extent}`,
    stride === 1
      ? `  stride 1: ${padded - extent} + 1 = ${out} positions`
      : `  stride ${stride}: floor(${padded - extent} / ${stride}) + 1 = ${out - 1} + 1 = ${out} position${out === 1 ? "" : "s"}`,
  ];
  const unread = explainUnread(axis, padded);
  if (unread !== "") lines.push(`  ${unread}`);
  return lines;
}

/** Describes the input that no window reads: at the end, where the stride leaves a rest, and between the windows. */
function explainUnread(axis: Axis, padded: number): string {
  const { units, unit, size, before, kernel, dilation, stride, out } = axis;
  const end = (out - 1) * stride + dilatedSize(kernel, dilation);
  const rest = padded - end;
  const behind = Math.max(before + size - Math.max(end, before), 0);
  const between = size - readOf(axis) - behind;
  const count = (n: number) => `${n} ${n === 1 ? unit : units}`;
  const parts: string[] = [];
  if (rest > 0) {
    const ofInput = behind === rest ? "" : ` (${behind === 0 ? "padding alone" : `${behind} of the input`})`;
    parts.push(`the last ${rest === 1 ? unit : count(rest)}${ofInput}`);
  }
  if (between > 0) parts.push(`${count(between)} of the input between those that are read`);
  return parts.length === 0 ? "" : `never read: ${parts.join(", ")}`;
}

/**
 * Counts the input elements that some window reads. Tap k reads k * dilation + o * stride for o = 0..out-1. Among the
 * elements with one remainder by the stride this is a run, and runs with the same remainder are united.
 */
function readOf({ size, before, kernel, dilation, stride, out }: Axis): number {
  if (dilation === 1 && stride <= kernel) {
    const end = (out - 1) * stride + kernel; // Windows leave no gaps.
    return Math.max(Math.min(before + size, end) - before, 0);
  }
  /** For each remainder, the first of its elements that is not counted yet. */
  const next = new Map<number, number>();
  let read = 0;
  for (let k = 0; k < kernel; k++) {
    const remainder = (k * dilation) % stride;
    const start = (k * dilation - remainder) / stride;
    const from = Math.max(start, next.get(remainder) ?? Math.ceil((before - remainder) / stride));
    const to = Math.min(start + out - 1, Math.floor((before + size - 1 - remainder) / stride));
    if (to < from) continue;
    read += to - from + 1;
    next.set(remainder, to + 1);
  }
  return read;
}

function explainChannels({ inChannels, outChannels, groups, kernelHeight, kernelWidth }: ConvSpec): string[] {
  const products = `${inChannels / groups} * ${kernelHeight} * ${kernelWidth} = ${(inChannels / groups) * kernelHeight * kernelWidth}`;
  const share =
    groups === 1
      ? `each output channel sums over all input channels`
      : `${groups} groups: each output channel sums over ${inChannels / groups} of ${inChannels} input channels`;
  return [
    "channels:",
    `  ${inChannels} in, ${outChannels} out; ${share}`,
    `  products for one output: ${products}`,
  ];
}
