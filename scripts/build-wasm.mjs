// SPDX-License-Identifier: MIT
// Compiles each file of assembly/modules/ into dist/corr2d-NAME-simd.wasm and dist/corr2d-NAME-relaxed.wasm, or, where
// relaxed SIMD makes no difference, into one dist/corr2d-NAME.wasm. src/backend/wasm/modules.ts lists them.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("..", import.meta.url));
mkdirSync(`${root}/dist`, { recursive: true });
// A file that an earlier build left under another name would get into the package.
for (const entry of readdirSync(`${root}/dist`)) {
  if (entry.endsWith(".wasm")) rmSync(`${root}/dist/${entry}`);
}

const builds = {
  simd: ["--enable", "simd"],
  relaxed: ["--enable", "simd", "--enable", "relaxed-simd"],
};

/**
 * Most pages load these modules. Only functions that say so, and tiny ones, are inlined here; those of hot loops do.
 * Nothing was slower for it, and the compressed size is 11 % less.
 */
const shrunk = new Set(["float32", "float64", "gradients"]);
/** These passes merge the locals that others left, and number them by their use. */
const shrinking = ["--shrinkLevel", "1", "--runPasses", "coalesce-locals,reorder-locals"];

/** All modules share one memory. Their static data follow each other and end below staticEnd, see wasm/modules.ts. */
let staticBase = 1024;
const staticEnd = 8192;

async function compile(name, build) {
  const file = `dist/corr2d-${name}-${build}.wasm`;
  const { error, stderr } = await asc.main([
    `assembly/modules/${name}.ts`,
    ...["--baseDir", root],
    ...["--outFile", file],
    ...["-O3", "--converge", "--noAssert"],
    ...(shrunk.has(name) ? shrinking : []),
    ...["--runtime", "stub"],
    ...builds[build],
    ...["--memoryBase", String(staticBase)],
    // The wrapper makes the memory, and owns all of it above the static data.
    ...["--importMemory", "--noExportMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
  ]);
  if (error) {
    console.error(stderr.toString());
    throw error;
  }
  return `${root}/${file}`;
}

function endOfData(file) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {
    env: { memory },
  });
  return exports.heapBase();
}

for (const source of readdirSync(`${root}/assembly/modules`).sort()) {
  const name = source.replace(/\.ts$/, "");
  const simd = await compile(name, "simd");
  const relaxed = await compile(name, "relaxed");
  if (readFileSync(simd).equals(readFileSync(relaxed))) {
    rmSync(relaxed);
    renameSync(simd, `${root}/dist/corr2d-${name}.wasm`);
    staticBase = endOfData(`${root}/dist/corr2d-${name}.wasm`);
  } else {
    // Both builds have the same data, and Node 20 cannot load the relaxed one.
    staticBase = endOfData(simd);
  }
  if (staticBase > staticEnd)
    throw new Error(`static data of ${name} end at ${staticBase}, beyond ${staticEnd}`);
}
