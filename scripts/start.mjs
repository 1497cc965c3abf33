// SPDX-License-Identifier: MIT
// `npm start`: finds the edges in a photograph and writes them to edges.png in the current folder.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const photo = fileURLToPath(new URL("../examples/photos/astronaut.jpg", import.meta.url));

if (!existsSync(cli)) {
  console.error("dist/cli.js is missing: run npm run build first");
  process.exit(1);
}
const input = relative(process.cwd(), photo);
const options = ["--kernel", "sobel", "--repeat", "31"];
const { status } = spawnSync(process.execPath, [cli, "filter", input, "edges.png", ...options], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
