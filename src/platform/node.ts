// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type NativeAddon, nativeBackends } from "../backend/native/native.ts";
import type { NativeBackends, Platform, WorkerPort } from "../backend/platform.ts";
import { withSharedMemory } from "../backend/wasm/builds.ts";
import type { WasmFile } from "../backend/wasm/modules.ts";

const require = createRequire(import.meta.url);

const wasmFiles: Record<WasmFile, URL> = {
  "float32-relaxed": new URL("../corr2d-float32-relaxed.wasm", import.meta.url),
  "float32-simd": new URL("../corr2d-float32-simd.wasm", import.meta.url),
  "float64-relaxed": new URL("../corr2d-float64-relaxed.wasm", import.meta.url),
  "float64-simd": new URL("../corr2d-float64-simd.wasm", import.meta.url),
  integers: new URL("../corr2d-integers.wasm", import.meta.url),
  "gradients-relaxed": new URL("../corr2d-gradients-relaxed.wasm", import.meta.url),
  "gradients-simd": new URL("../corr2d-gradients-simd.wasm", import.meta.url),
  windows: new URL("../corr2d-windows.wasm", import.meta.url),
};

export const nodePlatform: Platform = {
  env: (name) => process.env[name],
  hardwareThreads: availableParallelism(),
  loadNative,
  loadWasm: (file, shared) => {
    if (typeof WebAssembly === "undefined") throw new Error("this runtime has no WebAssembly");
    const bytes = readFileSync(wasmFiles[file]);
    return new WebAssembly.Module(shared ? withSharedMemory(bytes) : bytes);
  },
  fetchWasm: async () => {},
  whyNoWorkers: () => {
    const { permission } = process as { permission?: { has(scope: string): boolean } };
    return permission === undefined || permission.has("worker")
      ? undefined
      : "this process has no permission to start workers";
  },
  startWorker,
};

/** Loads the addon. Paths are literal, so that bundlers and file tracers see the binaries. */
function loadNative(): NativeBackends {
  const target = `${process.platform}-${process.arch}`;
  switch (target) {
    case "linux-x64":
      refuseMusl();
      return required(() => require("../../prebuilds/linux-x64/corr2d.node"));
    case "linux-arm64":
      refuseMusl();
      return required(() => require("../../prebuilds/linux-arm64/corr2d.node"));
    case "darwin-x64":
      return required(() => require("../../prebuilds/darwin-x64/corr2d.node"));
    case "darwin-arm64":
      return required(() => require("../../prebuilds/darwin-arm64/corr2d.node"));
    default:
      throw new Error(`there is no binary for ${target}`);
  }
}

/** Loads a binary. Its absence is ordinary; a binary that is there but does not load causes a warning. */
function required(load: () => NativeAddon): NativeBackends {
  try {
    return nativeBackends(load());
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "MODULE_NOT_FOUND" && code !== "ERR_DLOPEN_DISABLED") {
      process.emitWarning(`the native backend did not load, another one serves: ${message}`, {
        type: "Corr2dWarning",
        code: "CORR2D_NATIVE_FAILED",
      });
    }
    throw error;
  }
}

function refuseMusl(): void {
  const report = process.report as (NodeJS.ProcessReport & { excludeNetwork?: boolean }) | undefined;
  if (report === undefined) return;
  const { excludeNetwork = false } = report;
  // Otherwise the report looks up host names, which can take seconds.
  report.excludeNetwork = true;
  const { header } = report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  report.excludeNetwork = excludeNetwork;
  if (header.glibcVersionRuntime === undefined)
    throw new Error("the binary needs glibc; this system has another libc");
}

function startWorker(): WorkerPort {
  // Flags of the main script, such as --input-type, may stop the worker from starting.
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    name: "corr2d",
    execArgv: [],
  });
  worker.unref();
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    onMessage: (listener) => void worker.on("message", listener),
    onError: (listener) => {
      worker.on("error", listener);
      worker.on("exit", (code) => listener(new Error(`the worker exited with code ${code}`)));
    },
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    terminate: () => void worker.terminate(),
  };
}
