// SPDX-License-Identifier: MIT
/// <reference lib="esnext.disposable" preserve="true" />
import type { Backend, BackendName, PreparedConv } from "./backend/backend.ts";
import { type DType, dtypeOf, type FloatArray } from "./dtype.ts";
import { Corr2dError, invalid } from "./errors.ts";
import { allocateOutput, overlap, sameShape } from "./output.ts";
import type { Selection } from "./select.ts";
import { type Algorithm, type ConvSpec, inputShapeOf, multiplyAdds, outputShapeOf } from "./spec.ts";
import { AllocatedTensor, checkShape, elementCount, Tensor, type TensorLike } from "./tensor.ts";

export interface RunOptions {
  /** Receives the output instead of a new array; every element is written. Must not overlap the input. */
  readonly out?: TensorLike | FloatArray;
}

export interface AsyncOptions {
  /** Ends the work early; the promise then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes over the input's whole ArrayBuffer, which is detached, instead of copying the input. Default false. Without
   * effect on tensors from `engine.alloc`.
   */
  readonly transfer?: boolean | undefined;
}

/** Frees what belongs to plans that were forgotten instead of disposed of. */
const forgotten = new FinalizationRegistry<PreparedConv>((prepared) => prepared.dispose());

/** What a plan computes, and on what. */
export interface PlanDescription {
  readonly backend: Backend;
  readonly dtype: DType;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** What messages call the input, and how they say where its type comes from. */
  readonly inputName: string;
  readonly typedAs?: string;
  readonly assertOpen: () => void;
  prepare(): PreparedConv;
}

/** Something prepared once, for many inputs of one shape. */
export abstract class Plan {
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly backend: BackendName;
  readonly isa: string;
  /** How many threads one run may use. */
  readonly threads: number;
  /** Bytes beyond packed weights, input and output that one run needs. */
  readonly workspaceBytes: number;
  readonly #dtype: DType;
  readonly #inputName: string;
  readonly #typedAs: string;
  readonly #inputLength: number;
  readonly #outputLength: number;
  readonly #assertOpen: () => void;
  #prepared: PreparedConv | undefined;

