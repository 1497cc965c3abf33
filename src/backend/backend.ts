// SPDX-License-Identifier: MIT
// The waist: every operator reaches a backend as an Operation, and every backend is a Backend.
import type { DType } from "../dtype.ts";
import type { Operand, Task, TaskQuery } from "../spec/task.ts";
import type { Allocation } from "../tensor.ts";
import type { ReferenceProgram } from "./reference/program.ts";
import type { WasmModule } from "./wasm/modules.ts";
import type { WasmProgram } from "./wasm/program.ts";

export const backendNames = ["native", "wasm", "reference"] as const;
export type BackendName = (typeof backendNames)[number];

/** A task with the code that computes it where backends have none of their own: a bundle holds only what it calls. */
export interface Operation<T extends Task = Task> {
  /** Plain data that can be cloned: all that native and workers need. */
  readonly task: T;
  /** Its TypeScript, which every backend falls back on. */
  reference(task: T): ReferenceProgram;
  /** Its WebAssembly, where there is any. */
  readonly wasm?: { readonly module: WasmModule; plan(task: T): WasmProgram };
}

/** Something that computes tasks. Tasks are valid when they arrive here, and every size in them is at least 1. */
export interface Backend {
  readonly name: BackendName;
  /**
   * The instruction set in use: "avx512-vnni", "avx512", "avx2", "sse2", "neon", "relaxed-simd", "simd128" or
   * "javascript".
   */
  readonly isa: string;
  /** How many threads one `run` may use at most. */
  readonly threads: number;
  /** Whether pixels are better packed before they are multiplied, where each channel would be read from far away. */
  readonly prefersPacked?: boolean;
  supports(task: TaskQuery): boolean;
  /** Makes a task ready for many runs. What the task holds is copied where it is kept. */
  prepare(operation: Operation): Prepared;
  /** Zeros, at a place where `run` reads and writes them without a copy if the backend has such a place. */
  allocate(dtype: DType, length: number): Allocation;
  /** Lets go of helper threads; prepared tasks cannot be used afterwards. */
  dispose(): void;
}

/** A task that is ready to run. Element types and lengths of operands are valid when they arrive here. */
export interface Prepared {
  /** Bytes beyond constants, inputs and outputs that one run needs. */
  readonly workspaceBytes: number;
  /**
   * Writes every element of the outputs, which overlap neither each other nor an input. Operands are arrays of any class
   * and realm, whose own properties may say anything.
   */
  run(a: Operand, b: Operand, c: Operand, out: Operand, out2: Operand): void;
  /**
   * As `run`, off the event loop. Inputs may be detached, and nobody else touches them or the outputs until the promise
   * settles. Rejects with `signal.reason` soon after an abort; the content of the outputs is then undefined.
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
