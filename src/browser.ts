// SPDX-License-Identifier: MIT
import { hasRelaxedSimd } from "./backend/wasm-builds.ts";
import { browserPlatform } from "./platform/browser.ts";
import { setPlatform } from "./platform/platform.ts";

setPlatform(browserPlatform);

export * from "./api.ts";

/** Resolves when the first call can be made: at once in Node, after loading the WASM modules in a browser. */
export async function init(): Promise<void> {
  // Where WebAssembly is missing or forbidden TypeScript serves; backends() says why.
  await browserPlatform.fetchWasm(hasRelaxedSimd() ? "relaxed-simd" : "simd128");
}
