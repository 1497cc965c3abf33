// SPDX-License-Identifier: MIT
// The conformance cases in every runtime that the package is for, each from npm and in a process of its own.
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root, run } from "../helpers/child.ts";
import { expectedNativeIsas } from "../helpers/implementations.ts";

interface Runtime {
  /** What npm calls it. */
  readonly spec: string;
  readonly binary: string;
  readonly args?: readonly string[];
  /** Builds of the WebAssembly module that it must run. */
  readonly wasm: readonly string[];
}

const node = "node_modules/node/bin/node";
const relaxed = ["relaxed-simd", "simd128"];
const runtimes: readonly Runtime[] = [
  { spec: "node@20", binary: node, wasm: ["simd128"] },
  { spec: "node@22", binary: node, wasm: relaxed },
  { spec: "node@24", binary: node, wasm: relaxed },
  { spec: "node@26", binary: node, wasm: relaxed },
  { spec: "bun@1", binary: "node_modules/bun/bin/bun.exe", wasm: relaxed },
  { spec: "deno@2", binary: "node_modules/deno/deno", args: ["run", "--allow-all"], wasm: relaxed },
];

let folder: string;

/** Installed once for all runs of the suite. */
async function install({ spec, binary }: Runtime): Promise<string> {
  const prefix = join(root, "node_modules", ".cache", "corr2d-runtimes", spec);
  const path = join(prefix, binary);
  if (!existsSync(path)) {
    mkdirSync(prefix, { recursive: true });
    const { code, stderr } = await run(
      "npm",
      ["install", "--prefix", prefix, "--no-audit", "--no-fund", "--foreground-scripts", spec],
      { cwd: prefix, timeout: 180_000 },
    );
    expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
  }
  return path;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "corr2d-runtimes-"));
  await build({
    entryPoints: [fileURLToPath(new URL("../helpers/runtime.ts", import.meta.url))],
    outfile: join(folder, "runtime.js"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    external: ["corr2d"],
  });
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "corr2d"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(runtimes)(
  "$spec conforms on every backend",
  async (runtime) => {
    const path = await install(runtime);
    const args = [...(runtime.args ?? []), join(folder, "runtime.js"), "native", "wasm", "reference"];
    const { code, stdout, stderr } = await run(path, args, { cwd: folder, timeout: 600_000 });
    expect(stdout, stderr).toContain("{");
    const report = JSON.parse(stdout.trim().split("\n").at(-1) as string);
    expect(report.failures).toEqual([]);
    expect(report.cases).toBeGreaterThanOrEqual(300);
    expect(report.tested).toEqual([
      ...expectedNativeIsas().map((isa) => `native ${isa}`),
      ...runtime.wasm.map((isa) => `wasm ${isa}`),
      "reference javascript",
    ]);
    expect(code).toBe(0);
  },
  800_000,
);
