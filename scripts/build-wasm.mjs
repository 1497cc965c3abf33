// SPDX-License-Identifier: MIT
// Compiles assembly/ into dist/corr2d-BUILD.wasm, once for each set of features; src/backend/wasm-builds.ts chooses.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("..", import.meta.url));
mkdirSync(`${root}/dist`, { recursive: true });
// What an earlier build left under another name would be packed.
for (const entry of readdirSync(`${root}/dist`)) {
  if (entry.endsWith(".wasm")) rmSync(`${root}/dist/${entry}`);
}

const builds = {
  simd: ["--enable", "simd"],
  relaxed: ["--enable", "simd", "--enable", "relaxed-simd"],
};

for (const [build, features] of Object.entries(builds)) {
  const { error, stderr } = await asc.main([
    "assembly/index.ts",
    ...["--baseDir", root],
    ...["--outFile", `dist/corr2d-${build}.wasm`],
    ...["-O3", "--converge", "--noAssert"],
    ...["--runtime", "stub"],
    ...features,
    // The wrapper makes the memory, and owns what lies above the few static bytes.
    ...["--importMemory", "--noExportMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
  ]);
  if (error) {
    console.error(stderr.toString());
    console.error(error.message);
    process.exit(1);
  }
}
