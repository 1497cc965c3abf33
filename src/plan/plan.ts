// SPDX-License-Identifier: MIT
/// <reference lib="esnext.disposable" preserve="true" />

import type { Backend, BackendName, Prepared } from "../backend/backend.ts";
import type { FloatArray, TypedArray } from "../dtype.ts";
import { Corr2dError, invalid } from "../errors.ts";
import { copyOf, plain, takeOver } from "../input/arrays.ts";
import { bufferOf, lengthOf } from "../input/intrinsics.ts";
import { checkArity, checkOptions, type Names, readOptions } from "../input/options.ts";
import { AllocatedTensor, Tensor, type TensorLike } from "../tensor.ts";
import { elementsOf, type PlanOperand } from "./operands.ts";
import { allocateOutput, overlap } from "./output.ts";

export interface RunOptions<Y extends TypedArray = FloatArray> {
  /** Receives the output instead of a new array; every element is written. Must not overlap an input. */
  readonly out?: TensorLike<Y> | Y;
}

export interface AsyncOptions {
  /** Ends the work early; the promise then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes over the inputs' whole ArrayBuffers, which are detached, instead of copying the inputs. Default false. Inputs
   * that share a buffer, and tensors from `engine.alloc`, are copied all the same.
   */
  readonly transfer?: boolean | undefined;
}

/** The names of {@link RunOptions}. */
export const runOptionNames: Names<RunOptions> = { out: true };

/** The names of the options of asynchronous runs. */
export const asyncOptionNames: Names<RunOptions & AsyncOptions> = { out: true, signal: true, transfer: true };

/** Frees what plans held that were garbage-collected without `dispose`. */
const forgotten = new FinalizationRegistry<Prepared>((prepared) => prepared.dispose());

/** A plan's operands, backend and work. */
export interface PlanDescription {
  readonly backend: Backend;
  /** Placed first among the task's inputs. */
  readonly inputs: readonly [PlanOperand, PlanOperand?];
  readonly output: PlanOperand;
  readonly assertOpen: () => void;
  prepare(): Prepared;
}

/** An operand as callers give it: a tensor or a bare array of its elements. */
export type Given<A extends TypedArray = FloatArray> = TensorLike<A> | A;

type AnyGiven = Given<TypedArray>;

/** A task prepared once for many operands of the same shapes; the result has elements of `Y`. */
export abstract class Plan<Y extends TypedArray = FloatArray> {
  readonly outputShape: readonly number[];
  readonly backend: BackendName;
  readonly isa: string;
  /** How many threads one run may use. */
  readonly threads: number;
  /** Bytes beyond packed weights, inputs and output that one run needs. */
  readonly workspaceBytes: number;
  readonly #first: PlanOperand;
  readonly #second: PlanOperand | undefined;
  readonly #output: PlanOperand;
  readonly #assertOpen: () => void;
  readonly #backend: Backend;
  #prepared: Prepared | undefined;
  /** Asynchronous runs that have not settled. The last one frees what a disposed plan held. */
  #underway = 0;

