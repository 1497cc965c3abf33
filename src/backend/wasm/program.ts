// SPDX-License-Identifier: MIT
import type { WasmMemory } from "./memory.ts";
import type { WasmKernel, WasmModule } from "./modules.ts";

/** Linear memory and the modules that work in it, as programs see them. */
export interface Linear {
  readonly memory: WasmMemory;
  /** What a module exports. The first call compiles and instantiates it. */
  exports(module: WasmModule): WebAssembly.Exports;
}

/** A task laid out for WebAssembly: what the ferry needs to take its operands through linear memory. */
export interface WasmProgram {
  readonly kernel: WasmKernel;
  /** Bytes of the head: fields, tables and packed constants, which stay in memory from run to run. */
  readonly headBytes: number;
  writeHead(on: Linear, at: number): void;
  /** Bytes of one thread's workspace. */
  readonly workspaceBytes: number;
  /** Bytes of the buffers that the operands pass through, what tiles read beyond their ends included. */
  readonly inputBytes: readonly number[];
  readonly outputBytes: number;
  /** Whether an operand that lies in linear memory can be used where it is. Others are copied all the same. */
  readonly staysInPlace: boolean;
  /** The layout for operands that lie in linear memory as a whole, where that is another one. */
  readonly inPlace?: () => WasmProgram;
  /** Whether helper threads would find something to do. */
  isShared(on: Linear): boolean;
  legs(on: Linear, threads: number): Iterable<Leg>;
  /** For how many threads a leg is cut into jobs of about so many multiply-adds; absent where legs are short enough. */
  threadsFor?(multiplyAdds: number): number;
  /** What leaves the output's buffer after the last leg. */
  unloadLast?(visit: Visit): void;
}

/** Receives a stretch of elements: where it begins in a buffer and in the tensor, and its length. */
export type Visit = (inBuffer: number, inTensor: number, length: number) => void;

/** Where a kernel finds its operand, in bytes: seen from the buffer's begin, or from the tensor's if it lies in memory. */
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
