// SPDX-License-Identifier: MIT
import { allocate, type DType, dtypeOf, type FloatArray, isInteger, type TypedArray } from "../dtype.ts";
import type { PatchSpec } from "../patches.ts";
import {
  type Activation,
  type Algorithm,
  algorithms,
  borders,
  type ConvSpec,
  suitsDepthwise,
  suitsWinograd,
} from "../spec.ts";
import type { PoolSpec } from "../window.ts";
import type { Backend } from "./backend.ts";
import { checkLayouts, encode, type Fields, type NativeKind } from "./native-layouts.ts";
import type { WindowTask } from "./operators.ts";

/** An operator that is ready to run; freed by the garbage collector if it is never disposed of. */
type Handle = { readonly handle: unique symbol };

/** The elements at one place of a call; null where the operator has no such place. */
type Place = TypedArray | null;

/** What native/addon.cc exports. */
export interface NativeAddon {
  /** The instruction sets that this processor runs, best first. */
  readonly isas: readonly string[];
  readonly isIntel: boolean;
  /** The kinds of operators, and the fields of each in their order. */
  readonly layouts: Readonly<Record<string, readonly string[]>>;
  /**
   * `tables` are what belongs to the fields but has no fixed length, one after the other. `isa` is a place in `isas`.
   * The constants a, b and c are copied: weights, bias and scale of a convolution, null for all others. native/plans.h
   * says what each kind has at its places.
   */
  prepare(
    kind: NativeKind,
    fields: Float64Array,
    tables: Int32Array | null,
    isa: number,
    threads: number,
    a: Place,
    b: Place,
    c: Place,
  ): Handle;
  /** Bytes beyond packed constants and operands that one run needs. */
  workspaceBytes(handle: Handle): number;
  run(handle: Handle, a: Place, b: Place, c: Place, out: Place, out2: Place): void;
  /** `done(error)` is called on the event loop; writing to `cancel[0]` ends the work early. */
  runAsync(
    handle: Handle,
    a: Place,
    b: Place,
    c: Place,
    out: Place,
    out2: Place,
    cancel: Int32Array,
    done: (error: Error | null) => void,
  ): void;
  /** Runs under way finish first. */
  dispose(handle: Handle): void;
}

interface NativeOptions {
  readonly threads: number;
  /** One of `addon.isas`. */
  readonly isa: string;
}

/** The C++ addon, of which only platforms that can load it know more. */
export interface NativeBackends {
  /** Best first. */
  readonly isas: readonly string[];
  open(options: NativeOptions): Backend;
}

/** Throws for an addon that was built for another version. */
export function nativeBackends(addon: NativeAddon): NativeBackends {
  checkLayouts(addon.layouts);
  return { isas: addon.isas, open: (options) => createNativeBackend(addon, options) };
}

function createNativeBackend(addon: NativeAddon, { threads, isa }: NativeOptions): Backend {
  const isaIndex = addon.isas.indexOf(isa);
  const prepare = <K extends NativeKind>(kind: K, fields: Fields<K>, tables: Int32Array | null = null) =>
    addon.prepare(kind, encode(kind, fields), tables, isaIndex, threads, null, null, null);
  const prepareWindows = (task: WindowTask, dtype: DType) =>
    task.kind === "pool" || task.kind === "poolGrad"
      ? prepare(task.kind, poolFields(task.spec))
      : prepare(
          task.kind,
          patchFields(task.spec, dtype),
          joined([task.spec.rows, task.spec.columns, task.spec.first, task.spec.end]),
        );
  /** Runs once what is not kept. */
  const runOnce = (handle: Handle, input: Place, output: Place) => {
    addon.run(handle, input, null, null, output, null);
    addon.dispose(handle);
  };
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
      const fields = encode("conv", convFields(spec, algorithm));
      const handle = addon.prepare("conv", fields, null, isaIndex, threads, weights, bias, scale);
      return {
        workspaceBytes: addon.workspaceBytes(handle),
        run: (input, output) => addon.run(handle, input, null, null, output, null),
        runAsync: (input, output, signal) =>
          cancellable(signal, (...end) => addon.runAsync(handle, input, null, null, output, null, ...end)),
        dispose: () => addon.dispose(handle),
      };
    },
    prepareGradWeights: ({ task }) => {
      const handle = prepare("gradWeights", convFields(task.spec, "direct"));
      return {
        run: (x, gradOutput, gradWeights) => addon.run(handle, x, gradOutput, null, gradWeights, null),
        runAsync: (x, gradOutput, gradWeights, signal) =>
          cancellable(signal, (...end) =>
            addon.runAsync(handle, x, gradOutput, null, gradWeights, null, ...end),
          ),
        dispose: () => addon.dispose(handle),
      };
    },
    exchange: ({ groups, groupOut, groupIn, kernel, window, sources, targets }, from, to) => {
      const fields = { groups, groupOut, groupIn, kernel, window, dtype: codeOf(from) };
      runOnce(prepare("exchange", fields, joined([sources, targets])), from, to);
    },
    interleave: (placement, from, to) =>
      runOnce(prepare("interleave", { ...placement, dtype: codeOf(from) }), from, to),
    runWindows: ({ task }, inputs, output) => {
      const handle = prepareWindows(task, dtypeOf(output, "output"));
      const [a, b] = placesOf(task, inputs);
      addon.run(handle, a, b, null, output, null);
      addon.dispose(handle);
    },
    runWindowsAsync: ({ task }, inputs, output, signal) => {
      const handle = prepareWindows(task, dtypeOf(output, "output"));
      const [a, b] = placesOf(task, inputs);
      const end = cancellable(signal, (...end) => addon.runAsync(handle, a, b, null, output, null, ...end));
      addon.dispose(handle);
      return end;
    },
    allocate: (dtype, length) => ({ data: allocate(dtype, length), free: () => {} }),
    dispose: () => {},
  };
}

