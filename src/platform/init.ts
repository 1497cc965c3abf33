// SPDX-License-Identifier: MIT
import { type WasmModule, wasmModules } from "../backend/wasm/modules.ts";
import { invalid } from "../errors.ts";
import { checkOneOf, type Names, readOptions } from "../input/options.ts";

export interface InitOptions {
  /**
   * What a browser loads beside convolution of float32, a small file each: "float64" and "integers" for convolution of
   * these, "gradients" for gradients of weights, "windows" for pooling. Default all. What needs another one throws BACKEND_UNAVAILABLE.
   */
  readonly modules?: readonly WasmModule[];
}

const optionNames: Names<InitOptions> = { modules: true };

/** Throws INVALID_ARGUMENT. */
export function modulesOf(options: InitOptions | undefined): readonly WasmModule[] {
  const { modules = wasmModules } = readOptions(options, optionNames);
  if (!Array.isArray(modules)) throw invalid("an array", "modules", modules);
  const checked: WasmModule[] = ["float32"];
  for (let i = 0; i < modules.length; i++) checked.push(checkOneOf(modules[i], wasmModules, `modules[${i}]`));
  return checked;
}
