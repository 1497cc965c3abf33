// SPDX-License-Identifier: MIT
import { allocate, dtypeOf, type FloatArray } from "../dtype.ts";
import { type AxisWindows, axisWindows, type PoolSpec } from "../window.ts";
import type { Instance } from "./wasm-instance.ts";
import { aligned, following } from "./wasm-memory.ts";

/** Arrays that are taken into linear memory at a time, unless one plane is more: about what a cache holds. */
const mostBytes = 2 ** 19;
/** What `pool` of assembly/modules/windows.ts may read beyond the last element. */
const slackBytes = 512;
const planBytes = 128;
/** Of poolGrad; longer rows need no help. */
const fewRows = 4;
const longRow = 512;
/** As in assembly/windows/pool-grad.ts. */
const mostPlaces = 4096;

/** Pools on the calling thread, a few planes at a time. Returns how much linear memory that took. */
export function poolOn(on: Instance, spec: PoolSpec, input: FloatArray, output: FloatArray): number {
  const { depth } = planesOf(spec);
  const columns = columnsOf(spec);
  return takeThrough(on, spec, {
    inputs: [input],
    output,
    table: widthsOf(spec, axisWindows(spec, 1), 1, output),
    columns,
    workspace: columns * depth,
    run: (plan, [at], outAt, count) => on.exports("windows").pool(plan, at, outAt, count),
  });
}

/** The gradient on the same terms; `input` is there for a maximum. */
export function poolGradOn(
  on: Instance,
  spec: PoolSpec,
  input: FloatArray | undefined,
  gradOutput: FloatArray,
  gradX: FloatArray,
): number {
  const { depth } = planesOf(spec);
  const isMean = spec.kind === "average";
  const windows = axisWindows(spec, 1);
  const before = isMean ? (spec.kernelWidth - 1) * spec.dilations[1] : 0;
  const columns = (before + columnsOf(spec)) * (isMean ? depth : 1) + slackBytes / gradX.BYTES_PER_ELEMENT;
  const rowsAtOnce = columns > longRow ? 1 : fewRows;
  const inVectors = depth === 1 && spec.strides[1] <= 2 && spec.kernelHeight * spec.kernelWidth <= mostPlaces;
  const rows = isMean ? rowsAtOnce + 1 : inVectors ? rowsAtOnce * spec.kernelHeight : 0;
  return takeThrough(on, spec, {
    inputs: input === undefined ? [gradOutput] : [input, gradOutput],
    output: gradX,
    table: isMean ? widthsOf(spec, windows, depth, gradX) : firstPlaces(spec, windows, gradX),
    columns,
    workspace: rows * columns,
    run: (plan, at, outAt, count) =>
      on.exports("windows").poolGrad(plan, at[0], at[at.length - 1], outAt, count, rowsAtOnce),
  });
}

function planesOf({ batch, channels, inputLayout }: PoolSpec): { planes: number; depth: number } {
  return inputLayout === "nhwc" ? { planes: batch, depth: channels } : { planes: batch * channels, depth: 1 };
}

/** Columns of the padded input that windows read. */
function columnsOf({ padding, inWidth, outWidth, strides, kernelWidth, dilations }: PoolSpec): number {
  return Math.max(padding[2] + inWidth, (outWidth - 1) * strides[1] + (kernelWidth - 1) * dilations[1] + 1);
}

/** By how many elements a mean divides, of one row of its window: for each number of a row of outputs. */
function widthsOf(
  spec: PoolSpec,
  { taps, paddedTaps }: AxisWindows,
  depth: number,
  like: FloatArray,
): FloatArray {
  const widths = spec.countIncludePad ? paddedTaps : taps;
  const all = allocate(dtypeOf(like, "like"), widths.length * depth);
  return all.map((_, i) => widths[Math.floor(i / depth)]);
}

/** How far, in bytes, the first element inside lies from where the window begins; -1 where there is none. */
function firstPlaces(
  spec: PoolSpec,
  { first, taps }: AxisWindows,
  like: FloatArray,
): Int32Array | BigInt64Array {
  const bytes = like.BYTES_PER_ELEMENT;
  const places = first.map((column, ox) =>
    taps[ox] === 0 ? -1 : (column - ox * spec.strides[1] + spec.padding[2]) * bytes,
  );
  return bytes === 4 ? places : BigInt64Array.from(places, BigInt);
}

interface Passage {
  readonly inputs: readonly FloatArray[];
  readonly output: FloatArray;
  /** `widths` of the plan, as wide as elements. */
  readonly table: FloatArray | Int32Array | BigInt64Array;
  readonly columns: number;
  /** Elements of it. */
  readonly workspace: number;
  run(plan: number, inputs: readonly number[], output: number, planes: number): void;
}

/** Takes planes of the arrays through linear memory. Returns how much of it that took. */
function takeThrough({ memory }: Instance, spec: PoolSpec, passage: Passage): number {
  const { inputs, output, table, columns, workspace } = passage;
  const bytes = output.BYTES_PER_ELEMENT;
  const { planes, depth } = planesOf(spec);
  const lengths = inputs.map((input) => input.length / planes);
  const outLength = output.length / planes;
  const planeBytes = (outLength + lengths.reduce((sum, length) => sum + length, 0)) * bytes;
  const step = Math.min(Math.max(Math.floor(mostBytes / planeBytes), 1), planes);
  const sizes = [
    planBytes,
    table.byteLength + slackBytes,
    workspace * bytes + slackBytes,
    step * outLength * bytes + slackBytes,
    ...lengths.map((length) => step * length * bytes + slackBytes),
  ].map(aligned);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const sources = inputs.map((input) => following(memory, input));
  const to = following(memory, output);
  const plan = memory.allocate(total);
  try {
    const addresses = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, plan));
    const [, tableAt, rowAt, outAt, ...inAt] = addresses;
    const elements = bytes === 4 ? memory.float32 : memory.float64;
    const arrays = sources.map((source) => source());
    const target = to();
    memory.uint8.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), tableAt);
    memory.int32.set(fieldsOf(spec, bytes, depth, columns, tableAt, rowAt), plan / 4);
    for (let plane = 0; plane < planes; plane += step) {
      const count = Math.min(step, planes - plane);
      arrays.forEach((array, i) => {
        const length = lengths[i];
        elements.set(array.subarray(plane * length, (plane + count) * length), inAt[i] / bytes);
      });
      passage.run(plan, inAt, outAt, count);
      target.set(elements.subarray(outAt / bytes, outAt / bytes + count * outLength), plane * outLength);
    }
  } finally {
    memory.free(plan, total);
  }
  return total;
}

/** In the order of the class Pool of assembly/pool.ts. */
function fieldsOf(
  spec: PoolSpec,
  elementBytes: number,
  depth: number,
  columns: number,
  widths: number,
  row: number,
): number[] {
  const [padTop, padBottom, padLeft] = spec.padding;
  return [
    ...[elementBytes, spec.kind === "average" ? 1 : 0, depth],
    ...[spec.inHeight, spec.inWidth, spec.outHeight, spec.outWidth, spec.kernelHeight, spec.kernelWidth],
    ...[...spec.strides, padTop, padBottom, padLeft, ...spec.dilations],
    ...[spec.countIncludePad ? 1 : 0, columns, widths, row],
  ];
}
