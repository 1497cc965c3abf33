// SPDX-License-Identifier: MIT
import type { Backend } from "./backend.ts";
import type { WasmFile, WasmIsa, WasmModule } from "./wasm/modules.ts";

/** What differs between Node and a browser. */
export interface Platform {
  /** An environment variable, or undefined where there are none. */
  env(name: string): string | undefined;
  readonly hardwareThreads: number;
  /** Loads the addon built for this platform; throws an Error whose message says why there is none. */
  loadNative(): NativeBackends;
  /**
   * dist/corr2d-FILE.wasm, for shared memory or not; undefined where it was not loaded. Throws where WebAssembly is
   * missing or forbidden.
   */
  loadWasm(file: WasmFile, shared: boolean): WebAssembly.Module | undefined;
  /** Makes `loadWasm` give modules for some instructions, as far as they can be loaded; never rejects. */
  fetchWasm(isa: WasmIsa, modules: readonly WasmModule[]): Promise<void>;
  /** Why no worker can be started, as far as that is known before it is tried. */
  whyNoWorkers(): string | undefined;
  /** Starts a worker that runs worker.ts and does not keep the process alive. */
  startWorker(): WorkerPort;
}

/** What there is of the C++ addon; only platforms that can load it know more of it. */
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

/** The part of a worker that Node and browsers share. */
export interface WorkerPort {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** The worker died or could not start. */
  onError(listener: (error: Error) => void): void;
  /** Keeps the process alive, until `unref`. Started unref'd; both do nothing in a browser. */
  ref(): void;
  unref(): void;
  terminate(): void;
}

let current: Platform | undefined;

/** Called once by the entry point that was imported. */
export function setPlatform(platform: Platform): void {
  current = platform;
}

export function platform(): Platform {
  if (current === undefined) throw new Error("corr2d must be imported through its entry point");
  return current;
}
