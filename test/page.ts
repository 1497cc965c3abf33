// SPDX-License-Identifier: MIT
// What browser.test.ts runs inside a page: the conformance cases, on the library as browsers load it.
import { convCases } from "./cases.ts";
import {
  algorithms,
  browserIsas,
  checkBits,
  checkCase,
  collectFailures,
  dtypes,
  type Implementation,
} from "./check.ts";
import { checkSpecialValues } from "./special.ts";

type Library = typeof import("corr2d");

/** What failed, and how many checks there were. */
export interface Outcome {
  readonly cases: number;
  readonly failures: string[];
}

const cases = convCases();

/** Loads the library from where the page's server has it. */
async function load(): Promise<Library> {
  const library = (await import(
    /* @vite-ignore */ new URL("/dist/browser.js", location.href).href
  )) as Library;
  await library.init();
  return library;
}

/** The cases of one algorithm and type. */
export async function conformance(
  isa: (typeof browserIsas)[number],
  algorithm: (typeof algorithms)[number],
  dtype: (typeof dtypes)[number],
): Promise<Outcome> {
  const { createEngine } = await load();
  const wasm: Implementation = { backend: "wasm", isa };
  const engine = await createEngine({ ...wasm, threads: 1 });
  const failures = [
    ...(await collectFailures(cases, (c) => checkCase(engine, wasm, c, algorithm, dtype))),
    ...(await collectFailures(cases, (c) => checkCase(engine, wasm, c, algorithm, dtype, "integers"))),
    ...(await collectFailures(checkSpecialValues(engine, algorithm, dtype), (check) => check())),
  ];
  engine.dispose();
  return { cases: cases.length, failures };
}

/** Asynchronous runs give the bits of synchronous ones, on one worker and two. */
export async function workers(): Promise<Outcome> {
  const { createEngine } = await load();
  const wasm: Implementation = { backend: "wasm", isa: browserIsas[0] };
  const engines = [await createEngine({ ...wasm, threads: 1 }), await createEngine({ ...wasm, threads: 2 })];
  const some = cases.filter((c) => c.seed % 10 === 0);
  const failures: string[] = [];
  for (const algorithm of algorithms) {
    for (const dtype of dtypes) {
      failures.push(...(await collectFailures(some, (c) => checkBits(engines, wasm, c, algorithm, dtype))));
    }
  }
  for (const engine of engines) engine.dispose();
  return { cases: some.length, failures };
}

/** The chapter's example on the default engine, and what the library says of its backends. */
export async function defaults() {
  const { backends, corr2d, createEngine } = await load();
  const { backend, isa } = await createEngine();
  const x = [
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
  ];
  const kernel = [
    [0, 1],
    [2, 3],
  ];
  return { backend, isa, backends: backends(), chapter: corr2d(x, kernel).toArray() };
}
