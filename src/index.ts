// SPDX-License-Identifier: MIT

import { type InitOptions, modulesOf } from "./init.ts";
import { checkArity } from "./options.ts";
import { nodePlatform } from "./platform/node.ts";
import { setPlatform } from "./platform/platform.ts";

setPlatform(nodePlatform);

export * from "./api.ts";

/**
 * Resolves when the first call can be made: at once in Node, after loading the WASM modules in a browser. Rejects with
 * INVALID_ARGUMENT for modules that there are not.
 */
export async function init(options?: InitOptions): Promise<void> {
  checkArity("init", arguments.length, 1);
  modulesOf(options);
}
