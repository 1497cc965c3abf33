// SPDX-License-Identifier: MIT
import { spawnSync } from "node:child_process";
import { programFile } from "./installed.ts";

/** GFLOP/s of multiply-adds in registers alone, by ISA; empty where the program has not been built. */
export function measurePeaks(threads: number): Record<string, number> {
  const { status, stdout } = spawnSync(programFile("peak"), [`${threads}`], { encoding: "utf8" });
  return status === 0 ? (JSON.parse(stdout) as Record<string, number>) : {};
}
