// SPDX-License-Identifier: MIT
// Compiles assembly/ into dist/corr2d.wasm.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("..", import.meta.url));
mkdirSync(`${root}/dist`, { recursive: true });

const { error, stderr } = await asc.main([
  "assembly/index.ts",
  ...["--baseDir", root],
  ...["--outFile", "dist/corr2d.wasm"],
  ...["-O3", "--converge", "--noAssert"],
  ...["--runtime", "stub"],
  ...["--enable", "simd"],
  // The wrapper makes the memory, and owns what lies above the few static bytes.
  ...["--importMemory", "--noExportMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
]);
if (error) {
  console.error(stderr.toString());
  console.error(error.message);
  process.exit(1);
}
