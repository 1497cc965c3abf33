// SPDX-License-Identifier: MIT
// The entry for browsers and their bundlers, with what is different there. It compiles into dist/, beside the files
// that it names; scripts/bundle.mjs also bundles it into one file.

import simdText from "corr2d:wasm/float32-simd";
import { type Platform, setPlatform, type WorkerPort } from "./backend/platform.ts";
import { hasRelaxedSimd, withSharedMemory } from "./backend/wasm/builds.ts";
import { type WasmFile, type WasmIsa, type WasmModule, wasmFile } from "./backend/wasm/modules.ts";
import { checkArity } from "./input/options.ts";
import { type InitOptions, modulesOf } from "./platform/init.ts";
import { wasmBytesOf } from "./platform/wasm-bytes.ts";

export * from "./api.ts";
export type { InitOptions } from "./platform/init.ts";

type Text = Promise<{ readonly default: string }>;

/** Every module but float32-simd is a file of its own. Names are literal, so that bundlers see the files. */
const texts: Record<Exclude<WasmFile, "float32-simd">, () => Text> = {
  "float32-relaxed": () => import("corr2d:wasm/float32-relaxed"),
  "float64-relaxed": () => import("corr2d:wasm/float64-relaxed"),
  "float64-simd": () => import("corr2d:wasm/float64-simd"),
  integers: () => import("corr2d:wasm/integers"),
  "gradients-relaxed": () => import("corr2d:wasm/gradients-relaxed"),
  "gradients-simd": () => import("corr2d:wasm/gradients-simd"),
  windows: () => import("corr2d:wasm/windows"),
};

const loaded = new Map<WasmFile, string>([["float32-simd", simdText]]);
const compiled = new Map<WasmFile, WebAssembly.Module>();

const web: Platform = {
  env: () => undefined,
  hardwareThreads: globalThis.navigator?.hardwareConcurrency ?? 1,
  loadNative: () => {
    throw new Error("addons need Node, Bun or Deno");
  },
  loadWasm: (file, shared) => {
    const text = loaded.get(file);
    if (text === undefined) return undefined;
    if (shared) return new WebAssembly.Module(withSharedMemory(wasmBytesOf(text)));
    return compiled.get(file) ?? new WebAssembly.Module(wasmBytesOf(text));
  },
  fetchWasm,
  whyNoWorkers: () => (typeof Worker === "undefined" ? "this runtime has no workers" : undefined),
  startWorker,
};

setPlatform(web);

/**
 * Resolves when the first call can be made: at once in Node, and in a browser after loading the WASM modules. Rejects
 * with INVALID_ARGUMENT for modules that do not exist.
 */
export async function init(options?: InitOptions): Promise<void> {
  checkArity("init", arguments.length, 1);
  const modules = modulesOf(options);
  // If WebAssembly is missing or forbidden, TypeScript computes; backends() says why.
  await fetchWasm(hasRelaxedSimd() ? "relaxed-simd" : "simd128", modules);
}

/** Compiles off the main thread, as some browsers forbid large modules on it. Each module is loaded once. */
async function fetchWasm(isa: WasmIsa, modules: readonly WasmModule[]): Promise<void> {
  // The builds of float32 tell which instruction sets can be used.
  const files = new Set<WasmFile>(["float32-simd", ...modules.map((module) => wasmFile(module, isa))]);
  await Promise.all([...files].map(compile));
}

async function compile(file: WasmFile): Promise<void> {
  if (compiled.has(file)) return;
  try {
    if (file !== "float32-simd") loaded.set(file, (await texts[file]()).default);
    compiled.set(file, await WebAssembly.compile(wasmBytesOf(loaded.get(file) as string)));
  } catch {
    // The file was left behind when this one was copied or bundled, or WebAssembly is forbidden.
  }
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
