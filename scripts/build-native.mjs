// SPDX-License-Identifier: MIT
// Builds the addon for this machine with node-gyp and puts it where the package looks for it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const nodeGyp = createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
execFileSync(process.execPath, [nodeGyp, "rebuild", "--jobs=max", "--loglevel=warn"], {
  cwd: root,
  stdio: "inherit",
});

const folder = `${root}prebuilds/${process.platform}-${process.arch}`;
mkdirSync(folder, { recursive: true });
cpSync(`${root}build/Release/corr2d.node`, `${folder}/corr2d.node`);
console.log(`built ${folder}/corr2d.node`);
