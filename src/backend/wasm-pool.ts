// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import { axisWindows, type PoolSpec } from "../window.ts";
import type { Instance } from "./wasm-instance.ts";
import { aligned, following } from "./wasm-memory.ts";

/** Input that is taken into linear memory at a time, unless one plane is more. */
const mostBytes = 16 * 2 ** 20;
/** What `pool` of assembly/modules/windows.ts may read beyond the last element. */
const slackBytes = 512;
const planBytes = 128;

/** Pools on the calling thread, a few planes at a time. Returns how much linear memory that took. */
export function poolOn(
  { memory, exports }: Instance,
  spec: PoolSpec,
  input: FloatArray,
  output: FloatArray,
): number {
  const { batch, channels, inHeight, inWidth, outHeight, outWidth, kernelWidth, inputLayout } = spec;
  const bytes = input.BYTES_PER_ELEMENT;
  const [planes, depth] = inputLayout === "nhwc" ? [batch, channels] : [batch * channels, 1];
  const inLength = inHeight * inWidth * depth;
  const outLength = outHeight * outWidth * depth;
  const step = Math.min(Math.max(Math.floor(mostBytes / (inLength * bytes)), 1), planes);
  const columns = Math.max(
    spec.padding[2] + inWidth,
    (outWidth - 1) * spec.strides[1] + (kernelWidth - 1) * spec.dilations[1] + 1,
  );
  const sizes = [
    planBytes,
    outWidth * bytes + slackBytes,
    columns * depth * bytes + slackBytes,
    step * inLength * bytes + slackBytes,
    step * outLength * bytes,
  ].map(aligned);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const [from, to] = [following(memory, input), following(memory, output)];
  const plan = memory.allocate(total);
  try {
    const widths = plan + sizes[0];
    const row = widths + sizes[1];
    const inAt = row + sizes[2];
    const outAt = inAt + sizes[3];
    const elements = bytes === 4 ? memory.float32 : memory.float64;
    const source = from();
    const target = to();
    const { taps, paddedTaps } = axisWindows(spec, 1);
    elements.set(spec.countIncludePad ? paddedTaps : taps, widths / bytes);
    memory.int32.set(fieldsOf(spec, bytes, depth, columns, widths, row), plan / 4);
    for (let plane = 0; plane < planes; plane += step) {
      const count = Math.min(step, planes - plane);
      elements.set(source.subarray(plane * inLength, (plane + count) * inLength), inAt / bytes);
      exports("windows").pool(plan, inAt, outAt, count);
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
