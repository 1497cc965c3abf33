// SPDX-License-Identifier: MIT
// The generated cases as a program: `npm run test:fuzz -- --seconds 600 --seed 7`, or `--cases` of each operator.
import { parseArgs } from "node:util";
import { createEngine } from "corr2d";
import { expectedImplementations } from "../helpers/implementations.ts";
import { families } from "./families.ts";
import { type Opened, runFamily } from "./run.ts";

// The last two are for scripts/fuzz.mjs.
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    cases: { type: "string" },
    only: { type: "string", default: "" },
    backend: { type: "string", default: "" },
    package: { type: "string" },
    address: { type: "boolean" },
  },
});
const seed = Number(values.seed);
const limit = values.cases === undefined ? Number(values.seconds) : Number.POSITIVE_INFINITY;
if (!Number.isInteger(seed) || !(limit > 0)) throw new Error("Expected numbers for --seconds and --seed");

const wanted = families.filter(({ name }) => name.includes(values.only));
const implementations = expectedImplementations().filter(({ backend }) => backend.includes(values.backend));
const opened: Opened[] = await Promise.all(
  implementations.map(async (implementation) => ({
    implementation,
    engine: await createEngine({ ...implementation, threads: 1 }),
  })),
);
const names = implementations.map(({ backend, isa }) => `${backend} ${isa}`);
console.log(`seed ${seed}: ${wanted.length} operators on ${names.join(", ")}`);

/** Each operator in turn, some cases at a time, each time with a seed of its own. */
const share = values.cases === undefined ? 100 : Number(values.cases);
const start = performance.now();
const seconds = () => (performance.now() - start) / 1000;
const failures = new Map<string, string>();
let ran = 0;
for (let round = 0; seconds() < limit && (values.cases === undefined || round === 0); round++) {
  for (const family of wanted) {
    if (seconds() >= limit || failures.has(family.name)) continue;
    const failure = await runFamily(family, opened, (seed + round * 7919) | 0, share, () => {
      ran++;
    });
    if (failure === null) continue;
    failures.set(family.name, failure);
    console.log(`\n${failure}\n`);
  }
  if (failures.size === wanted.length) break;
}
for (const { engine } of opened) engine.dispose();
const rate = Math.round(ran / seconds());
console.log(`${ran} cases in ${seconds().toFixed(1)} s, ${rate} a second; ${failures.size} operators failed`);
process.exitCode = failures.size === 0 ? 0 : 1;
