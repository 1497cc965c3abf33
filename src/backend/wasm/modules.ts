// SPDX-License-Identifier: MIT
// The modules of assembly/modules/, which share one linear memory. scripts/build-wasm.mjs compiles them.
import { type FloatDType, isInteger } from "../../dtype.ts";
import type { ConvSpec } from "../../spec/convolution.ts";

/** The instruction sets that modules are built for, best first. */
export const wasmIsas = ["relaxed-simd", "simd128"] as const;
export type WasmIsa = (typeof wasmIsas)[number];

/**
 * One module for convolutions of each element type, one for gradients of weights, and one for windows without weights.
 */
export const wasmModules = ["float32", "float64", "integers", "gradients", "windows"] as const;
export type WasmModule = (typeof wasmModules)[number];

/** The modules in which relaxed SIMD fuses multiplications and additions; the others are built once. */
type FusedModule = "float32" | "float64" | "gradients";

/** A compiled module, as workers receive it. */
export interface LoadedModule {
  readonly name: WasmModule;
  readonly compiled: WebAssembly.Module;
}

/** The file of a module for an instruction set: dist/corr2d-NAME.wasm. */
export type WasmFile = `${FusedModule}-${"relaxed" | "simd"}` | Exclude<WasmModule, FusedModule>;

export function wasmFile(module: WasmModule, isa: WasmIsa): WasmFile {
  if (module === "integers" || module === "windows") return module;
  return `${module}-${isa === "relaxed-simd" ? "relaxed" : "simd"}`;
}

export type ConvModule = Exclude<WasmModule, "gradients" | "windows">;

/** Returns the module that computes a convolution. */
export function convModule({ dtype }: Pick<ConvSpec, "dtype">): ConvModule {
  return isInteger(dtype) ? "integers" : (dtype as FloatDType);
}

/** Linear memory below this address holds the static data of all modules. */
export const staticEnd = 8192;

/** The names of the modules' exports that compute something. */
export const wasmKernels = [
  ...["float32.run", "float64.run", "integers.run", "gradients.run"],
  ...["windows.pool", "windows.poolGrad", "windows.unfold", "windows.fold"],
] as readonly WasmKernel[];

export type WasmKernel =
  | `${ConvModule | "gradients"}.run`
  | `windows.${"pool" | "poolGrad" | "unfold" | "fold"}`;

export const moduleOf = (kernel: WasmKernel): WasmModule => kernel.split(".")[0] as WasmModule;

/** A kernel. Operands that it does not use are 0; the module's source says what the numbers mean. */
export type RunKernel = (
  head: number,
  a: number,
  b: number,
  out: number,
  workspace: number,
  ...numbers: number[]
) => void;

/** Further exports of the modules for convolutions. */
export interface ConvExports {
  channelUnit(): number;
  pack(plan: number, weights: number, scratch: number): void;
}
