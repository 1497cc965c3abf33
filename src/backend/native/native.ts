// SPDX-License-Identifier: MIT
import { allocate, type DType, type FloatArray, isInteger, type TypedArray } from "../../dtype.ts";
import { algorithms, type ConvSpec, suitsDepthwise, suitsWinograd } from "../../spec/convolution.ts";
import type { PatchSpec } from "../../spec/patches.ts";
import type {
  ExchangeTask,
  InterleaveTask,
  Operand,
  PatchTask,
  PoolGradTask,
  PoolTask,
  TaskQuery,
} from "../../spec/task.ts";
import type { PoolSpec } from "../../spec/window.ts";
import type { Backend, Operation, Prepared } from "../backend.ts";
import type { NativeBackends, NativeOptions } from "../platform.ts";
import { stepsOf } from "../reference/program.ts";
import { createWorkerPool } from "../workers/pool.ts";

/** A packed convolution; freed by the garbage collector if it is never disposed of. */
type Handle = { readonly handle: unique symbol };

/** What native/addon.cc exports. */
export interface NativeAddon {
  /** The instruction sets that this processor runs, best first. */
  readonly isas: readonly string[];
  readonly isIntel: boolean;
  /** `spec` is laid out as {@link encodeSpec} says. */
  prepare(
    spec: Float64Array,
    isa: number,
    algorithm: number,
    threads: number,
    weights: TypedArray,
    bias: TypedArray | null,
    scale: Float32Array | null,
  ): Handle;
  workspaceBytes(conv: Handle): number;
  run(conv: Handle, input: TypedArray, output: TypedArray): void;
  /** `done(error)` is called on the event loop; writing to `cancel[0]` ends the work early. */
  runAsync(
    conv: Handle,
    input: TypedArray,
    output: TypedArray,
    cancel: Int32Array,
    done: (error: Error | null) => void,
  ): void;
  prepareGradWeights(spec: Float64Array, isa: number, threads: number): Handle;
  runGradWeights(plan: Handle, input: FloatArray, gradOutput: FloatArray, gradWeights: FloatArray): void;
  /** As `runAsync`. */
  runGradWeightsAsync(
    plan: Handle,
    input: FloatArray,
    gradOutput: FloatArray,
    gradWeights: FloatArray,
    cancel: Int32Array,
    done: (error: Error | null) => void,
  ): void;
  /** `sizes` has those of {@link ExchangeTask} in their order. */
  exchange(
    sizes: Float64Array,
    sources: Int32Array,
    targets: Int32Array,
    from: FloatArray,
    to: FloatArray,
  ): boolean;
  /** `placement` has the fields of {@link InterleaveTask} in their order. */
  interleave(placement: Float64Array, threads: number, from: FloatArray, to: FloatArray): void;
  /** Of either kind. */
  dispose(plan: Handle): void;
  /** What and how {@link windowArguments} says. */
  runWindows(...what: WindowArguments): void;
  /** As `runAsync`. */
  runWindowsAsync(
    ...args: [...WindowArguments, cancel: Int32Array, done: (error: Error | null) => void]
  ): void;
}

/** `spec` and `tables` are laid out as {@link encodePool} and {@link encodePatches} say; not all need two inputs. */
type WindowArguments = [
  kind: number,
  spec: Float64Array,
  tables: Int32Array,
  isa: number,
  threads: number,
  first: FloatArray | null,
  last: FloatArray,
  output: FloatArray,
];

export function nativeBackends(addon: NativeAddon): NativeBackends {
  return { isas: addon.isas, open: (options) => createNativeBackend(addon, options) };
}

