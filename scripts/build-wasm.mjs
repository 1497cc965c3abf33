// SPDX-License-Identifier: MIT
// Compiles each file of assembly/modules/ into dist/corr2d-NAME-simd.wasm and dist/corr2d-NAME-relaxed.wasm, or, where
// relaxed SIMD makes no difference, into one dist/corr2d-NAME.wasm. src/backend/wasm/modules.ts lists them.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
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

/**
 * What most pages load. Functions are inlined here only where they say so, or are tiny: those of hot loops do, after
 * which nothing was slower, and 11 % less when compressed.
 */
const shrunk = new Set(["float32", "float64", "gradients"]);
/** Locals that the last passes left are merged, and numbered by their use. */
const shrinking = ["--shrinkLevel", "1", "--runPasses", "coalesce-locals,reorder-locals"];

/** All modules share one memory: where the next one's static data go, and where all must end, as wasm-modules.ts has it. */
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
    // The wrapper makes the memory, and owns what lies above the static data.
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
    // Both have the same data, but Node 20 cannot load the other one.
    staticBase = endOfData(simd);
  }
  if (staticBase > staticEnd)
    throw new Error(`static data of ${name} end at ${staticBase}, beyond ${staticEnd}`);
}
