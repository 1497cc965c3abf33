// SPDX-License-Identifier: MIT
import { nodePlatform } from "./platform/node.ts";
import { setPlatform } from "./platform/platform.ts";

setPlatform(nodePlatform);

export * from "./api.ts";

/** Resolves when the first call can be made: at once in Node, after loading the WASM modules in a browser. */
export async function init(): Promise<void> {}
