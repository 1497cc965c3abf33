// SPDX-License-Identifier: MIT
import { copyOf } from "../arrays.ts";
import {
  arrayTypes,
  bytesOf,
  type FloatArray,
  type FloatDType,
  isInteger,
  type TypedArray,
} from "../dtype.ts";
import { Corr2dError } from "../errors.ts";
import { type Algorithm, type ConvSpec, suitsDepthwise, suitsWinograd } from "../spec.ts";
import type { Allocation, Backend, PreparedConv } from "./backend.ts";
import { exchange } from "./exchange.ts";
import { interleave } from "./interleave.ts";
import { type Operator, runningOperators, runPieces } from "./operators.ts";
import { pieceWork } from "./pieces.ts";
import { type Instance, instantiate, place, remove } from "./wasm-instance.ts";
import { foldZeroPoint, pairedWeights } from "./wasm-integer-plan.ts";
import { aligned } from "./wasm-memory.ts";
import type { LoadedModule, WasmIsa, WasmModule } from "./wasm-modules.ts";
import { planWasm, slackBytes, type WasmPlan } from "./wasm-plan.ts";
import { runOn, stepsOn } from "./wasm-run.ts";
import { winogradWeights } from "./wasm-winograd.ts";
import { createWorkerPool, type PooledConv } from "./worker-pool.ts";

/** What 32-bit addresses reach, less something for weights and workspace. */
const addressable = 3.75 * 2 ** 30;
/** Linear memory cannot shrink: after a run that took more than this, all of it is given back. */
const highWater = 256 * 2 ** 20;

export interface WasmOptions {
  /** A module, for shared memory or not; undefined where it was not loaded. */
  readonly load: (name: WasmModule, shared: boolean) => WebAssembly.Module | undefined;
  /** What the modules were built for. */
  readonly isa: WasmIsa;
  /** Whether `run` may use more threads than one, which share memory. */
  readonly shared: boolean;
  readonly threads: number;
}

/**
 * The backend on WebAssembly SIMD. `run` computes on the calling thread and, where these may share memory, on helpers;
 * `runAsync` in at most `threads` workers.
 *
 * The instance is a cache: after a trap, or when its memory has grown too large, it is dropped; plans move to the
 * next one with their next run.
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

  /** Whatever is thrown inside leaves as BACKEND_FAILED, and a trap takes its instance along. */
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

  const prepare = (
    spec: ConvSpec,
    algorithm: Algorithm,
    weights: TypedArray,
    bias: TypedArray | null,
    scale: Float32Array | null,
  ): PreparedConv => {
    const plan = planWasm(spec, algorithm);
    const start = isInteger(spec.dtype) ? foldZeroPoint(spec, weights as Int8Array, bias) : bias;
    // For tensors that lie in memory as a whole.
    let wholePlan: WasmPlan | undefined;
    // Kept for workers and for the next instance.
    const own = {
      weights: copyOf(weights),
      bias: bias === null ? null : copyOf(bias),
      scale: scale === null ? null : copyOf(scale),
    };
    const placed = { ...own, bias: start };
    guarded((on) => place(on, plan, placed));
    let pooled: PooledConv | undefined;
    let open = true;
    /** Runs on the calling thread that are between two of their steps. */
    let underway = 0;

    const assertOpen = (): void => {
      if (!open) throw new Corr2dError("DISPOSED", "This plan was disposed of");
    };
    function* inSteps(input: TypedArray, output: TypedArray): Generator<void> {
      const [on, { address }] = guarded((on) => [on, on.plans.get(plan) ?? place(on, plan, placed)] as const);
      underway++;
      try {
        const work = pieceWork.wasm;
        const transient = yield* stepsOn(on, address, plan, spec, algorithm, input, output, work);
        if (transient > highWater && current === on) drop();
      } catch (cause) {
        if (current === on) drop();
        throw failed(cause);
      } finally {
        underway--;
        if (!open && underway === 0) remove(on, plan);
      }
    }
    return {
      workspaceBytes: plan.workspaceBytes,
      run(input, output) {
        assertOpen();
        guarded((on) => {
          const { buffer } = on.memory.memory;
          let used = plan;
          if (plan.bands.partOfRows && (input.buffer === buffer || output.buffer === buffer)) {
            wholePlan ??= planWasm(spec, algorithm, true);
            used = wholePlan;
          }
          const { address } = on.plans.get(used) ?? place(on, used, placed);
          const transient = runOn(on, address, used, spec, algorithm, input, output);
          if (transient > highWater) drop();
        });
      },
      async runAsync(input, output, signal) {
        assertOpen();
        pooled ??= workers.add({ spec, algorithm, ...own, module: forWorkers(plan.module) }, inSteps);
        await pooled.run(input, output, signal);
      },
      dispose() {
        if (!open) return;
        open = false;
        if (current !== undefined) {
          if (underway === 0) remove(current, plan);
          if (wholePlan !== undefined) remove(current, wholePlan);
        }
        pooled?.release();
      },
    };
  };

  const compute = (operator: Operator, inputs: readonly FloatArray[], output: FloatArray): void =>
    guarded((on) => {
      if (operator.onWasm(on, inputs, output) > highWater) drop();
    });

  const allocate = (dtype: FloatDType, length: number): Allocation =>
    guarded(({ memory }) => {
      const scale = dtype === "float32" ? 4 : 8;
      const bytes = aligned(length * scale + slackBytes);
      const address = memory.allocate(bytes);
      const view: Allocation["view"] = (last) => {
        const { buffer } = memory.memory;
        return last?.buffer === buffer ? last : new arrayTypes[dtype](buffer, address, length);
      };
      view(undefined).fill(0);
      return { view, free: () => memory.free(address, bytes) };
    });

  const backend: Backend = {
    name: "wasm",
    isa,
    threads: helpers + 1,
    supports(spec, algorithm) {
      if (algorithm === "depthwise" && !suitsDepthwise(spec)) return false;
      if (isInteger(spec.dtype) && algorithm !== "strided") return false;
      const winograd = algorithm === "winograd";
      if (winograd && !suitsWinograd(spec)) return false;
      const input = spec.inChannels * spec.inHeight * spec.inWidth * bytesOf(spec.dtype);
      const output = spec.outChannels * spec.outHeight * spec.outWidth * bytesOf(spec.outputDtype);
      const weights =
        spec.outChannels * (spec.inChannels / spec.groups) * spec.kernelHeight * spec.kernelWidth;
      // Raw weights are there beside the packed ones while these are made.
      const raw = weights * bytesOf(spec.weightsDtype);
      const packed = isInteger(spec.dtype) ? pairedWeights(spec) : winograd ? winogradWeights(spec) : raw;
      return Math.max(input + output, raw) + packed < addressable;
    },
    prepare,
    ...runningOperators(compute, async (operator, inputs, output, signal) => {
      const task = { kind: "operator", task: operator.task, module: forWorkers(operator.module) } as const;
      return workers.compute(task, inputs, output, signal, (own) =>
        runPieces(operator, pieceWork.wasm, compute, own, output),
      );
    }),
    exchange,
    interleave,
    allocate,
    dispose() {
      disposed = true;
      drop();
      workers.dispose();
    },
  };
  return backend;
}

/** Errors of our own pass. */
function failed(cause: unknown): Corr2dError {
  if (cause instanceof Corr2dError) return cause;
  return new Corr2dError("BACKEND_FAILED", `wasm failed: ${(cause as Error).message}`, { cause });
}