/** The gradient of a pooling has its image first, or nothing for a mean. */
const placesOf = ({ kind }: WindowTask, inputs: readonly TypedArray[]): [Place, Place] =>
  kind === "poolGrad" ? [inputs.at(-2) ?? null, inputs[inputs.length - 1]] : [inputs[0], null];

/** Settles at the end of the work that `start` begins, which an abort cancels. */
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

/** In the order of the enums in native/. */
const dtypes: readonly DType[] = ["float32", "float64", "int8", "uint8", "int32"];
const activationKinds: readonly Activation["kind"][] = [
  "none",
  "relu",
  "leakyRelu",
  "clamp",
  "sigmoid",
  "tanh",
];

const codeOf = (floats: FloatArray): number => dtypes.indexOf(dtypeOf(floats, "from"));

// Each is one literal: objects put together from others take several times as long as all the rest of `prepare`.

function convFields(spec: ConvSpec, algorithm: Algorithm): Fields<"conv"> {
  const { activation } = spec;
  return {
    batch: spec.batch,
    inChannels: spec.inChannels,
    inHeight: spec.inHeight,
    inWidth: spec.inWidth,
    outChannels: spec.outChannels,
    outHeight: spec.outHeight,
    outWidth: spec.outWidth,
    kernelHeight: spec.kernelHeight,
    kernelWidth: spec.kernelWidth,
    strideY: spec.strides[0],
    strideX: spec.strides[1],
    padTop: spec.padding[0],
    padBottom: spec.padding[1],
    padLeft: spec.padding[2],
    padRight: spec.padding[3],
    dilationY: spec.dilations[0],
    dilationX: spec.dilations[1],
    groups: spec.groups,
    border: borders.indexOf(spec.border),
    dtype: dtypes.indexOf(spec.dtype),
    outputDtype: dtypes.indexOf(spec.outputDtype),
    nhwc: Number(spec.inputLayout === "nhwc"),
    activation: activationKinds.indexOf(activation.kind),
    alpha: activation.kind === "leakyRelu" ? activation.alpha : 0,
    min: activation.kind === "clamp" ? activation.min : 0,
    max: activation.kind === "clamp" ? activation.max : 0,
    inputZeroPoint: spec.inputZeroPoint,
    outputZeroPoint: spec.outputZeroPoint,
    algorithm: algorithms.indexOf(algorithm),
  };
}

function poolFields(spec: PoolSpec): Fields<"pool"> {
  return {
    average: Number(spec.kind === "average"),
    batch: spec.batch,
    channels: spec.channels,
    inHeight: spec.inHeight,
    inWidth: spec.inWidth,
    outHeight: spec.outHeight,
    outWidth: spec.outWidth,
    kernelHeight: spec.kernelHeight,
    kernelWidth: spec.kernelWidth,
    strideY: spec.strides[0],
    strideX: spec.strides[1],
    padTop: spec.padding[0],
    padBottom: spec.padding[1],
    padLeft: spec.padding[2],
    padRight: spec.padding[3],
    dilationY: spec.dilations[0],
    dilationX: spec.dilations[1],
    countIncludePad: Number(spec.countIncludePad),
    dtype: dtypes.indexOf(spec.dtype),
    nhwc: Number(spec.inputLayout === "nhwc"),
  };
}

function patchFields(spec: PatchSpec, dtype: DType): Fields<"unfold"> {
  const { planes, depth, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth } = spec;
  const { strideX, value } = spec;
  const code = dtypes.indexOf(dtype);
  return {
    planes,
    depth,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    strideX,
    value,
    dtype: code,
  };
}

function joined(tables: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(tables.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const table of tables) {
    all.set(table, at);
    at += table.length;
  }
  return all;
}
