// SPDX-License-Identifier: MIT
// Bundles test/generated/fuzz.ts and runs it: `npm run test:fuzz -- --seconds 600 --seed 7`. With `--package FOLDER` on
// the package there rather than on dist/; with `--address` the addon there is one under AddressSanitizer.
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const { values } = parseArgs({
  options: { package: { type: "string" }, address: { type: "boolean", default: false } },
  strict: false,
});
const root = fileURLToPath(new URL("..", import.meta.url));
const bundle = `${values.package ?? `${root}build-test`}/fuzz.mjs`;
await build({
  entryPoints: [`${root}test/generated/fuzz.ts`],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "esm",
  // Node finds the package by its own name, from the folder that the bundle is in.
  external: ["corr2d", "fast-check"],
});

/** Node itself is not sanitized, so the sanitizer is preloaded. Memory that V8 keeps at the end is no leak of ours. */
function sanitizer() {
  const compiler = process.env.CXX ?? "g++";
  const library = execFileSync(compiler, ["-print-file-name=libasan.so"], { encoding: "utf8" });
  return { LD_PRELOAD: library.trim(), ASAN_OPTIONS: "detect_leaks=0" };
}
const { status } = spawnSync(process.execPath, [bundle, ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, ...(values.address && sanitizer()) },
});
process.exitCode = status ?? 1;
