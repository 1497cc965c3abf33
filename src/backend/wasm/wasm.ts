// SPDX-License-Identifier: MIT
import { arrayTypes, bytesOf, type DType, isInteger, type TypedArray } from "../../dtype.ts";
import { Corr2dError } from "../../errors.ts";
import { suitsDepthwise, suitsWinograd } from "../../spec/convolution.ts";
import type { ConvTask, Operand } from "../../spec/task.ts";
import type { Allocation } from "../../tensor.ts";
import type { Backend, Operation, Prepared } from "../backend.ts";
import { owning } from "../reference/owning.ts";
import { prepareReference } from "../reference/prepare.ts";
import { createWorkerPool } from "../workers/pool.ts";
import { ferry, ferryInSteps } from "./ferry.ts";
import { headOf, type Instance, instantiate, removeHead } from "./instance.ts";
import { pairedWeights } from "./integer-plan.ts";
import { aligned, following } from "./memory.ts";
import type { LoadedModule, WasmIsa, WasmModule } from "./modules.ts";
import { slackBytes } from "./plan.ts";
import type { WasmProgram } from "./program.ts";
import { winogradWeights } from "./winograd.ts";

/** Bytes that 32-bit addresses reach, less some for workspaces and the like. */
const addressable = 3.75 * 2 ** 30;
/** Linear memory cannot shrink, so after a run that took more than this, the whole instance is dropped. */
const highWater = 256 * 2 ** 20;

export interface WasmOptions {
  /** Returns a module, for shared memory or not; undefined if it was not loaded. */
  readonly load: (name: WasmModule, shared: boolean) => WebAssembly.Module | undefined;
  /** The instruction set that the modules were built for. */
  readonly isa: WasmIsa;
  /** Whether `run` may use several threads, which then share memory. */
  readonly shared: boolean;
  readonly threads: number;
}

/**
 * Creates the backend on WebAssembly SIMD. `run` computes on the calling thread and, if memory may be shared, on
 * helpers; `runAsync` computes in at most `threads` workers. Operations without WebAssembly run in TypeScript.
 *
 * The instance is a cache. It is dropped after a trap, or when its memory has grown too large; plans move to the next
 * instance with their next run.
 */
