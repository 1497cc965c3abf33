// SPDX-License-Identifier: MIT
// Removes the files that an earlier build of src/ left in dist/, so that no file of a deleted source gets packed.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
for (const entry of existsSync(dist) ? readdirSync(dist) : []) {
  if (!entry.endsWith(".wasm")) rmSync(dist + entry, { recursive: true });
}
