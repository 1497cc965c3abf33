// SPDX-License-Identifier: MIT
// The messages between the calling thread and its workers.
import type { DType, TypedArray } from "../../dtype.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Task } from "../../spec/task.ts";
import type { HelpRequest } from "../wasm/helper.ts";
import type { LoadedModule, WasmIsa } from "../wasm/modules.ts";

/** The backend that a worker computes on. */
export type WorkerBackend =
  | { readonly backend: "wasm"; readonly isa: WasmIsa }
  | { readonly backend: "reference" };

/** A task that a worker prepares when it first runs it. */
export interface WorkerTask {
  readonly task: Task;
  /** The module that computes it on WebAssembly. */
  readonly module: LoadedModule | undefined;
}

/** An array that a worker allocates for an output. */
export interface OutputShape {
  readonly dtype: DType;
  readonly length: number;
}

export type Request =
  | { readonly type: "open"; readonly on: WorkerBackend }
  | ({ readonly type: "prepare"; readonly plan: number } & WorkerTask)
  | {
      readonly type: "run";
      readonly plan: number;
      /** Operands at their places; null where there is none. */
      readonly inputs: readonly (TypedArray | null)[];
      readonly outputs: readonly (OutputShape | null)[];
    }
  | { readonly type: "release"; readonly plan: number }
  | ({ readonly type: "help" } & HelpRequest);

/** The answer to an "open" or a "run"; no other request has one. */
export type Response =
  | { readonly type: "ready" }
  | { readonly type: "done"; readonly outputs: readonly (TypedArray | null)[] }
  | { readonly type: "failed"; readonly code: ErrorCode; readonly message: string; readonly cause: unknown };