export function createWasmBackend({ load, isa, shared, threads }: WasmOptions): Backend {
  const helpers = shared ? threads - 1 : 0;
  const workers = createWorkerPool({ backend: "wasm", isa }, threads);
  let current: Instance | undefined;
  let disposed = false;

  const drop = (): void => {
    current?.team?.dispose();
    current = undefined;
  };

  const loaded = (name: WasmModule, shared: boolean): WebAssembly.Module => {
    const module = load(name, shared);
    if (module !== undefined) return module;
    const message = `The wasm backend has not loaded its module for ${name}: that is done by init()`;
    throw new Corr2dError("BACKEND_UNAVAILABLE", message);
  };

  const forWorkers = (name: WasmModule): LoadedModule => ({ name, compiled: loaded(name, false) });

  /** Turns every error into a Corr2dError, and drops the instance after any that was not one. */
  const guarded = <T>(work: (on: Instance) => T): T => {
    if (disposed) throw new Corr2dError("DISPOSED", "This wasm backend was disposed of");
    try {
      current ??= instantiate((name) => loaded(name, helpers > 0), helpers);
      return work(current);
    } catch (cause) {
      if (!(cause instanceof Corr2dError)) drop();
      throw failed(cause);
    }
  };

  const prepare = (operation: Operation): Prepared => {
    // Workers and later instances need the constants as well.
    const task = owning(operation.task);
    const { wasm } = operation;
    if (wasm === undefined) return prepareReference(operation, task, workers);
    const program = wasm.plan(task);
    // The layout for operands that already lie in linear memory.
    let inPlace: WasmProgram | undefined;
    guarded((on) => headOf(on, program));
    let open = true;
    /** Runs on the calling thread that are between two of their steps. */
    let underway = 0;

    const assertOpen = (): void => {
      if (!open) throw new Corr2dError("DISPOSED", "This plan was disposed of");
    };
    function* inSteps(a: Operand, b: Operand, c: Operand, out: Operand): Generator<void> {
      const [on, head] = guarded((on) => [on, headOf(on, program)] as const);
      underway++;
      try {
        const inputs = [a, b, c].filter((operand) => operand !== null);
        const took = yield* ferryInSteps(on, program, head, inputs, out as TypedArray, true);
        if (took > highWater && current === on) drop();
      } catch (cause) {
        if (current === on) drop();
        throw failed(cause);
      } finally {
        underway--;
        if (!open && underway === 0) removeHead(on, program);
      }
    }
    const pooled = workers.add(task, inSteps, () => forWorkers(wasm.module));
    return {
      workspaceBytes: program.workspaceBytes,
      followsMemory: true,
      run(a, b, c, out) {
        assertOpen();
        guarded((on) => {
          const inputs = [a, b, c].filter((operand) => operand !== null);
          const output = out as TypedArray;
          const { buffer } = on.memory.memory;
          const isHere = (operand: Operand) => operand !== null && operand.buffer === buffer;
          let used = program;
          if (program.inPlace !== undefined && (inputs.some(isHere) || isHere(out))) {
            inPlace ??= program.inPlace();
            used = inPlace;
          }
          // The head may need memory that moves the operands.
          const views = [...inputs, output].map((operand) => following(on.memory, operand));
          const head = headOf(on, used);
          const operands = views.map((view) => view());
          if (ferry(on, used, head, operands.slice(0, -1), operands[inputs.length]) > highWater) drop();
        });
      },
      async runAsync(...operands) {
        assertOpen();
        await pooled.run(...operands);
      },
      dispose() {
        if (!open) return;
        open = false;
        if (current !== undefined) {
          if (underway === 0) removeHead(current, program);
          if (inPlace !== undefined) removeHead(current, inPlace);
        }
        pooled.release();
      },
    };
  };

  const allocate = (dtype: DType, length: number): Allocation =>
    guarded(({ memory }) => {
      const bytes = aligned(length * bytesOf(dtype) + slackBytes);
      const address = memory.allocate(bytes);
      const view: Allocation["view"] = (last) => {
        const { buffer } = memory.memory;
        return last?.buffer === buffer ? last : new arrayTypes[dtype](buffer, address, length);
      };
      view(undefined).fill(0);
      return { view, free: () => memory.free(address, bytes) };
    });

  return {
    name: "wasm",
    isa,
    threads: helpers + 1,
    supports: (task) => task.kind !== "conv" || supportsConv(task),
    prepare,
    allocate,
    mayMove: ({ buffer }) => buffer === current?.memory.memory.buffer,
    dispose() {
      disposed = true;
      drop();
      workers.dispose();
    },
  };
}

/** Passes this package's errors through and blames the backend for any other. */
function failed(cause: unknown): Corr2dError {
  if (cause instanceof Corr2dError) return cause;
  return new Corr2dError("BACKEND_FAILED", `wasm failed: ${(cause as Error).message}`, { cause });
}

function supportsConv({ spec, algorithm }: Pick<ConvTask, "spec" | "algorithm">): boolean {
  if (algorithm === "depthwise" && !suitsDepthwise(spec)) return false;
  if (isInteger(spec.dtype) && algorithm !== "strided") return false;
  const winograd = algorithm === "winograd";
  if (winograd && !suitsWinograd(spec)) return false;
  const input = spec.inChannels * spec.inHeight * spec.inWidth * bytesOf(spec.dtype);
  const output = spec.outChannels * spec.outHeight * spec.outWidth * bytesOf(spec.outputDtype);
  const weights = spec.outChannels * (spec.inChannels / spec.groups) * spec.kernelHeight * spec.kernelWidth;
  // While weights are packed, the raw and the packed ones are both in memory.
  const raw = weights * bytesOf(spec.weightsDtype);
  const packed = isInteger(spec.dtype) ? pairedWeights(spec) : winograd ? winogradWeights(spec) : raw;
  return Math.max(input + output, raw) + packed < addressable;
}
