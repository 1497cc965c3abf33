// SPDX-License-Identifier: MIT
import simdHex from "corr2d:wasm-simd";
import { hasRelaxedSimd, type WasmIsa, withSharedMemory } from "../backend/wasm-builds.ts";
import type { Platform, WorkerPort } from "./platform.ts";

let relaxedHex: string | undefined;
const compiled = new Map<WasmIsa, WebAssembly.Module>();

export const browserPlatform: Platform = {
  env: () => undefined,
  hardwareThreads: globalThis.navigator?.hardwareConcurrency ?? 1,
  loadAddon: () => {
    throw new Error("addons need Node, Bun or Deno");
  },
  loadWasm: (isa, shared) => {
    if (shared) {
      const text = isa === "simd128" ? simdHex : relaxedHex;
      return text === undefined ? undefined : new WebAssembly.Module(withSharedMemory(bytesOf(text)));
    }
    if (isa === "simd128" && !compiled.has(isa)) {
      compiled.set(isa, new WebAssembly.Module(bytesOf(simdHex)));
    }
    return compiled.get(isa);
  },
  startWorker,
};

/**
 * Compiles off the main thread what `loadWasm` would compile on it, which some browsers forbid for large modules; and
 * the build for relaxed SIMD, which lies in a file of its own, for the browsers that run it.
 */
export async function compileWasm(): Promise<void> {
  if (!compiled.has("simd128")) compiled.set("simd128", await WebAssembly.compile(bytesOf(simdHex)));
  if (compiled.has("relaxed-simd") || !hasRelaxedSimd()) return;
  try {
    relaxedHex = (await import("corr2d:wasm-relaxed")).default;
    compiled.set("relaxed-simd", await WebAssembly.compile(bytesOf(relaxedHex)));
  } catch {
    // The file was left behind when dist/browser.js was copied or bundled: the build that is there serves.
  }
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function startWorker(): WorkerPort {
  const worker = new Worker(new URL("./browser-worker.js", import.meta.url), {
    type: "module",
    name: "corr2d",
  });
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    onMessage: (listener) => worker.addEventListener("message", (event) => listener(event.data)),
    onError: (listener) =>
      worker.addEventListener("error", (event) =>
        listener(new Error(event.message || "the worker could not start")),
      ),
    ref: () => {},
    unref: () => {},
    terminate: () => worker.terminate(),
  };
}
