// SPDX-License-Identifier: MIT
import { bytesOf, elementTypeOf, type TypedArray } from "../../dtype.ts";
import type { Job } from "./helper.ts";
import type { Instance } from "./instance.ts";
import { aligned, following } from "./memory.ts";
import { moduleOf, wasmKernels } from "./modules.ts";
import type { Origin, WasmProgram } from "./program.ts";

/** Multiply-adds in a step: about 10 ms on an ordinary machine. */
const stepWork = 2 ** 25;

/** Takes operands through linear memory all at once. Returns the bytes of memory that this took. */
export function ferry(...crossing: Parameters<typeof ferryInSteps>): number {
  const steps = ferryInSteps(...crossing);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * Takes operands through linear memory, leg by leg and job by job. Operands that already lie there are used in place if
 * the program allows it. Memory may grow between steps, unless an operand lies in it.
 *
 * @param head the address of the program's head
 * @param alone the calling thread does all the work, in short jobs
 */
export function* ferryInSteps(
  on: Instance,
  program: WasmProgram,
  head: number,
  inputs: readonly TypedArray[],
  output: TypedArray,
  alone = false,
): Generator<void, number> {
  const { memory, team } = on;
  const run = on.kernel(program.kernel);
  // Small work does not start helpers.
  const isShared = team !== undefined && !alone && program.isShared(on);
  const helpers = isShared ? team.muster(moduleOf(program.kernel)) : 0;
  const threads = alone ? (program.threadsFor?.(stepWork) ?? 1) : helpers + 1;
  // The buffers are compared before memory grows, which may detach them.
  const passage = (array: TypedArray, bufferBytes: number) => {
    const stays = program.staysInPlace && array.buffer === memory.memory.buffer;
    const dtype = elementTypeOf(array, "operand");
    return {
      stays,
      dtype,
      elementBytes: bytesOf(dtype),
      tensorAt: array.byteOffset,
      bytes: stays ? 0 : aligned(bufferBytes),
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
    const addressOf = (part: typeof target, { inBuffer, inTensor }: Origin) =>
      part.stays ? part.tensorAt + inTensor : part.bufferAt + inBuffer;
    const store = (inBuffer: number, inTensor: number, length: number) => {
      const first = target.bufferAt / target.elementBytes + inBuffer;
      result.set(part(memory[target.dtype], first, length), inTensor);
    };
    const kernel = wasmKernels.indexOf(program.kernel);
    const own = ([, plan, a, b, out, ...numbers]: Job) => run(plan, a, b, out, workspaces[0], ...numbers);
    for (const leg of program.legs(on, threads)) {
      leg.begin?.(on, head);
      sources.forEach((source, i) => {
        if (source.stays) return;
        const first = source.bufferAt / source.elementBytes;
        leg.load(i, (inBuffer, inTensor, length) =>
          memory[source.dtype].set(part(arrays[i], inTensor, length), first + inBuffer),
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
      if (jobs.length > 1 && team !== undefined && !alone) {
        team.run(jobs, workspaces, own, unload);
        yield;
        continue;
      }
      for (let i = 0; i < jobs.length; i++) {
        own(jobs[i]);
        unload(i);
        yield;
      }
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
