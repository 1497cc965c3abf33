// SPDX-License-Identifier: MIT
import type { Backend } from "./backend.ts";
import type { WasmFile, WasmIsa, WasmModule } from "./wasm/modules.ts";

/** The services that differ between Node and browsers. */
export interface Platform {
  /** Reads an environment variable; undefined where there are none. */
  env(name: string): string | undefined;
  readonly hardwareThreads: number;
  /** Loads the addon built for this platform. Throws an Error that says why there is none. */
  loadNative(): NativeBackends;
  /**
   * Returns dist/corr2d-FILE.wasm, compiled for shared memory or not, or undefined if it was not loaded. Throws if
   * WebAssembly is missing or forbidden.
   */
  loadWasm(file: WasmFile, shared: boolean): WebAssembly.Module | undefined;
  /** Fetches modules for `loadWasm` to return, as far as they can be loaded. Never rejects. */
  fetchWasm(isa: WasmIsa, modules: readonly WasmModule[]): Promise<void>;
  /** Says why no worker can be started, as far as that is known before trying. */
  whyNoWorkers(): string | undefined;
  /** Starts a worker that runs worker.ts and does not keep the process alive. */
  startWorker(): WorkerPort;
}

/** The C++ addon as platforms that cannot load it see it. */
export interface NativeBackends {
  /** Instruction sets, best first. */
  readonly isas: readonly string[];
  open(options: NativeOptions): Backend;
}

export interface NativeOptions {
  readonly threads: number;
  /** One of `isas`. */
  readonly isa: string;
}

/** The interface that workers of Node and of browsers have in common. */
export interface WorkerPort {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Reports that the worker died or could not start. */
  onError(listener: (error: Error) => void): void;
  /** Keeps the process alive until `unref`. A worker starts unref'd, and both calls do nothing in a browser. */
  ref(): void;
  unref(): void;
  terminate(): void;
}

let current: Platform | undefined;

/** Sets the platform. The entry point that was imported calls it once. */
export function setPlatform(platform: Platform): void {
  current = platform;
}

export function platform(): Platform {
  if (current === undefined) throw new Error("corr2d must be imported through its entry point");
  return current;
}
