// SPDX-License-Identifier: MIT
import { bytesOf } from "../../dtype.ts";
import type { PatchSpec } from "../../spec/patches.ts";
import type { PatchTask } from "../../spec/task.ts";
import { aligned } from "./memory.ts";
import { type Leg, nowhere, type WasmProgram } from "./program.ts";

/** Bytes of patches in linear memory at a time, about a cache. One element of every window of a plane may need more. */
const mostBytes = 2 ** 18;
/** Bytes that `unfold` of assembly/modules/windows.ts may read beyond the last element, and some more. */
const slackBytes = 64;
const fieldBytes = 128;

/** Lays out `unfold` or `fold`, a few planes at a time, or a few elements of a plane's windows. */
export function patchesProgram({ kind, spec, dtype }: PatchTask): WasmProgram {
  const { planes, depth, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth } = spec;
  const bytes = bytesOf(dtype);
  const taps = kernelHeight * kernelWidth;
  const image = inHeight * inWidth * depth;
  const sheet = outHeight * outWidth * depth;
  const sheets = Math.max(Math.floor(mostBytes / (sheet * bytes)), 1);
  const step = Math.min(Math.max(Math.floor(sheets / taps), 1), planes);
  const tapStep = Math.min(sheets, taps);
  const tables = [spec.rows, spec.columns, spec.first, spec.end];
  const tableBytes = tables.map(({ byteLength }) => aligned(byteLength));
  const imageBytes = step * image * bytes + slackBytes;
  const patchBytes = step * tapStep * sheet * bytes + slackBytes;
  const unfolds = kind === "unfold";
  return {
    kernel: `windows.${kind}`,
    headBytes: fieldBytes + tableBytes.reduce((sum, size) => sum + size, 0),
    writeHead({ memory }, at) {
      let next = at + fieldBytes;
      const addresses = tables.map((table, i) => {
        const address = next;
        memory.int32.set(table, address / 4);
        next += tableBytes[i];
        return address;
      });
      memory.float64[at / 8] = spec.value;
      memory.int32.set(fieldsOf(spec, bytes, addresses), at / 4 + 2);
    },
    workspaceBytes: 0,
    inputBytes: [unfolds ? imageBytes : patchBytes],
    outputBytes: unfolds ? patchBytes : imageBytes,
    staysInPlace: false,
    isShared: () => false,
    *legs(): Generator<Leg> {
      for (let plane = 0; plane < planes; plane += step) {
        const count = Math.min(step, planes - plane);
        for (let tap = 0; tap < taps; tap += tapStep) {
          const last = Math.min(tap + tapStep, taps);
          const [at, length] = [(plane * taps + tap) * sheet, count * (last - tap) * sheet];
          // An image stays in its buffer while the elements of its windows pass through theirs.
          const loads = !unfolds || tap === 0;
          const unloads = unfolds || last === taps;
          yield {
            inputs: [nowhere],
            output: nowhere,
            jobs: [{ inputShift: 0, outputShift: 0, numbers: [count, tap, last, 0, 0] }],
            load: (_, visit) => {
              if (loads) unfolds ? visit(0, plane * image, count * image) : visit(0, at, length);
            },
            unload: (_, visit) => {
              if (unloads) unfolds ? visit(0, at, length) : visit(0, plane * image, count * image);
            },
          };
        }
      }
    },
  };
}

/** Lists the fields in the order of the class Patches of assembly/windows/patches.ts, behind `value`. */
function fieldsOf(s: PatchSpec, elementBytes: number, tables: readonly number[]): number[] {
  const fields = {
    elementBytes,
    depth: s.depth,
    inHeight: s.inHeight,
    inWidth: s.inWidth,
    outHeight: s.outHeight,
    outWidth: s.outWidth,
    kernelHeight: s.kernelHeight,
    kernelWidth: s.kernelWidth,
    strideX: s.strideX,
    rows: tables[0],
    columns: tables[1],
    first: tables[2],
    end: tables[3],
  };
  return Object.values(fields);
}
