// SPDX-License-Identifier: MIT
// `npm run bench`: bundles the TypeScript in this folder, which Node 20 cannot run, and runs it. Packages stay outside
// the bundle, "corr2d" among them: what is measured is what ships, dist/.
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = `${root}build/bench`; // inside the package, so that "corr2d" resolves to it

if (!existsSync(`${root}dist/index.js`)) {
  console.error("dist/ is missing: run npm run build first");
  process.exit(1);
}
await build({
  absWorkingDir: root,
  entryPoints: ["main", "child", "contender"].map((name) => `bench/harness/${name}.ts`),
  outdir,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20.19",
  sourcemap: "inline",
  logLevel: "warning",
});
await import(pathToFileURL(`${outdir}/main.js`).href);
