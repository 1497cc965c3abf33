// SPDX-License-Identifier: MIT
import { browserPlatform, compileWasm } from "./platform/browser.ts";
import { setPlatform } from "./platform/platform.ts";

setPlatform(browserPlatform);

export * from "./api.ts";

/** Resolves when the first call can be made: at once in Node, after compiling the WASM module in a browser. */
export async function init(): Promise<void> {
  // Where WebAssembly is missing or forbidden TypeScript serves; backends() says why.
  await compileWasm().catch(() => {});
}
