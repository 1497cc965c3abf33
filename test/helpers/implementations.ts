// SPDX-License-Identifier: MIT
// What must be there on this machine, from the processor's own description: backends() is not asked, so that a
// backend or instruction set that goes missing fails its tests instead of silently dropping them.
import { readFileSync } from "node:fs";
import type { Implementation } from "./check.ts";

const needed: Record<string, readonly string[]> = {
  "avx512-vnni": ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"],
  avx512: ["avx512f", "avx512bw", "avx512dq", "avx512vl"],
  avx2: ["avx2", "fma"],
  sse2: ["sse2"],
};

/** Flags of the processor; only Linux tells. */
function processorFlags(): Set<string> {
  try {
    const line = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"));
    return new Set(line === null ? [] : line[1].trim().split(/\s+/));
  } catch {
    return new Set();
  }
}

/** The instruction sets that the native backend must offer here, best first. */
export function expectedNativeIsas(): string[] {
  if (process.arch === "arm64") return ["neon"];
  if (process.arch !== "x64") return [];
  const flags = processorFlags();
  // Every x64 has SSE2; without a list of flags nothing more can be demanded.
  return Object.keys(needed).filter((isa) => isa === "sse2" || needed[isa].every((flag) => flags.has(flag)));
}

/** What the WebAssembly backend must offer here, best first: V8 has relaxed SIMD since 11.4 (Chrome 114). */
export function expectedWasmIsas(): string[] {
  const [major, minor] = process.versions.v8.split(".").map(Number);
  const relaxed = major > 11 || (major === 11 && minor >= 4);
  return relaxed ? ["relaxed-simd", "simd128"] : ["simd128"];
}

/** Every implementation that there must be here: integers are tested on all of them. */
export function integerImplementations(): Implementation[] {
  return [
    ...expectedNativeIsas().map((isa) => ({ backend: "native", isa }) as const),
    ...expectedWasmIsas().map((isa) => ({ backend: "wasm", isa }) as const),
    { backend: "reference", isa: "javascript" },
  ];
}

/**
 * Every implementation that must pass the conformance suite here. "avx512" is left out where there is "avx512-vnni",
 * from which it differs only in its kernels of integers.
 */
export function expectedImplementations(): Implementation[] {
  const all = integerImplementations();
  const hasVnni = all.some(({ isa }) => isa === "avx512-vnni");
  return all.filter(({ isa }) => !(hasVnni && isa === "avx512"));
}
