// SPDX-License-Identifier: MIT
/// <reference lib="esnext.disposable" preserve="true" />
import { copyOf, plain, takeOver } from "./arrays.ts";
import type { Backend, BackendName, PreparedConv } from "./backend/backend.ts";
import { type DType, elementTypeOf, type FloatArray, isInteger, type TypedArray } from "./dtype.ts";
import { Corr2dError, invalid } from "./errors.ts";
import { allocateOutput, overlap, sameShape } from "./output.ts";
import type { Selection } from "./select.ts";
import { type Algorithm, type ConvSpec, inputShapeOf, multiplyAdds, outputShapeOf } from "./spec.ts";
import { AllocatedTensor, checkShape, elementCount, Tensor, type TensorLike } from "./tensor.ts";

export interface RunOptions<Y extends TypedArray = FloatArray> {
  /** Receives the output instead of a new array; every element is written. Must not overlap the input. */
  readonly out?: TensorLike<Y> | Y;
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
  readonly inputDtype: DType;
  readonly outputDtype: DType;
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** What messages call the input, and how they say where its type comes from: "" for not at all. */
  readonly inputName: string;
  readonly typedAs?: string;
  readonly assertOpen: () => void;
  prepare(): PreparedConv;
}

/** Something prepared once, for many inputs of one shape: from elements of `X` to elements of `Y`. */
export abstract class Plan<X extends TypedArray = FloatArray, Y extends TypedArray = FloatArray> {
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly backend: BackendName;
  readonly isa: string;
  /** How many threads one run may use. */
  readonly threads: number;
  /** Bytes beyond packed weights, input and output that one run needs. */
  readonly workspaceBytes: number;
  readonly #inputDtype: DType;
  readonly #outputDtype: DType;
  readonly #inputName: string;
  readonly #typedAs: string;
  readonly #inputLength: number;
  readonly #outputLength: number;
  readonly #assertOpen: () => void;
  #prepared: PreparedConv | undefined;

