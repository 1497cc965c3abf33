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
import { checkGradients, gradientOptions, prepare } from "./check-gradients.ts";
import { outputSizesOf } from "./gradient-oracle.ts";
import { operandsOf } from "./operands.ts";
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
  const library = (await import(/* @vite-ignore */ `${origin}/dist/browser.js`)) as Library;
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

/** Gradients against their definition, and those of weights from a worker against these. */
export async function gradients(isa: (typeof browserIsas)[number]): Promise<Outcome> {
  const { createEngine } = await load();
  const engine = await createEngine({ backend: "wasm", isa, threads: 1 });
  const some = cases.filter((c) => c.seed % 10 === 0);
  const failures = await collectFailures(
    some.flatMap((c) => dtypes.map((dtype) => ({ c, dtype }))),
    async ({ c, dtype }) => {
      checkGradients(engine, c, dtype);
      const { gradOutput } = prepare(c, dtype);
      const shape = [c.batch, c.inChannels, c.inHeight, c.inWidth];
      const x = { data: operandsOf(c, dtype).x, shape };
      const outer = { data: gradOutput, shape: [c.batch, c.outChannels, ...outputSizesOf(c)] };
      const kernel = [c.outChannels, c.inChannels / c.groups, c.kernelHeight, c.kernelWidth];
      const options = { ...gradientOptions(c), inputLayout: "nchw", filterLayout: "oihw" } as const;
      const here = engine.conv2dGradWeights(x, kernel, outer, options);
      const there = await engine.conv2dGradWeightsAsync(x, kernel, outer, options);
      const odd = here.data.findIndex((value, i) => !Object.is(value, there.data[i]));
      if (odd >= 0) throw new Error(`${dtype} case ${c.seed}: [${odd}] differs in a worker`);
    },
  );
  engine.dispose();
  return { cases: some.length, failures };
}

/** Async calls of a page that may have no workers. */
export async function alone() {
  const { backends, createEngine } = await load();
  const x = { data: new Float32Array(1_000_000).fill(1), shape: [1, 1, 1000, 1000] };
  const weights = { data: new Float32Array(625).fill(1), shape: [1, 1, 25, 25] };
  const values: number[] = [];
  let turns = 0;
  for (const backend of ["wasm", "reference"] as const) {
    const engine = await createEngine({ backend, threads: 2 });
    const timer = setInterval(() => turns++);
    const small = { data: x.data.subarray(0, 10_000), shape: [1, 1, 100, 100] };
    const { data } = await engine.conv2dAsync(backend === "wasm" ? x : small, weights, {
      algorithm: "direct",
    });
    values.push(data[0], data[data.length - 1]);
    clearInterval(timer);
    engine.dispose();
  }
  const signal = AbortSignal.abort();
  const aborted = await (await createEngine({ backend: "wasm" }))
    .conv2dAsync(x, weights, { signal })
    .catch(({ name }) => name);
  return { values, turns, aborted, reason: backends().find(({ name }) => name === "wasm")?.reason };
}

/** What `inWorker` finds in a worker of this page, and what the page itself may do. */
export async function isolated() {
  const { backends, createEngine } = await load();
  const engine = await createEngine({ backend: "wasm", threads: 2 });
  const { threads } = engine;
  engine.dispose();
  const source = `import { inWorker } from "${origin}/tests.js"; postMessage(await inWorker());`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  const found = await new Promise<Awaited<ReturnType<typeof inWorker>>>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.terminate();
  const wasm = backends().find(({ name }) => name === "wasm");
  return { isolated: crossOriginIsolated, threads, reason: wasm?.reason, worker: found };
}

/** Runs a layer that is worth two threads till a helper has been called; counts the workers that this takes. */
export async function inWorker() {
  let started = 0;
  let called = 0;
  const BrowserWorker = Worker;
  const { notify } = Atomics;
  globalThis.Worker = class extends BrowserWorker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      started++;
    }
  };
  Atomics.notify = ((array: Int32Array, index: number) => {
    called++;
    return notify(array, index);
  }) as typeof notify;
  const { createEngine } = await load();
  const shape = [1, 64, 56, 56];
  const weights = { data: new Float32Array(64 * 64 * 9).fill(0.5), shape: [64, 64, 3, 3] };
  const engine = await createEngine({ backend: "wasm", threads: 2 });
  const plan = engine.planConv2d(shape, weights, { padding: 1, algorithm: "im2col" });
  const x = engine.alloc(shape);
  x.data.fill(1);
  const values = new Set<number>();
  const run = () => values.add(plan.run(x).data[57]);
  run();
  // The worker's script is fetched by the event loop, which a loop of runs would block.
  for (const end = performance.now() + 20_000; called === 0 && performance.now() < end; run()) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (let i = 0; i < 20; i++) run();
  const { threads } = engine;
  engine.dispose();
  return { threads, started, called: called > 0, values: [...values] };
}

/** What a page can compute that leaves modules out, and once it has loaded them. Only in a page that has loaded none. */
export async function sparing() {
  const { conv2d, init } = (await import(/* @vite-ignore */ `${origin}/dist/browser.js`)) as Library;
  const twos = (array: Float32Array | Float64Array) => ({ data: array.fill(2), shape: [1, 1, 3, 40] });
  // Too much for the loop in TypeScript that serves the smallest calls.
  const attempt = (array: Float32Array | Float64Array): string | number => {
    try {
      return conv2d(twos(array), twos(array.slice()), { padding: [0, 0, 10, 10] }).data[10];
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  await init({ modules: [] });
  const before = [attempt(new Float32Array(120)), attempt(new Float64Array(120))];
  const files = performance.getEntriesByType("resource").map(({ name }) => name.replace(/.*\//, ""));
  await init({ modules: ["float64"] });
  return { before, after: attempt(new Float64Array(120)), files };
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

/** Trains in the page; the errors of corr2d/learn are those of corr2d. */
export async function learns(): Promise<{
  kernel: number[];
  backend: string;
  isOurs: boolean;
  name: string;
}> {
  const { Corr2dError } = await load();
  const path = `${origin}/dist/browser-learn.js`;
  const learn = (await import(/* @vite-ignore */ path)) as typeof import("corr2d/learn");
  const { kernel } = learn.learnKernel([[1, 0, 2]], [[-1, 2]], { shape: [1, 2] });
  try {
    new learn.Conv2d(0, 1, 3);
  } catch (error) {
    const { backend } = new learn.Relu().engine;
    return {
      kernel: [...kernel.data],
      backend,
      isOurs: error instanceof Corr2dError,
      name: (error as Error).name,
    };
  }
  throw new Error("a layer of no channels was made");
}
