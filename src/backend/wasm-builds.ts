// SPDX-License-Identifier: MIT
import { platform } from "../platform/platform.ts";

/** The builds of assembly/ by the instructions that they need, best first. */
export const wasmIsas = ["relaxed-simd", "simd128"] as const;
export type WasmIsa = (typeof wasmIsas)[number];

/** `(func (result v128) (f32x4.relaxed_madd ...))`: the smallest module that needs relaxed SIMD. */
const relaxedProbe = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x13, 0x01, 0x11, 0x00],
  ...[0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x85, 0x02, 0x0b],
);

export function hasRelaxedSimd(): boolean {
  return typeof WebAssembly !== "undefined" && WebAssembly.validate(relaxedProbe);
}

/** What there is of them, best first, and in words why not more. Throws where there is no WebAssembly at all. */
export function findWasmBuilds(): { readonly isas: readonly WasmIsa[]; readonly reason: string } {
  const relaxed = hasRelaxedSimd();
  if (relaxed && loadBuild("relaxed-simd") !== undefined) {
    return { isas: wasmIsas, reason: "this runtime has relaxed SIMD" };
  }
  loadBuild("simd128");
  const reason = relaxed ? "the build for relaxed SIMD is not loaded" : "this runtime has no relaxed SIMD";
  return { isas: ["simd128"], reason };
}

/** Compiled once; undefined where the platform has not loaded it. */
export function loadBuild(isa: WasmIsa): WebAssembly.Module | undefined {
  let module = modules.get(isa);
  if (module === undefined) {
    module = platform().loadWasm(isa);
    if (module !== undefined) modules.set(isa, module);
  }
  return module;
}

const modules = new Map<WasmIsa, WebAssembly.Module>();