  constructor(description: PlanDescription) {
    const { backend, inputShape, outputShape, assertOpen, prepare } = description;
    assertOpen();
    this.#assertOpen = assertOpen;
    this.#inputDtype = description.inputDtype;
    this.#outputDtype = description.outputDtype;
    this.#inputName = description.inputName;
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
  run(x: TensorLike<X> | X, options?: RunOptions<Y>): Tensor<Y> {
    return this.runOn(this.live(), x, options);
  }

  /** As `run`, on something prepared for this one run. */
  protected runOn(prepared: Pick<PreparedConv, "run">, x: TensorLike<X> | X, options?: RunOptions<Y>) {
    const out = options?.out;
    const output =
      out === undefined
        ? (allocateOutput(this.#outputDtype, this.#outputLength) as Y)
        : this.#outputElements(out);
    const input = this.#inputElements(x);
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
    return out instanceof Tensor ? (out as Tensor<Y>) : new Tensor(output, this.outputShape);
  }

  /**
   * As `run`, without blocking the event loop. The input is copied before this returns (or taken over, with
   * `transfer`), so the caller may change it at once; `out` is written only when the work is done.
   *
   * Rejects as `run` throws, and with `signal.reason` after an abort.
   */
  async runAsync(x: TensorLike<X> | X, options: RunOptions<Y> & AsyncOptions = {}): Promise<Tensor<Y>> {
    return this.runOnAsync(this.live(), x, options);
  }

  protected async runOnAsync(
    prepared: Pick<PreparedConv, "runAsync">,
    x: TensorLike<X> | X,
    options: RunOptions<Y> & AsyncOptions,
  ): Promise<Tensor<Y>> {
    const { out, signal, transfer = false } = options;
    checkSignal(signal);
    signal?.throwIfAborted();
    if (out !== undefined) this.#outputElements(out);
    const given = this.#inputElements(x);
    // Both arrays are private: no script can detach or resize them while other threads use them.
    const input = transfer && !(x instanceof AllocatedTensor) ? takeOver(given) : copyOf(given);
    const output = allocateOutput(this.#outputDtype, this.#outputLength) as Y;
    try {
      await prepared.runAsync(input, output, signal);
    } catch (cause) {
      throw signal?.aborted ? cause : backendFailure(this.backend, cause);
    }
    if (out === undefined) return new Tensor(output, this.outputShape);
    const target = this.#outputElements(out);
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

  /** Throws DISPOSED. */
  protected live(): PreparedConv {
    if (this.#prepared === undefined) throw new Corr2dError("DISPOSED", "This plan was disposed of");
    this.#assertOpen();
    return this.#prepared;
  }

  #inputElements(x: TensorLike<X> | X): X {
    const { inputShape } = this;
    return elementsOf(
      x,
      inputShape,
      this.#inputDtype,
      this.#inputName,
      this.#typedAs,
      this.#inputLength,
    ) as X;
  }

  #outputElements(out: TensorLike<Y> | Y): Y {
    return elementsOf(
      out,
      this.outputShape,
      this.#outputDtype,
      "out",
      this.#typedAs,
      this.#outputLength,
    ) as Y;
  }
}

/**
 * The elements of a tensor of `shape`, or of a bare array as long. Throws INVALID_ARGUMENT for anything else.
 *
 * @param typedAs how a message says where the type comes from: "" for not at all
 */
export function elementsOf(
  value: TensorLike<TypedArray> | TypedArray,
  shape: readonly number[],
  dtype: DType,
  name: string,
  typedAs: string,
  length = elementCount(shape),
): TypedArray {
  let data = value as TypedArray;
  if (!ArrayBuffer.isView(value)) {
    if (typeof value !== "object" || value === null) throw invalid("a tensor or typed array", name, value);
    const given = value.shape;
    data = value.data;
    if (given !== shape && !sameShape(checkShape(given, `${name}.shape`), shape)) {
      throw invalid(`[${shape.join(", ")}]`, `${name}.shape`, given);
    }
  }
  if (elementTypeOf(data, name) !== dtype) {
    throw invalid(`${dtype} elements${typedAs && `, ${typedAs},`}`, name, data);
  }
  data = plain(data, dtype);
  if (data.length !== length) throw invalid(`${length} elements`, name, data);
  return data;
}

/** What a convolution is computed with: see `prepare` of {@link Backend}. */
export interface Operands {
  readonly weights: TypedArray;
  readonly bias: TypedArray | null;
  readonly scale: Float32Array | null;
}

/** A convolution with its weights packed and its algorithm chosen, for many inputs of one shape. */
export class ConvPlan<X extends TypedArray = FloatArray, Y extends TypedArray = FloatArray> extends Plan<
  X,
  Y
> {
  readonly spec: ConvSpec;
  readonly algorithm: Algorithm;
  readonly #reason: string;

  /** Plans come from `planConv2d`. */
  constructor(
    backend: Backend,
    spec: ConvSpec,
    selection: Selection,
    { weights, bias, scale }: Operands,
    assertOpen: () => void,
  ) {
    super({
      backend,
      inputDtype: spec.dtype,
      outputDtype: spec.outputDtype,
      inputShape: inputShapeOf(spec),
      outputShape: outputShapeOf(spec),
      inputName: "x",
      ...(isInteger(spec.dtype) && { typedAs: "" }),
      assertOpen,
      prepare: () =>
        spec.batch === 0 ? emptyBatch : backend.prepare(spec, selection.algorithm, weights, bias, scale),
    });
    this.spec = spec;
    this.algorithm = selection.algorithm;
    this.#reason = selection.reason;
  }

  override explain(): string {
    const { spec } = this;
    const work = (2 * multiplyAdds(spec)) / 1e6;
    const outputType = spec.outputDtype === spec.dtype ? "" : `${spec.outputDtype} `;
    return (
      `${this.algorithm} on ${this.backend} (${this.isa}, ${this.threads === 1 ? "1 thread" : `up to ${this.threads} threads`}): ` +
      `${spec.dtype} [${this.inputShape.join(", ")}] -> ${outputType}[${this.outputShape.join(", ")}], ` +
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

export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid("an AbortSignal", "signal", signal);
}