function createNativeBackend(addon: NativeAddon, { threads, isa }: NativeOptions): Backend {
  const isaIndex = addon.isas.indexOf(isa);
  // For what has no C++.
  const workers = createWorkerPool({ backend: "reference" }, threads);

  const prepare = (operation: Operation): Prepared => {
    const { task } = operation;
    switch (task.kind) {
      case "conv": {
        const { spec, algorithm, weights, bias, scale } = task;
        const code = algorithms.indexOf(algorithm);
        const conv = addon.prepare(encodeSpec(spec), isaIndex, code, threads, weights, bias, scale);
        return {
          workspaceBytes: addon.workspaceBytes(conv),
          run: (x, _b, _c, out) => addon.run(conv, x as TypedArray, out as TypedArray),
          runAsync: (x, _b, _c, out, _out2, signal) =>
            cancellable(signal, (cancel, done) =>
              addon.runAsync(conv, x as TypedArray, out as TypedArray, cancel, done),
            ),
          dispose: () => addon.dispose(conv),
        };
      }
      case "gradWeights": {
        const plan = addon.prepareGradWeights(encodeSpec(task.spec), isaIndex, threads);
        return {
          workspaceBytes: 0,
          run: (x, g, _, out) =>
            addon.runGradWeights(plan, x as FloatArray, g as FloatArray, out as FloatArray),
          runAsync: (x, g, _c, out, _out2, signal) =>
            cancellable(signal, (cancel, done) =>
              addon.runGradWeightsAsync(
                plan,
                x as FloatArray,
                g as FloatArray,
                out as FloatArray,
                cancel,
                done,
              ),
            ),
          dispose: () => addon.dispose(plan),
        };
      }
      case "exchange": {
        const { groups, groupOut, groupIn, kernel, window, sources, targets } = task;
        const sizes = Float64Array.of(groups, groupOut, groupIn, kernel, window);
        return atOnce((from, _b, _c, to, areFinite) => {
          const finite = addon.exchange(sizes, sources, targets, from as FloatArray, to as FloatArray);
          (areFinite as TypedArray)[0] = Number(finite);
        });
      }
      case "interleave": {
        const placement = encodePlacement(task);
        return atOnce((from, _b, _c, to) =>
          addon.interleave(placement, threads, from as FloatArray, to as FloatArray),
        );
      }
      case "pool":
      case "poolGrad":
      case "unfold":
      case "fold": {
        const what = (inputs: readonly Operand[], out: Operand) =>
          windowArguments(task, isaIndex, threads, inputs, out as FloatArray);
        return {
          workspaceBytes: 0,
          run: (a, b, _, out) => addon.runWindows(...what([a, b], out)),
          runAsync: (a, b, _c, out, _out2, signal) =>
            cancellable(signal, (cancel, done) => addon.runWindowsAsync(...what([a, b], out), cancel, done)),
          dispose: () => {},
        };
      }
      default: {
        const program = operation.reference(task);
        const pooled = workers.add(task, (...operands) => stepsOf(program, ...operands));
        const { workspaceBytes, run } = program;
        return { workspaceBytes, run, runAsync: pooled.run, dispose: pooled.release };
      }
    }
  };
  return {
    name: "native",
    isa,
    prefersPacked: addon.isIntel,
    threads,
    supports: supportsTask,
    prepare,
    allocate: (dtype, length) => ({ view: (last) => last ?? allocate(dtype, length) }),
    dispose: () => workers.dispose(),
  };
}

function supportsTask(task: TaskQuery): boolean {
  if (task.kind !== "conv") return true;
  const { spec, algorithm } = task;
  return (
    (!isInteger(spec.dtype) || algorithm === "strided") &&
    (algorithm !== "winograd" || suitsWinograd(spec)) &&
    (algorithm !== "depthwise" || suitsDepthwise(spec))
  );
}

function atOnce(run: Prepared["run"]): Prepared {
  return {
    workspaceBytes: 0,
    run,
    runAsync: async (a, b, c, out, out2) => run(a, b, c, out, out2),
    dispose: () => {},
  };
}

/** The end of work that `start` begins and an abort cancels. */
function cancellable(
  signal: AbortSignal | undefined,
  start: (cancel: Int32Array, done: (error: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = new Int32Array(1);
    const abort = () => {
      Atomics.store(cancel, 0, 1);
    };
    start(cancel, (error) => {
      signal?.removeEventListener("abort", abort);
      if (signal?.aborted) reject(signal.reason);
      else if (error !== null) reject(error);
      else resolve();
    });
    signal?.addEventListener("abort", abort);
  });
}

