// SPDX-License-Identifier: MIT
import { allocate, type DType, dtypeOf, type FloatArray, isInteger, type TypedArray } from "../dtype.ts";
import type { PatchSpec } from "../patches.ts";
import { algorithms, type ConvSpec, suitsDepthwise, suitsWinograd } from "../spec.ts";
import type { PoolSpec } from "../window.ts";
import type { Backend, Placement, PreparedConv, PreparedGradWeights } from "./backend.ts";
import type { WindowTask } from "./operators.ts";

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
  /** `sizes` has those of {@link Exchange} in their order. */
  exchange(
    sizes: Float64Array,
    sources: Int32Array,
    targets: Int32Array,
    from: FloatArray,
    to: FloatArray,
  ): void;
  /** `placement` has the fields of {@link Placement} in their order. */
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

interface NativeOptions {
  readonly threads: number;
  /** One of `addon.isas`. */
  readonly isa: string;
}

/** What there is of the C++ addon; only platforms that can load it know more of it. */
export interface NativeBackends {
  /** Best first. */
  readonly isas: readonly string[];
  open(options: NativeOptions): Backend;
}

export function nativeBackends(addon: NativeAddon): NativeBackends {
  return { isas: addon.isas, open: (options) => createNativeBackend(addon, options) };
}

function createNativeBackend(addon: NativeAddon, { threads, isa }: NativeOptions): Backend {
  const isaIndex = addon.isas.indexOf(isa);
  return {
    name: "native",
    isa,
    prefersPacked: addon.isIntel,
    threads,
    supports: (spec, algorithm) =>
      (!isInteger(spec.dtype) || algorithm === "strided") &&
      (algorithm !== "winograd" || suitsWinograd(spec)) &&
      (algorithm !== "depthwise" || suitsDepthwise(spec)),
    prepare: (spec, algorithm, weights, bias, scale) => {
      const code = algorithms.indexOf(algorithm);
      return prepared(addon, addon.prepare(encodeSpec(spec), isaIndex, code, threads, weights, bias, scale));
    },
    prepareGradWeights: ({ task }) =>
      preparedGradWeights(addon, addon.prepareGradWeights(encodeSpec(task.spec), isaIndex, threads)),
    exchange: ({ groups, groupOut, groupIn, kernel, window, sources, targets }, from, to) => {
      const sizes = Float64Array.of(groups, groupOut, groupIn, kernel, window);
      addon.exchange(sizes, sources, targets, from, to);
    },
    interleave: (placement, from, to) => addon.interleave(encodePlacement(placement), threads, from, to),
    runWindows: ({ task }, inputs, output) =>
      addon.runWindows(...windowArguments(task, isaIndex, threads, inputs, output)),
    runWindowsAsync: ({ task }, inputs, output, signal) => {
      const what = windowArguments(task, isaIndex, threads, inputs, output);
      return cancellable(signal, (cancel, done) => addon.runWindowsAsync(...what, cancel, done));
    },
    allocate: (dtype, length) => ({ view: (last) => last ?? allocate(dtype, length) }),
    dispose: () => {},
  };
}

function prepared(addon: NativeAddon, conv: Handle): PreparedConv {
  return {
    workspaceBytes: addon.workspaceBytes(conv),
    run: (input, output) => addon.run(conv, input, output),
    runAsync: (input, output, signal) =>
      cancellable(signal, (cancel, done) => addon.runAsync(conv, input, output, cancel, done)),
    dispose: () => addon.dispose(conv),
  };
}

function preparedGradWeights(addon: NativeAddon, plan: Handle): PreparedGradWeights {
  return {
    run: (input, gradOutput, gradWeights) => addon.runGradWeights(plan, input, gradOutput, gradWeights),
    runAsync: (input, gradOutput, gradWeights, signal) =>
      cancellable(signal, (cancel, done) =>
        addon.runGradWeightsAsync(plan, input, gradOutput, gradWeights, cancel, done),
      ),
    dispose: () => addon.dispose(plan),
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

function encodePlacement(p: Placement): Float64Array {
  return Float64Array.of(
    ...[p.images, p.rows, p.columns, p.pixel, p.outRows, p.outColumns],
    ...[p.top, p.left, p.strideY, p.strideX],
  );
}

const windowKinds: readonly WindowTask["kind"][] = ["pool", "poolGrad", "unfold", "fold"];

function windowArguments(
  { kind, spec }: WindowTask,
  isa: number,
  threads: number,
  inputs: readonly FloatArray[],
  output: FloatArray,
): WindowArguments {
  const isPool = kind === "pool" || kind === "poolGrad";
  const fields = isPool ? encodePool(spec) : encodePatches(spec, dtypeOf(output, "output"));
  const [tables, code] = [isPool ? noTables : tablesOf(spec), windowKinds.indexOf(kind)];
  return [code, fields, tables, isa, threads, inputs.at(-2) ?? null, inputs[inputs.length - 1], output];
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
