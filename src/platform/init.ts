// SPDX-License-Identifier: MIT
import { type WasmModule, wasmModules } from "../backend/wasm/modules.ts";
import { invalid } from "../errors.ts";
import { checkOneOf, type Names, readOptions } from "../input/options.ts";

export interface InitOptions {
  /**
   * The modules that a browser loads beside that for float32 convolution, each a small file: "float64" and "integers"
   * for convolution of these types, "gradients" for gradients of weights, "windows" for pooling, pad, unfold and fold
   * and their gradients. Default all. A call that needs a module not loaded throws BACKEND_UNAVAILABLE.
   */
  readonly modules?: readonly WasmModule[];
}

const optionNames: Names<InitOptions> = { modules: true };

/** Returns the modules to load. Throws INVALID_ARGUMENT for unknown ones. */
export function modulesOf(options: InitOptions | undefined): readonly WasmModule[] {
  const { modules = wasmModules } = readOptions(options, optionNames);
  if (!Array.isArray(modules)) throw invalid("an array", "modules", modules);
  const checked: WasmModule[] = ["float32"];
  for (let i = 0; i < modules.length; i++) checked.push(checkOneOf(modules[i], wasmModules, `modules[${i}]`));
  return checked;
}
