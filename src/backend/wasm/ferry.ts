// SPDX-License-Identifier: MIT
import { bytesOf, elementTypeOf, type TypedArray } from "../../dtype.ts";
import type { Job } from "./helper.ts";
import type { Instance } from "./instance.ts";
import { aligned, elementsOf, following } from "./memory.ts";
import { moduleOf, wasmKernels } from "./modules.ts";
import type { Origin, WasmProgram } from "./program.ts";

/**
 * Takes operands through linear memory, leg by leg. What lies there already stays where it is, if the program can use it
 * there. Returns how many bytes of memory the crossing took.
 *
 * @param head where the program's head lies
 */
export function ferry(
  on: Instance,
  program: WasmProgram,
  head: number,
  inputs: readonly TypedArray[],
  output: TypedArray,
): number {
  const { memory, team } = on;
  const run = on.kernel(program.kernel);
  // Helpers are not even started for small work.
  const isShared = team !== undefined && program.isShared(on);
  const helpers = isShared ? team.muster(moduleOf(program.kernel)) : 0;
  // Asked before memory grows, which may empty the arrays.
  const passage = (array: TypedArray, bufferBytes: number) => {
    const stays = program.staysInPlace && array.buffer === memory.memory.buffer;
    return {
      stays,
      tensorAt: array.byteOffset,
      bytes: stays ? 0 : aligned(bufferBytes),
      elementBytes: bytesOf(elementTypeOf(array, "operand")),
      current: following(memory, array),
      bufferAt: 0,
    };
  };
  const sources = inputs.map((input, i) => passage(input, program.inputBytes[i]));
  const target = passage(output, program.outputBytes);
  const workspace = aligned(program.workspaceBytes);
  const all = [...sources, target];
  const bytes = all.reduce((sum, part) => sum + part.bytes, (helpers + 1) * workspace);
  const at = memory.allocate(bytes);
  try {
    let next = at;
    for (const part of all) {
      part.bufferAt = next;
      next += part.bytes;
    }
    const workspaces = Array.from({ length: helpers + 1 }, (_, i) => next + i * workspace);
    const arrays = sources.map(({ current }) => current());
    const result = target.current();
    const memoryOf = arrays.map((array) => elementsOf(memory, array));
    const results = elementsOf(memory, result);
    const addressOf = (part: typeof target, { inBuffer, inTensor }: Origin) =>
      part.stays ? part.tensorAt + inTensor : part.bufferAt + inBuffer;
    const store = (inBuffer: number, inTensor: number, length: number) => {
      const first = target.bufferAt / target.elementBytes + inBuffer;
      result.set(part(results, first, length), inTensor);
    };
    const kernel = wasmKernels.indexOf(program.kernel);
    const own = ([, plan, a, b, out, ...numbers]: Job) => run(plan, a, b, out, workspaces[0], ...numbers);
    for (const leg of program.legs(on, helpers + 1)) {
      leg.begin?.(on, head);
      sources.forEach((source, i) => {
        if (source.stays) return;
        const first = source.bufferAt / source.elementBytes;
        leg.load(i, (inBuffer, inTensor, length) =>
          memoryOf[i].set(part(arrays[i], inTensor, length), first + inBuffer),
        );
      });
      const [a, b] = [0, 1].map((i) => (i < sources.length ? addressOf(sources[i], leg.inputs[i]) : 0));
      const out = addressOf(target, leg.output);
      const jobs = leg.jobs.map(
        ({ inputShift, outputShift, numbers }): Job => [
          kernel,
          head,
          a + inputShift,
          b,
          out + outputShift,
          ...numbers,
        ],
      );
      const unload = (job: number) => {
        if (!target.stays) leg.unload?.(job, store);
      };
      if (jobs.length > 1 && team !== undefined) team.run(jobs, workspaces, own, unload);
      else
        jobs.forEach((job, i) => {
          own(job);
          unload(i);
        });
    }
    if (!target.stays) program.unloadLast?.(store);
  } finally {
    memory.free(at, bytes);
  }
  return bytes;
}

function part(array: TypedArray, at: number, length: number): TypedArray {
  return length === array.length ? array : array.subarray(at, at + length);
}