const dtypes: readonly DType[] = ["float32", "float64", "int8", "uint8", "int32"];
const borderCodes = { constant: 0, replicate: 1, reflect: 2, mirror: 3, wrap: 4 };
const activationCodes = { none: 0, relu: 1, leakyRelu: 2, clamp: 3, sigmoid: 4, tanh: 5 };

/** The order in which `specOf` of native/addon/arguments.h reads the fields. */
function encodeSpec(spec: ConvSpec): Float64Array {
  const { activation } = spec;
  const alpha = activation.kind === "leakyRelu" ? activation.alpha : 0;
  const { min, max } = activation.kind === "clamp" ? activation : { min: 0, max: 0 };
  return Float64Array.of(
    spec.batch,
    spec.inChannels,
    spec.inHeight,
    spec.inWidth,
    spec.outChannels,
    spec.outHeight,
    spec.outWidth,
    spec.kernelHeight,
    spec.kernelWidth,
    ...spec.strides,
    ...spec.padding,
    ...spec.dilations,
    spec.groups,
    borderCodes[spec.border],
    dtypes.indexOf(spec.dtype),
    dtypes.indexOf(spec.outputDtype),
    spec.inputLayout === "nhwc" ? 1 : 0,
    activationCodes[activation.kind],
    alpha,
    min,
    max,
    spec.inputZeroPoint,
    spec.outputZeroPoint,
  );
}

function encodePlacement(p: InterleaveTask): Float64Array {
  return Float64Array.of(
    ...[p.images, p.rows, p.columns, p.pixel, p.outRows, p.outColumns],
    ...[p.top, p.left, p.strideY, p.strideX],
  );
}

const windowKinds: readonly string[] = ["pool", "poolGrad", "unfold", "fold"];

function windowArguments(
  task: PoolTask | PoolGradTask | PatchTask,
  isa: number,
  threads: number,
  [a, b]: readonly Operand[],
  output: FloatArray,
): WindowArguments {
  const code = windowKinds.indexOf(task.kind);
  const [first, last] = task.kind === "poolGrad" ? [a, b] : [null, a];
  const [fields, tables] =
    task.kind === "pool" || task.kind === "poolGrad"
      ? [encodePool(task.spec), noTables]
      : [encodePatches(task.spec, task.dtype), tablesOf(task.spec)];
  return [code, fields, tables, isa, threads, first as FloatArray | null, last as FloatArray, output];
}

const noTables = new Int32Array(0);

/** The order in which `patchSpecOf` of native/addon/windows.h reads the fields. */
function encodePatches(s: PatchSpec, dtype: DType): Float64Array {
  return Float64Array.of(
    ...[s.planes, s.depth, s.inHeight, s.inWidth, s.outHeight, s.outWidth, s.kernelHeight, s.kernelWidth],
    ...[s.strideX, s.value, dtypes.indexOf(dtype)],
  );
}

function tablesOf({ rows, columns, first, end }: PatchSpec): Int32Array {
  const tables = new Int32Array(rows.length + columns.length + first.length + end.length);
  let at = 0;
  for (const table of [rows, columns, first, end]) {
    tables.set(table, at);
    at += table.length;
  }
  return tables;
}

/** The order in which `poolSpecOf` of native/addon/windows.h reads the fields. */
function encodePool(spec: PoolSpec): Float64Array {
  return Float64Array.of(
    spec.kind === "average" ? 1 : 0,
    spec.batch,
    spec.channels,
    spec.inHeight,
    spec.inWidth,
    spec.outHeight,
    spec.outWidth,
    spec.kernelHeight,
    spec.kernelWidth,
    ...spec.strides,
    ...spec.padding,
    ...spec.dilations,
    spec.countIncludePad ? 1 : 0,
    dtypes.indexOf(spec.dtype),
    spec.inputLayout === "nhwc" ? 1 : 0,
  );
}
