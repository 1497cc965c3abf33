// SPDX-License-Identifier: MIT
// Every operator reaches a backend as an Operation, and every backend is a Backend.
import type { DType, TypedArray } from "../dtype.ts";
import type { Operand, Task, TaskQuery } from "../spec/task.ts";
import type { Allocation } from "../tensor.ts";
import type { ReferenceProgram } from "./reference/program.ts";
import type { WasmModule } from "./wasm/modules.ts";
import type { WasmProgram } from "./wasm/program.ts";

export const backendNames = ["native", "wasm", "reference"] as const;
export type BackendName = (typeof backendNames)[number];

/** A task and its code for backends that have none of their own, so that a bundle holds only what it calls. */
export interface Operation<T extends Task = Task> {
  /** Plain data that can be cloned, which is all that the native backend and workers need. */
  readonly task: T;
  /** The TypeScript that computes it; every backend can fall back on it. */
  reference(task: T): ReferenceProgram;
  /** The WebAssembly that computes it, if there is any. */
  readonly wasm?: { readonly module: WasmModule; plan(task: T): WasmProgram };
}

/** Computes tasks. Every task is valid when it arrives here, and every size in it is at least 1. */
export interface Backend {
  readonly name: BackendName;
  /**
   * The instruction set in use: "avx512-vnni", "avx512", "avx2", "sse2", "neon", "relaxed-simd", "simd128" or
   * "javascript".
   */
  readonly isa: string;
  /** The most threads that one `run` may use. */
  readonly threads: number;
  /** Whether packing pixels before multiplying them pays on this processor, as reading far-apart channels is slow. */
  readonly prefersPacked?: boolean;
  supports(task: TaskQuery): boolean;
  /** Makes a task ready for many runs. Constants are copied, so the caller may change them afterwards. */
  prepare(operation: Operation): Prepared;
  /** Allocates zeros, in a place where `run` reads and writes them without a copy if the backend has one. */
  allocate(dtype: DType, length: number): Allocation;
  /** Says whether an array lies in memory that may move while something runs; absent where none does. */
  mayMove?(array: TypedArray): boolean;
  /** Releases helper threads. Prepared tasks cannot be used afterwards. */
  dispose(): void;
}

/** A task that is ready to run. Element types and lengths of operands are valid when they arrive here. */
export interface Prepared {
  /** Bytes that one run needs beyond constants, inputs and outputs. */
  readonly workspaceBytes: number;
  /**
   * Whether operands of `run` may be arrays of any class and realm, whose own properties cannot be trusted. C++ uses no
   * property of an array. Without this they are arrays of this realm's own classes.
   */
  readonly takesAnyArray?: true;
  /** Whether operands of `run` may lie in memory that moves. Without this they stay where they are. */
  readonly followsMemory?: true;
  /** Writes every element of the outputs, which overlap neither each other nor an input. */
  run(a: Operand, b: Operand, c: Operand, out: Operand, out2: Operand): void;
  /**
   * Computes like `run`, off the event loop. Inputs may be detached, and nobody else touches them or the outputs until
   * the promise settles. Rejects with `signal.reason` soon after an abort; the content of the outputs is then
   * undefined.
   */
  runAsync(
    a: Operand,
    b: Operand,
    c: Operand,
    out: Operand,
    out2: Operand,
    signal: AbortSignal | undefined,
  ): Promise<void>;
  /** Frees what the task holds; runs under way finish first. A second call does nothing. */
  dispose(): void;
}
