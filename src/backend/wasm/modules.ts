// SPDX-License-Identifier: MIT
// The modules of assembly/modules/, which share one linear memory; scripts/build-wasm.mjs compiles them.
import { type FloatDType, isInteger } from "../../dtype.ts";
import type { ConvSpec } from "../../spec/convolution.ts";

/** The instructions that a module may be built for, best first. */
export const wasmIsas = ["relaxed-simd", "simd128"] as const;
export type WasmIsa = (typeof wasmIsas)[number];

/** Convolution of each type of elements, gradients of weights, and what looks at windows without weights. */
export const wasmModules = ["float32", "float64", "integers", "gradients", "windows"] as const;
export type WasmModule = (typeof wasmModules)[number];

/** Those in which relaxed SIMD fuses multiplications and additions. */
type FusedModule = "float32" | "float64" | "gradients";

/** What a worker is given of a module. */
export interface LoadedModule {
  readonly name: WasmModule;
  readonly compiled: WebAssembly.Module;
}

/** The build of a module for some instructions: dist/corr2d-NAME.wasm. */
export type WasmFile = `${FusedModule}-${"relaxed" | "simd"}` | Exclude<WasmModule, FusedModule>;

export function wasmFile(module: WasmModule, isa: WasmIsa): WasmFile {
  if (module === "integers" || module === "windows") return module;
  return `${module}-${isa === "relaxed-simd" ? "relaxed" : "simd"}`;
}

export type ConvModule = Exclude<WasmModule, "gradients" | "windows">;

/** The module that computes a convolution. */
export function convModule({ dtype }: Pick<ConvSpec, "dtype">): ConvModule {
  return isInteger(dtype) ? "integers" : (dtype as FloatDType);
}

/** Linear memory below this belongs to the static data of all modules. */
export const staticEnd = 8192;

/** What modules compute: the names of their exports. */
export const wasmKernels = [
  ...["float32.run", "float64.run", "integers.run", "gradients.run"],
  ...["windows.pool", "windows.poolGrad", "windows.unfold", "windows.fold"],
] as readonly WasmKernel[];

export type WasmKernel =
  | `${ConvModule | "gradients"}.run`
  | `windows.${"pool" | "poolGrad" | "unfold" | "fold"}`;

export const moduleOf = (kernel: WasmKernel): WasmModule => kernel.split(".")[0] as WasmModule;

/** A kernel. The places of operands that it does not use are 0; what the numbers say is in the module's source. */
export type RunKernel = (
  head: number,
  a: number,
  b: number,
  out: number,
  workspace: number,
  ...numbers: number[]
) => void;

/** What the modules of convolution export besides. */
export interface ConvExports {
  channelUnit(): number;
  pack(plan: number, weights: number, scratch: number): void;
}
