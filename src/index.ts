// SPDX-License-Identifier: MIT

import { setPlatform } from "./backend/platform.ts";
import { checkArity } from "./input/options.ts";
import { type InitOptions, modulesOf } from "./platform/init.ts";
import { nodePlatform } from "./platform/node.ts";

setPlatform(nodePlatform);

export * from "./api.ts";
export type { InitOptions } from "./platform/init.ts";

/**
 * Resolves when the first call can be made: at once in Node, and in a browser after loading the WASM modules. Rejects
 * with INVALID_ARGUMENT for modules that do not exist.
 */
export async function init(options?: InitOptions): Promise<void> {
  checkArity("init", arguments.length, 1);
  modulesOf(options);
}
