// SPDX-License-Identifier: MIT
import wasmBase64 from "corr2d:wasm";
import type { Platform, WorkerPort } from "./platform.ts";

let compiled: WebAssembly.Module | undefined;

export const browserPlatform: Platform = {
  env: () => undefined,
  hardwareThreads: globalThis.navigator?.hardwareConcurrency ?? 1,
  loadAddon: () => {
    throw new Error("addons need Node, Bun or Deno");
  },
  loadWasm: () => {
    compiled ??= new WebAssembly.Module(wasmBytes());
    return compiled;
  },
  startWorker,
};

/** Compiles off the main thread what `loadWasm` would compile on it, which some browsers forbid for large modules. */
export async function compileWasm(): Promise<void> {
  compiled ??= await WebAssembly.compile(wasmBytes());
}

function wasmBytes(): Uint8Array<ArrayBuffer> {
  const text = atob(wasmBase64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
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
