// SPDX-License-Identifier: MIT
import { allocate, type DType, isInteger } from "../../dtype.ts";
import { type Algorithm, type ConvSpec, suitsDepthwise, suitsWinograd } from "../../spec/convolution.ts";
import type { PatchSpec } from "../../spec/patches.ts";
import type { InterleaveTask, Operand, Task, TaskQuery } from "../../spec/task.ts";
import type { PoolSpec } from "../../spec/window.ts";
import type { Backend, Operation, Prepared } from "../backend.ts";
import type { NativeBackends, NativeOptions } from "../platform.ts";
import { prepareReference } from "../reference/prepare.ts";
import { createWorkerPool } from "../workers/pool.ts";
import { checkLayouts, codes, encode, type Fields, type NativeKind } from "./layouts.ts";

/** An operator that is ready to run. The garbage collector frees it if it is never disposed of. */
type Handle = { readonly handle: unique symbol };

/** The exports of native/addon.cc. */
export interface NativeAddon {
  /** The instruction sets that this processor runs, best first. */
  readonly isas: readonly string[];
  readonly isIntel: boolean;
  /** The kinds of operators, and the fields of each in their order. */
  readonly layouts: Readonly<Record<string, readonly string[]>>;
  /** The names of each field's codes in their order, with ", " between them. */
  readonly codes: Readonly<Record<string, string>>;
  /**
   * Makes an operator ready to run. `tables` joins the integers that have no fixed length; `isa` is an index into
   * `isas`. The constants a, b and c are copied: weights, bias and scale for a convolution, null for every other kind.
   * native/plans.h says which operands each kind has at its places.
   */
  prepare(
    kind: NativeKind,
    fields: Float64Array,
    tables: Int32Array | null,
    isa: number,
    threads: number,
    a: Operand,
    b: Operand,
    c: Operand,
  ): Handle;
  /** Bytes that one run needs beyond packed constants and operands. */
  workspaceBytes(handle: Handle): number;
  run(handle: Handle, a: Operand, b: Operand, c: Operand, out: Operand, out2: Operand): void;
  /** Calls `done(error)` on the event loop. Writing to `cancel[0]` ends the work early. */
  runAsync(
    handle: Handle,
    a: Operand,
    b: Operand,
    c: Operand,
    out: Operand,
    out2: Operand,
    cancel: Int32Array,
    done: (error: Error | null) => void,
  ): void;
  /** Frees the operator after runs under way have finished. */
  dispose(handle: Handle): void;
}

/** Opens backends on an addon. Throws if it was built for another version. */
export function nativeBackends(addon: NativeAddon): NativeBackends {
  checkLayouts(addon.layouts, addon.codes);
  return { isas: addon.isas, open: (options) => createNativeBackend(addon, options) };
}

function createNativeBackend(addon: NativeAddon, { threads, isa }: NativeOptions): Backend {
  const isaIndex = addon.isas.indexOf(isa);
  // The operations without C++ run here.
  const workers = createWorkerPool({ backend: "reference" }, threads);

  const handleOf = (task: Task): Handle | undefined => {
    const make = <K extends NativeKind>(kind: K, fields: Fields<K>, tables: Int32Array | null = null) =>
      addon.prepare(kind, encode(kind, fields), tables, isaIndex, threads, null, null, null);
    switch (task.kind) {
      case "conv": {
        const fields = encode("conv", convFields(task.spec, task.algorithm));
        const { weights, bias, scale } = task;
        return addon.prepare("conv", fields, null, isaIndex, threads, weights, bias, scale);
      }
      case "gradWeights":
        return make("gradWeights", convFields(task.spec, "direct"));
      case "pool":
      case "poolGrad":
        return make(task.kind, poolFields(task.spec));
      case "unfold":
      case "fold": {
        const { rows, columns, first, end } = task.spec;
        return make(task.kind, patchFields(task.spec, task.dtype), joined([rows, columns, first, end]));
      }
      case "exchange": {
        const { groups, groupOut, groupIn, kernel, window, sources, targets } = task;
        const fields = { groups, groupOut, groupIn, kernel, window, dtype: codes.dtype.indexOf(task.dtype) };
        return make("exchange", fields, joined([sources, targets]));
      }
      case "interleave":
        return make("interleave", interleaveFields(task));
      case "overlapSave":
        return undefined;
    }
  };

  const prepare = (operation: Operation): Prepared => {
    const { task } = operation;
    const handle = handleOf(task);
    if (handle === undefined) return prepareReference(operation, task, workers);
    return {
      workspaceBytes: addon.workspaceBytes(handle),
      takesAnyArray: true,
      run: (a, b, c, out, out2) => addon.run(handle, a, b, c, out, out2),
      runAsync: (a, b, c, out, out2, signal) =>
        cancellable(signal, (cancel, done) => addon.runAsync(handle, a, b, c, out, out2, cancel, done)),
      dispose: () => addon.dispose(handle),
    };
  };

  return {
    name: "native",
    isa,
    prefersPacked: addon.isIntel,
    threads,
    supports,
    prepare,
    allocate: (dtype, length) => ({ view: (last) => last ?? allocate(dtype, length) }),
    dispose: () => workers.dispose(),
  };
}

function supports(task: TaskQuery): boolean {
  if (task.kind !== "conv") return true;
  const { spec, algorithm } = task;
  return (
    (!isInteger(spec.dtype) || algorithm === "strided") &&
    (algorithm !== "winograd" || suitsWinograd(spec)) &&
    (algorithm !== "depthwise" || suitsDepthwise(spec))
  );
}

/** Settles when the work that `start` begins is done. An abort cancels that work. */
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

// Each object is one literal: putting it together from others takes several times as long as the rest of `prepare`.

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
    border: codes.border.indexOf(spec.border),
    dtype: codes.dtype.indexOf(spec.dtype),
    outputDtype: codes.dtype.indexOf(spec.outputDtype),
    nhwc: Number(spec.inputLayout === "nhwc"),
    activation: codes.activation.indexOf(activation.kind),
    alpha: activation.kind === "leakyRelu" ? activation.alpha : 0,
    min: activation.kind === "clamp" ? activation.min : 0,
    max: activation.kind === "clamp" ? activation.max : 0,
    inputZeroPoint: spec.inputZeroPoint,
    outputZeroPoint: spec.outputZeroPoint,
    algorithm: codes.algorithm.indexOf(algorithm),
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
    dtype: codes.dtype.indexOf(spec.dtype),
    nhwc: Number(spec.inputLayout === "nhwc"),
  };
}

function patchFields(spec: PatchSpec, dtype: DType): Fields<"unfold"> {
  const { planes, depth, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth } = spec;
  const { strideX, value } = spec;
  const code = codes.dtype.indexOf(dtype);
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

function interleaveFields(task: InterleaveTask): Fields<"interleave"> {
  const { images, rows, columns, pixel, outRows, outColumns, top, left, strideY, strideX } = task;
  const dtype = codes.dtype.indexOf(task.dtype);
  return { images, rows, columns, pixel, outRows, outColumns, top, left, strideY, strideX, dtype };
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