  constructor(description: PlanDescription) {
    const { backend, dtype, inputShape, outputShape, inputName, assertOpen, prepare } = description;
    assertOpen();
    this.#assertOpen = assertOpen;
    this.#dtype = dtype;
    this.#inputName = inputName;
    this.#typedAs = description.typedAs ?? "as the weights have";
    this.inputShape = Object.freeze(inputShape);
    this.outputShape = Object.freeze(outputShape);
    this.backend = backend.name;
    this.isa = backend.isa;
    this.threads = backend.threads;
    this.#inputLength = elementCount(inputShape);
    this.#outputLength = elementCount(outputShape);
    try {
      this.#prepared = prepare();
    } catch (cause) {
      throw backendFailure(backend.name, cause);
    }
    this.workspaceBytes = this.#prepared.workspaceBytes;
    if (this.#prepared !== emptyBatch) forgotten.register(this, this.#prepared, this);
  }

  /** One line on what runs and why. */
  abstract explain(): string;

  /**
   * Computes on `x`, a tensor of `inputShape` or a bare array of its elements, on the calling thread and its pool.
   *
   * Throws INVALID_ARGUMENT for an input or `out` of another shape or type, or where the two overlap; DISPOSED; and
   * BACKEND_FAILED where memory runs out.
   */
  run(x: TensorLike | FloatArray, options?: RunOptions): Tensor {
    const prepared = this.#live();
    const out = options?.out;
    const output =
      out === undefined
        ? allocateOutput(this.#dtype, this.#outputLength)
        : this.#elements(out, this.outputShape, this.#outputLength, "out");
    const input = this.#elements(x, this.inputShape, this.#inputLength, this.#inputName);
    // Asked again, as a getter of x may have detached it.
    if (output.length !== this.#outputLength) throw invalid(`${this.#outputLength} elements`, "out", output);
    if (out !== undefined && overlap(input, output)) {
      throw invalid(`an array apart from ${this.#inputName}`, "out", output);
    }
    try {
      prepared.run(input, output);
    } catch (cause) {
      throw backendFailure(this.backend, cause);
    }
    return out instanceof Tensor ? out : new Tensor(output, this.outputShape);
  }

  /**
   * As `run`, without blocking the event loop. The input is copied before this returns (or taken over, with
   * `transfer`), so the caller may change it at once; `out` is written only when the work is done.
   *
   * Rejects as `run` throws, and with `signal.reason` after an abort.
   */
  async runAsync(x: TensorLike | FloatArray, options: RunOptions & AsyncOptions = {}): Promise<Tensor> {
    const prepared = this.#live();
    const { out, signal, transfer = false } = options;
    checkSignal(signal);
    signal?.throwIfAborted();
    if (out !== undefined) this.#elements(out, this.outputShape, this.#outputLength, "out");
    const given = this.#elements(x, this.inputShape, this.#inputLength, this.#inputName);
    // Both arrays are private: no script can detach or resize them while other threads use them.
    const input = transfer && !(x instanceof AllocatedTensor) ? takeOver(given) : copyOf(given);
    const output = allocateOutput(this.#dtype, this.#outputLength);
    try {
      await prepared.runAsync(input, output, signal);
    } catch (cause) {
      throw signal?.aborted ? cause : backendFailure(this.backend, cause);
    }
    if (out === undefined) return new Tensor(output, this.outputShape);
    const target = this.#elements(out, this.outputShape, this.#outputLength, "out");
    target.set(output);
    return out instanceof Tensor ? out : new Tensor(target, this.outputShape);
  }

  /** Frees the packed weights; runs under way finish first. A second call does nothing. */
  dispose(): void {
    const prepared = this.#prepared;
    if (prepared === undefined) return;
    this.#prepared = undefined;
    forgotten.unregister(this);
    prepared.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #live(): PreparedConv {
    if (this.#prepared === undefined) throw new Corr2dError("DISPOSED", "This plan was disposed of");
    this.#assertOpen();
    return this.#prepared;
  }

  #elements(
    value: TensorLike | FloatArray,
    shape: readonly number[],
    length: number,
    name: string,
  ): FloatArray {
    const dtype = this.#dtype;
    let data = value as FloatArray;
    if (!ArrayBuffer.isView(value)) {
      if (typeof value !== "object" || value === null) throw invalid("a tensor or typed array", name, value);
      const given = value.shape;
      data = value.data;
      if (given !== shape && !sameShape(checkShape(given, `${name}.shape`), shape)) {
        throw invalid(`[${shape.join(", ")}]`, `${name}.shape`, given);
      }
    }
    if (dtypeOf(data, name) !== dtype) throw invalid(`${dtype} elements, ${this.#typedAs},`, name, data);
    if (data.length !== length) throw invalid(`${length} elements`, name, data);
    return data;
  }
}

/** A convolution with its weights packed and its algorithm chosen, for many inputs of one shape. */
export class ConvPlan extends Plan {
  readonly spec: ConvSpec;
  readonly algorithm: Algorithm;
  readonly #reason: string;

  /** Plans come from `planConv2d`. */
  constructor(
    backend: Backend,
    spec: ConvSpec,
    selection: Selection,
    weights: FloatArray,
    bias: FloatArray | null,
    assertOpen: () => void,
  ) {
    super({
      backend,
      dtype: spec.dtype,
      inputShape: inputShapeOf(spec),
      outputShape: outputShapeOf(spec),
      inputName: "x",
      assertOpen,
      prepare: () =>
        spec.batch === 0 ? emptyBatch : backend.prepare(spec, selection.algorithm, weights, bias),
    });
    this.spec = spec;
    this.algorithm = selection.algorithm;
    this.#reason = selection.reason;
  }

  override explain(): string {
    const { spec } = this;
    const work = (2 * multiplyAdds(spec)) / 1e6;
    return (
      `${this.algorithm} on ${this.backend} (${this.isa}, ${this.threads === 1 ? "1 thread" : `up to ${this.threads} threads`}): ` +
      `${spec.dtype} [${this.inputShape.join(", ")}] -> [${this.outputShape.join(", ")}], ` +
      `kernel ${spec.kernelHeight}x${spec.kernelWidth}, ${work.toPrecision(3)} MFLOP, ` +
      `workspace ${Math.ceil(this.workspaceBytes / 1024)} KiB; ${this.#reason}`
    );
  }
}

/** Nothing to compute. */
export const emptyBatch: PreparedConv = {
  workspaceBytes: 0,
  run: () => {},
  runAsync: async () => {},
  dispose: () => {},
};

/** Errors of our own pass; anything else, for want of memory mostly, is the backend's. */
export function backendFailure(backend: BackendName, cause: unknown): Corr2dError {
  if (cause instanceof Corr2dError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Corr2dError("BACKEND_FAILED", `The ${backend} backend failed: ${message}`, { cause });
}

export function copyOf(array: FloatArray): FloatArray {
  try {
    return array.slice();
  } catch (cause) {
    throw new Corr2dError("BACKEND_FAILED", `A copy of ${array.length} elements cannot be allocated`, {
      cause,
    });
  }
}

export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid("an AbortSignal", "signal", signal);
}

export function takeOver(array: FloatArray): FloatArray {
  const { byteOffset, length, buffer } = array;
  if (!(buffer instanceof ArrayBuffer)) throw invalid("an array that is not shared", "x", array);
  const taken = structuredClone(buffer, { transfer: [buffer] });
  return array instanceof Float32Array
    ? new Float32Array(taken, byteOffset, length)
    : new Float64Array(taken, byteOffset, length);
}
