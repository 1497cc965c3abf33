// SPDX-License-Identifier: MIT
import { platform } from "../platform.ts";
import { type WasmFile, type WasmIsa, type WasmModule, wasmFile, wasmIsas } from "./modules.ts";

/** `(func (result v128) (f32x4.relaxed_madd ...))`, the smallest module that needs relaxed SIMD. */
const relaxedProbe = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x13, 0x01, 0x11, 0x00],
  ...[0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x85, 0x02, 0x0b],
);

export function hasRelaxedSimd(): boolean {
  return typeof WebAssembly !== "undefined" && WebAssembly.validate(relaxedProbe);
}

/** Finds the instruction sets that can be used, best first, and says why. Throws if there is no WebAssembly. */
export function findWasmBuilds(): { readonly isas: readonly WasmIsa[]; readonly reason: string } {
  const relaxed = hasRelaxedSimd();
  if (relaxed && loadModule("float32", "relaxed-simd") !== undefined) {
    return { isas: wasmIsas, reason: "this runtime has relaxed SIMD" };
  }
  loadModule("float32", "simd128");
  const reason = relaxed ? "the build for relaxed SIMD is not loaded" : "this runtime has no relaxed SIMD";
  return { isas: ["simd128"], reason };
}

/**
 * Returns a compiled module, for shared memory if `shared`, or undefined if the platform has not loaded it. The first
 * call compiles it.
 */
export function loadModule(name: WasmModule, isa: WasmIsa, shared = false): WebAssembly.Module | undefined {
  const modules = shared ? sharedModules : plainModules;
  const file = wasmFile(name, isa);
  let module = modules.get(file);
  if (module === undefined) {
    module = platform().loadWasm(file, shared);
    if (module !== undefined) modules.set(file, module);
  }
  return module;
}

const plainModules = new Map<WasmFile, WebAssembly.Module>();
const sharedModules = new Map<WasmFile, WebAssembly.Module>();

/** Says why this thread cannot share its work with others; undefined if it can. */
export function whyNoThreads(): string | undefined {
  if (typeof SharedArrayBuffer === "undefined") return "this page is not cross-origin isolated";
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return undefined;
  } catch {
    return "this thread may not wait for others";
  }
}

/**
 * How a module imports memory: the name `memory`, kind 2, then limits. Bit 0 of the next byte says that there is a
 * maximum, bit 1 that memory is shared.
 */
const memoryImport = Uint8Array.of(0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02);

/** Returns the module for shared memory. It differs in one byte, as the code has no atomic instructions. */
export function withSharedMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const shared = new Uint8Array(bytes);
  const at = shared.findIndex((_, i) => memoryImport.every((byte, k) => shared[i + k] === byte));
  if (at < 0) throw new Error("the WASM module imports no memory");
  shared[at + memoryImport.length] = 0x03;
  return shared;
}
