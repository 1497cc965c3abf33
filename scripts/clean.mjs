// SPDX-License-Identifier: MIT
// Empties dist/ of what an earlier build of src/ left, so that no file of a source that is gone gets packed.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
for (const entry of existsSync(dist) ? readdirSync(dist) : []) {
  if (!entry.endsWith(".wasm")) rmSync(dist + entry, { recursive: true });
}
