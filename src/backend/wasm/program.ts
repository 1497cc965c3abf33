// SPDX-License-Identifier: MIT
import type { WasmMemory } from "./memory.ts";
import type { WasmKernel, WasmModule } from "./modules.ts";

/** Linear memory and its modules, as programs see them. */
export interface Linear {
  readonly memory: WasmMemory;
  /** Returns a module's exports. The first call compiles and instantiates it. */
  exports(module: WasmModule): WebAssembly.Exports;
}

/** A task laid out for WebAssembly, with all that the ferry needs to take its operands through linear memory. */
export interface WasmProgram {
  readonly kernel: WasmKernel;
  /** Bytes of the head, whose fields, tables and packed constants stay in memory from run to run. */
  readonly headBytes: number;
  writeHead(on: Linear, at: number): void;
  /** Bytes of one thread's workspace. */
  readonly workspaceBytes: number;
  /** Bytes of the operands' buffers, including those that tiles read beyond the ends. */
  readonly inputBytes: readonly number[];
  readonly outputBytes: number;
  /** Whether an operand that already lies in linear memory is used in place; otherwise it is copied. */
  readonly staysInPlace: boolean;
  /** Returns another layout for operands that already lie in linear memory, if there is one. */
  readonly inPlace?: () => WasmProgram;
  /** Whether helper threads would find something to do. */
  isShared(on: Linear): boolean;
  legs(on: Linear, threads: number): Iterable<Leg>;
  /**
   * Returns how many threads' jobs a leg is cut into so that each has about this many multiply-adds. Absent if legs are
   * short anyway.
   */
  threadsFor?(multiplyAdds: number): number;
  /** Unloads what leaves the output's buffer only after the last leg. */
  unloadLast?(visit: Visit): void;
}

/** Receives a stretch of elements: where it begins in a buffer and in the tensor, and its length. */
export type Visit = (inBuffer: number, inTensor: number, length: number) => void;

/**
 * Where a kernel finds its operand, in bytes from the begin of the buffer, or of the tensor if that is used in place.
 */
export interface Origin {
  readonly inBuffer: number;
  readonly inTensor: number;
}

/** One crossing: inputs are loaded, jobs are done, and what each wrote is unloaded. */
export interface Leg {
  readonly inputs: readonly Origin[];
  readonly output: Origin;
  readonly jobs: readonly LegJob[];
  /** Writes to the head what changes from leg to leg. */
  begin?(on: Linear, head: number): void;
  load(input: number, visit: Visit): void;
  unload?(job: number, visit: Visit): void;
}

/** Bytes from the leg's origins, and five numbers for the kernel. */
export interface LegJob {
  readonly inputShift: number;
  readonly outputShift: number;
  readonly numbers: readonly [number, number, number, number, number];
}

export const nowhere: Origin = { inBuffer: 0, inTensor: 0 };
