// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import type { PatchSpec } from "../patches.ts";
import type { Instance } from "./wasm-instance.ts";
import { aligned, following, type WasmMemory } from "./wasm-memory.ts";

/** Patches that are in linear memory at a time, unless one plane has more at one place of its windows: about what a cache holds. */
const mostBytes = 2 ** 18;
/** What `unfold` of assembly/modules/windows.ts may read beyond the last element, and more. */
const slackBytes = 64;
const planBytes = 128;

/**
 * Copies patches out of an image, or adds them to one, on the calling thread and a few planes, or elements of their
 * windows, at a time. Returns how much linear memory that took.
 */
export function patchesOn(
  { memory, exports }: Instance,
  kind: "unfold" | "fold",
  spec: PatchSpec,
  input: FloatArray,
  output: FloatArray,
): number {
  const { planes, depth, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth } = spec;
  const bytes = output.BYTES_PER_ELEMENT;
  const taps = kernelHeight * kernelWidth;
  const image = inHeight * inWidth * depth;
  const sheet = outHeight * outWidth * depth;
  const sheets = Math.max(Math.floor(mostBytes / (sheet * bytes)), 1);
  const step = Math.min(Math.max(Math.floor(sheets / taps), 1), planes);
  const tapStep = Math.min(sheets, taps);
  const tables = [spec.rows, spec.columns, spec.first, spec.end];
  const sizes = [
    planBytes,
    ...tables.map(({ byteLength }) => byteLength),
    step * image * bytes + slackBytes,
    step * tapStep * sheet * bytes + slackBytes,
  ].map(aligned);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const [from, to] = [following(memory, input), following(memory, output)];
  const plan = memory.allocate(total);
  try {
    const addresses = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, plan));
    const [imageAt, patchesAt] = addresses.slice(5);
    const elements = bytes === 4 ? memory.float32 : memory.float64;
    const [source, target] = [from(), to()];
    writePlan(memory, spec, bytes, plan, addresses.slice(1, 5));
    tables.forEach((table, i) => {
      memory.int32.set(table, addresses[1 + i] / 4);
    });
    const put = (at: number, length: number, address: number) =>
      elements.set(source.subarray(at, at + length), address / bytes);
    const take = (at: number, length: number, address: number) =>
      target.set(elements.subarray(address / bytes, address / bytes + length), at);
    const { unfold, fold } = exports("windows");
    for (let plane = 0; plane < planes; plane += step) {
      const count = Math.min(step, planes - plane);
      if (kind === "unfold") put(plane * image, count * image, imageAt);
      for (let tap = 0; tap < taps; tap += tapStep) {
        const last = Math.min(tap + tapStep, taps);
        const at = (plane * taps + tap) * sheet;
        const length = count * (last - tap) * sheet;
        if (kind === "unfold") {
          unfold(plan, imageAt, patchesAt, count, tap, last);
          take(at, length, patchesAt);
        } else {
          put(at, length, patchesAt);
          fold(plan, patchesAt, imageAt, count, tap, last);
        }
      }
      if (kind === "fold") take(plane * image, count * image, imageAt);
    }
  } finally {
    memory.free(plan, total);
  }
  return total;
}

/** In the order of the class Patches of assembly/windows/patches.ts. */
function writePlan(
  memory: WasmMemory,
  s: PatchSpec,
  elementBytes: number,
  plan: number,
  tables: readonly number[],
): void {
  memory.float64[plan / 8] = s.value;
  const fields = [
    ...[elementBytes, s.depth, s.inHeight, s.inWidth, s.outHeight, s.outWidth, s.kernelHeight, s.kernelWidth],
    ...[s.strideX, ...tables],
  ];
  memory.int32.set(fields, plan / 4 + 2);
}
