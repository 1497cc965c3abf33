// SPDX-License-Identifier: MIT
import { allocate, bytesOf } from "../../dtype.ts";
import type { PoolGradTask, PoolTask } from "../../spec/task.ts";
import { type AxisWindows, axisWindows, type PoolSpec } from "../../spec/window.ts";
import { aligned, type WasmMemory } from "./memory.ts";
import type { WasmKernel } from "./modules.ts";
import { slackBytes } from "./plan.ts";
import { type Leg, nowhere, type WasmProgram } from "./program.ts";

/** Bytes of operands in linear memory at a time, about a cache; a single plane may need more. */
const mostBytes = 2 ** 19;
/** Bytes for the fields of the class Pool, and for each thread's copy of them. */
const fieldBytes = 128;
/** Rows that poolGrad takes at once; rows longer than `longRow` are taken one by one. */
const fewRows = 4;
const longRow = 512;
/** Vectors compute gradients of windows of up to this many elements, as in assembly/windows/pool-grad.ts. */
const mostPlaces = 4096;

export function poolProgram({ spec }: PoolTask): WasmProgram {
  const { depth } = planesOf(spec);
  const columns = columnsOf(spec);
  return planesProgram(spec, {
    kernel: "windows.pool",
    inputs: 1,
    grows: false,
    table: widthsOf(spec, axisWindows(spec, 1), 1),
    columns,
    workspaceLength: columns * depth,
    rowsAtOnce: 1,
  });
}

export function poolGradProgram({ spec }: PoolGradTask): WasmProgram {
  const { depth } = planesOf(spec);
  const isMean = spec.kind === "average";
  const windows = axisWindows(spec, 1);
  const before = isMean ? (spec.kernelWidth - 1) * spec.dilations[1] : 0;
  const columns = (before + columnsOf(spec)) * (isMean ? depth : 1) + slackBytes / bytesOf(spec.dtype);
  const rowsAtOnce = columns > longRow ? 1 : fewRows;
  const inVectors = depth === 1 && spec.strides[1] <= 2 && spec.kernelHeight * spec.kernelWidth <= mostPlaces;
  const rows = isMean ? rowsAtOnce + 1 : inVectors ? rowsAtOnce * spec.kernelHeight : 0;
  return planesProgram(spec, {
    kernel: "windows.poolGrad",
    inputs: isMean ? 1 : 2,
    grows: true,
    table: isMean ? widthsOf(spec, windows, depth) : firstPlaces(spec, windows),
    columns,
    workspaceLength: rows * columns,
    rowsAtOnce,
  });
}

function planesOf({ batch, channels, inputLayout }: PoolSpec): { planes: number; depth: number } {
  return inputLayout === "nhwc" ? { planes: batch, depth: channels } : { planes: batch * channels, depth: 1 };
}

/** Counts the columns of the padded input that windows read. */
function columnsOf({ padding, inWidth, outWidth, strides, kernelWidth, dilations }: PoolSpec): number {
  return Math.max(padding[2] + inWidth, (outWidth - 1) * strides[1] + (kernelWidth - 1) * dilations[1] + 1);
}

/** Returns, for each number in a row of outputs, how many elements of one row of its window a mean divides by. */
function widthsOf(
  spec: PoolSpec,
  { taps, paddedTaps }: AxisWindows,
  depth: number,
): Float32Array | Float64Array {
  const widths = spec.countIncludePad ? paddedTaps : taps;
  const all = allocate(spec.dtype, widths.length * depth);
  return all.map((_, i) => widths[Math.floor(i / depth)]);
}

/**
 * Returns how many bytes a window's first element inside the input lies from the window's begin; -1 if none is inside.
 */
function firstPlaces(spec: PoolSpec, { first, taps }: AxisWindows): Int32Array | BigInt64Array {
  const bytes = bytesOf(spec.dtype);
  const places = first.map((column, ox) =>
    taps[ox] === 0 ? -1 : (column - ox * spec.strides[1] + spec.padding[2]) * bytes,
  );
  return bytes === 4 ? places : BigInt64Array.from(places, BigInt);
}

/** A pooling or its gradient, whose planes go through linear memory a few at a time. */
interface Planar {
  readonly kernel: WasmKernel;
  /** 2 for an image and the gradient of its pooling's output, else 1. */
  readonly inputs: 1 | 2;
  /** Whether the output has the image's size; otherwise the first input has it. */
  readonly grows: boolean;
  /** The contents of `widths` of the class Pool, whose elements are as wide as the operands'. */
  readonly table: Float32Array | Float64Array | Int32Array | BigInt64Array;
  readonly columns: number;
  /** The length in elements. */
  readonly workspaceLength: number;
  readonly rowsAtOnce: number;
}

function planesProgram(spec: PoolSpec, planar: Planar): WasmProgram {
  const { kernel, table, columns, workspaceLength, rowsAtOnce } = planar;
  const bytes = bytesOf(spec.dtype);
  const { planes, depth } = planesOf(spec);
  const image = spec.inHeight * spec.inWidth * depth;
  const pooled = spec.outHeight * spec.outWidth * depth;
  const lengths = planar.grows ? (planar.inputs === 2 ? [image, pooled] : [pooled]) : [image];
  const outLength = planar.grows ? image : pooled;
  const planeBytes = (outLength + lengths.reduce((sum, length) => sum + length, 0)) * bytes;
  const step = Math.min(Math.max(Math.floor(mostBytes / planeBytes), 1), planes);
  return {
    kernel,
    headBytes: fieldBytes + table.byteLength + slackBytes,
    writeHead({ memory }, at) {
      const tableAt = at + fieldBytes;
      memory.uint8.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), tableAt);
      writeFields(memory, at, spec, depth, columns, tableAt);
    },
    workspaceBytes: aligned(fieldBytes + workspaceLength * bytes + slackBytes),
    inputBytes: lengths.map((length) => step * length * bytes + slackBytes),
    outputBytes: step * outLength * bytes + slackBytes,
    staysInPlace: false,
    isShared: () => false,
    *legs(): Generator<Leg> {
      for (let plane = 0; plane < planes; plane += step) {
        const count = Math.min(step, planes - plane);
        yield {
          inputs: lengths.map(() => nowhere),
          output: nowhere,
          jobs: [{ inputShift: 0, outputShift: 0, numbers: [count, rowsAtOnce, 0, 0, 0] }],
          load: (input, visit) => visit(0, plane * lengths[input], count * lengths[input]),
          unload: (_, visit) => visit(0, plane * outLength, count * outLength),
        };
      }
    },
  };
}

/** Writes the fields in the order of the class Pool of assembly/windows/pool.ts. */
function writeFields(
  memory: WasmMemory,
  at: number,
  spec: PoolSpec,
  depth: number,
  columns: number,
  widths: number,
): void {
  const [padTop, padBottom, padLeft] = spec.padding;
  const fields = {
    elementBytes: bytesOf(spec.dtype),
    average: Number(spec.kind === "average"),
    depth,
    inHeight: spec.inHeight,
    inWidth: spec.inWidth,
    outHeight: spec.outHeight,
    outWidth: spec.outWidth,
    kernelHeight: spec.kernelHeight,
    kernelWidth: spec.kernelWidth,
    strideY: spec.strides[0],
    strideX: spec.strides[1],
    padTop,
    padBottom,
    padLeft,
    dilationY: spec.dilations[0],
    dilationX: spec.dilations[1],
    countIncludePad: Number(spec.countIncludePad),
    columns,
    widths,
  };
  memory.int32.set(Object.values(fields), at / 4);
}