  constructor({ backend, inputs, output, assertOpen, prepare }: PlanDescription) {
    assertOpen();
    this.#assertOpen = assertOpen;
    this.#backend = backend;
    [this.#first, this.#second] = inputs;
    this.#output = output;
    this.outputShape = output.shape;
    this.backend = backend.name;
    this.isa = backend.isa;
    this.threads = backend.threads;
    try {
      this.#prepared = prepare();
    } catch (cause) {
      throw backendFailure(backend.name, cause);
    }
    this.workspaceBytes = this.#prepared.workspaceBytes;
    if (this.#prepared !== nothing) forgotten.register(this, this.#prepared, this);
  }

  /** One line on what runs and why. */
  abstract explain(): string;

  /** Frees what the plan holds, packed weights above all; runs under way finish first. A second call does nothing. */
  dispose(): void {
    const prepared = this.#prepared;
    if (prepared === undefined) return;
    this.#prepared = undefined;
    forgotten.unregister(this);
    if (this.#underway === 0) prepared.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Computes on the calling thread and its pool. `y` is there if the plan has a second input. */
  protected compute(x: AnyGiven, y: AnyGiven | undefined, options: RunOptions<Y> | undefined): Tensor<Y> {
    checkOptions(options, runOptionNames);
    const { takesAnyArray, followsMemory } = this.#live();
    const out = options?.out;
    let output = out === undefined ? this.#newOutput() : (elementsOf(out, this.#output, true) as Y);
    let a = elementsOf(x, this.#first);
    let b = this.#second === undefined ? null : elementsOf(y as AnyGiven, this.#second);
    if (takesAnyArray !== true) {
      a = plain(a, this.#first.dtype);
      if (b !== null) b = plain(b, (this.#second as PlanOperand).dtype);
      if (out !== undefined) output = plain(output, this.#output.dtype);
    }
    // No getter of the caller's runs from here on. One of them may have disposed of the plan.
    const prepared = this.#live();
    this.#checkApart(a, b, output, out !== undefined);
    const moves = (array: TypedArray) => followsMemory !== true && this.#backend.mayMove?.(array) === true;
    const target = moves(output) ? this.#newOutput() : output;
    try {
      prepared.run(moves(a) ? copyOf(a) : a, b !== null && moves(b) ? copyOf(b) : b, null, target, null);
    } catch (cause) {
      throw backendFailure(this.backend, cause);
    }
    if (target === output) return this.#resultOf(output, out);
    const moved = elementsOf(out as AnyGiven, this.#output, true) as Y;
    plain(moved, this.#output.dtype).set(target);
    return this.#resultOf(moved, out);
  }

  /** Computes off the event loop, on private copies of the inputs. */
  protected async computeAsync(
    x: AnyGiven,
    y: AnyGiven | undefined,
    options: (RunOptions<Y> & AsyncOptions) | undefined,
  ): Promise<Tensor<Y>> {
    const { out, signal, transfer = false } = readOptions(options, asyncOptionNames);
    const prepared = this.#live();
    checkSignal(signal);
    signal?.throwIfAborted();
    if (typeof transfer !== "boolean") throw invalid("true or false", "transfer", transfer);
    if (out !== undefined) elementsOf(out, this.#output, true);
    const first = elementsOf(x, this.#first);
    const second = this.#second === undefined ? null : elementsOf(y as AnyGiven, this.#second);
    this.#checkLengths(first, second);
    this.#live();
    // All arrays are private: no script can detach or resize them while other threads use them.
    const isShared = second !== null && bufferOf(first) === bufferOf(second);
    const own = (array: TypedArray, given: unknown) =>
      transfer && !isShared && !isAllocated(given) ? takeOver(array) : copyOf(array);
    const a = own(first, x);
    const b = second === null ? null : own(second, y);
    const output = this.#newOutput();
    this.#underway++;
    try {
      await prepared.runAsync(a, b, null, output, null, signal);
    } catch (cause) {
      throw signal?.aborted ? cause : backendFailure(this.backend, cause);
    } finally {
      this.#underway--;
      if (this.#underway === 0 && this.#prepared === undefined) prepared.dispose();
    }
    if (out === undefined) return new Tensor(output, this.outputShape);
    const target = elementsOf(out, this.#output, true) as Y;
    plain(target, this.#output.dtype).set(output);
    return this.#resultOf(target, out);
  }

  /** Returns what is prepared. Throws DISPOSED after `dispose`. */
  #live(): Prepared {
    if (this.#prepared === undefined) throw new Corr2dError("DISPOSED", "This plan was disposed of");
    this.#assertOpen();
    return this.#prepared;
  }

  #newOutput(): Y {
    return allocateOutput(this.#output.dtype, this.#output.length) as Y;
  }

  /** Throws INVALID_ARGUMENT if a getter of one operand has detached another. */
  #checkLengths(a: TypedArray, b: TypedArray | null): void {
    if (lengthOf(a) !== this.#first.length)
      throw invalid(`${this.#first.length} elements`, this.#first.name, a);
    if (b === null) return;
    const { length, name } = this.#second as PlanOperand;
    if (lengthOf(b) !== length) throw invalid(`${length} elements`, name, b);
  }

  /** Checks lengths again, as a getter may have detached another operand, and that no input overlaps the output. */
  #checkApart(a: TypedArray, b: TypedArray | null, output: TypedArray, isGiven: boolean): void {
    if (lengthOf(output) !== this.#output.length)
      throw invalid(`${this.#output.length} elements`, "out", output);
    this.#checkLengths(a, b);
    if (isGiven && overlap(a, output))
      throw invalid(`an array apart from ${this.#first.name}`, "out", output);
    if (isGiven && b !== null && overlap(b, output))
      throw invalid(`an array apart from ${this.#second?.name}`, "out", output);
  }

  /** The caller's own tensor, if that is where the elements went. */
  #resultOf(output: Y, out: RunOptions<Y>["out"]): Tensor<Y> {
    return out instanceof Tensor ? (out as Tensor<Y>) : new Tensor(output, this.outputShape);
  }
}

/** A plan of one input: from elements of `X` to elements of `Y`. */
export abstract class UnaryPlan<
  X extends TypedArray = FloatArray,
  Y extends TypedArray = FloatArray,
> extends Plan<Y> {
  readonly inputShape: readonly number[];

  constructor(description: PlanDescription) {
    super(description);
    this.inputShape = description.inputs[0].shape;
  }

  /**
   * Computes on `x`, a tensor of `inputShape` or a bare array of its elements, on the calling thread and its pool.
   *
   * Throws INVALID_ARGUMENT if an operand has another shape or type or if the two overlap, DISPOSED after `dispose`,
   * and BACKEND_FAILED if memory runs out.
   */
  run(x: Given<X>, options?: RunOptions<Y>): Tensor<Y> {
    checkArity("run", arguments.length, 2);
    return this.compute(x, undefined, options);
  }

  /**
   * Computes like `run`, without blocking the event loop. The input is copied before this returns, or taken over with
   * `transfer`, so the caller may change it at once. `out` is written when the work is done.
   *
   * Rejects with the errors of `run`, and with `signal.reason` after an abort.
   */
  async runAsync(x: Given<X>, options?: RunOptions<Y> & AsyncOptions): Promise<Tensor<Y>> {
    checkArity("runAsync", arguments.length, 2);
    return this.computeAsync(x, undefined, options);
  }
}

/** A plan of two inputs: a forward input and the gradient of the output. */
export abstract class GradPlan extends Plan {
  readonly inputShape: readonly number[];
  /** The shape of the forward output, and therefore of its gradient. */
  readonly gradOutputShape: readonly number[];

  constructor(description: PlanDescription & { readonly inputs: readonly [PlanOperand, PlanOperand] }) {
    super(description);
    const [x, gradOutput] = description.inputs;
    this.inputShape = x.shape;
    this.gradOutputShape = gradOutput.shape;
  }

  /**
   * Computes the gradient from tensors of `inputShape` and `gradOutputShape`, or bare arrays of their elements.
   *
   * Throws the errors of {@link UnaryPlan}'s `run`.
   */
  run(x: Given, gradOutput: Given, options?: RunOptions): Tensor {
    checkArity("run", arguments.length, 3);
    return this.compute(x, gradOutput, options);
  }

  /**
   * Computes like `run`, without blocking the event loop. Both operands are copied before this returns, or taken over
   * with `transfer`.
   *
   * Rejects with the errors of {@link UnaryPlan}'s `runAsync`.
   */
  async runAsync(x: Given, gradOutput: Given, options?: RunOptions & AsyncOptions): Promise<Tensor> {
    checkArity("runAsync", arguments.length, 3);
    return this.computeAsync(x, gradOutput, options);
  }
}

/** Computes nothing, as for a batch of 0. */
export const nothing: Prepared = {
  workspaceBytes: 0,
  run: () => {},
  runAsync: async () => {},
  dispose: () => {},
};

const isAllocated = (given: unknown): boolean =>
  typeof given === "object" && given !== null && AllocatedTensor.isOne(given);

/** Passes this package's errors through and blames the backend for any other, mostly memory running out. */
function backendFailure(backend: BackendName, cause: unknown): Corr2dError {
  if (cause instanceof Corr2dError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Corr2dError("BACKEND_FAILED", `The ${backend} backend failed: ${message}`, { cause });
}

export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid("an AbortSignal", "signal", signal);
}

/** How plans describe the threads of a run. */
export function describeThreads({ threads }: { readonly threads: number }): string {
  return threads === 1 ? "1 thread" : `up to ${threads} threads`;
}
