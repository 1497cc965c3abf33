// SPDX-License-Identifier: MIT
import { type WasmModule, wasmModules } from "../backend/wasm/modules.ts";
import { invalid } from "../errors.ts";
import { checkOneOf, readOptions } from "../resolve/convolution.ts";

export interface InitOptions {
  /**
   * What a browser loads beside convolution of float32, a small file each: "float64" and "integers" for convolution of
   * these, "gradients" for gradients of weights, "windows" for pooling. Default all. What needs another one throws BACKEND_UNAVAILABLE.
   */
  readonly modules?: readonly WasmModule[];
}

/** Throws INVALID_ARGUMENT. */
export function modulesOf(options: InitOptions | undefined): readonly WasmModule[] {
  const { modules = wasmModules } = readOptions(options, ["modules"]);
  if (!Array.isArray(modules)) throw invalid("an array", "modules", modules);
  return ["float32", ...modules.map((module, i) => checkOneOf(module, wasmModules, `modules[${i}]`))];
}
