// SPDX-License-Identifier: MIT
// What the calling thread and its helpers agree on, and what a helper does; wasm-team.ts is the calling thread's side.
import { type RunKernel, type WasmModule, wasmKernels, wasmModules } from "./modules.ts";

/** A kernel, by its place in `wasmKernels`, and its arguments but for the workspace, which stands behind `out`. */
export type Job = readonly [
  kernel: number,
  head: number,
  a: number,
  b: number,
  out: number,
  ...numbers: number[],
];

export interface HelpRequest {
  /** By their places in `wasmModules`, as far as they were needed yet. */
  readonly modules: readonly (WebAssembly.Module | undefined)[];
  readonly memory: WebAssembly.Memory;
  /** Laid out as {@link layout} says. */
  readonly shared: Int32Array;
  /** Number of this helper. */
  readonly helper: number;
}

/**
 * What a helper is about. Only `idle` helpers are called, and only a `called` one begins to work. One that is set back
 * to `starting` goes on when it has got another request, with more modules.
 */
export const state = { idle: 0, called: 1, working: 2, starting: 3, gone: 4, failed: 5 } as const;

/** Places that all share: the next job to take, and how many there are. */
export const control = { next: 0, count: 1 } as const;

const mostJobs = 64;
const jobWords = 10;
const firstDone = 16;
const firstJob = firstDone + mostJobs;
const firstHelper = firstJob + mostJobs * jobWords;
/** Helpers watch places in different cache lines. */
const helperWords = 16;

export const layout = {
  mostJobs,
  /** 0 till a job is finished, then 1, or -1 where it failed. */
  done: (job: number) => firstDone + job,
  job: (job: number) => firstJob + job * jobWords,
  state: (helper: number) => firstHelper + helper * helperWords,
  workspace: (helper: number) => firstHelper + helper * helperWords + 1,
  length: (helpers: number) => firstHelper + helpers * helperWords,
} as const;

/** A helper that was not called for so long ends. */
export const idleMilliseconds = 2000;
/** How long a helper looks for its next call before it sleeps: waking takes about as long. */
const patienceMilliseconds = 0.1;

/** Works when called. Returns whether that was all: when it was not called for a long while, or is told so. */
export function help({ modules, memory, shared, helper }: HelpRequest): boolean {
  const instances = new Map<WasmModule, WebAssembly.Exports>();
  const kernelOf = (kernel: number): RunKernel => {
    const [module, name] = wasmKernels[kernel].split(".") as [WasmModule, string];
    let exports = instances.get(module);
    if (exports === undefined) {
      const compiled = modules[wasmModules.indexOf(module)] as WebAssembly.Module;
      exports = new WebAssembly.Instance(compiled, { env: { memory } }).exports;
      instances.set(module, exports);
    }
    return exports[name] as unknown as RunKernel;
  };
  const at = layout.state(helper);
  Atomics.compareExchange(shared, at, state.starting, state.idle);
  for (;;) {
    const until = performance.now() + patienceMilliseconds;
    while (Atomics.load(shared, at) === state.idle && performance.now() < until);
    const outcome = Atomics.wait(shared, at, state.idle, idleMilliseconds);
    if (Atomics.compareExchange(shared, at, state.called, state.working) === state.called) {
      let after: number = state.gone;
      try {
        work(kernelOf, shared, shared[layout.workspace(helper)]);
        after = state.idle;
      } finally {
        Atomics.store(shared, at, after);
        Atomics.notify(shared, at);
      }
    } else if (outcome === "timed-out") {
      if (Atomics.compareExchange(shared, at, state.idle, state.gone) === state.idle) return true;
    } else {
      const now = Atomics.load(shared, at);
      if (now === state.gone || now === state.starting) return now === state.gone;
    }
  }
}

function work(kernelOf: (kernel: number) => RunKernel, shared: Int32Array, workspace: number): void {
  const count = Atomics.load(shared, control.count);
  for (;;) {
    const i = Atomics.add(shared, control.next, 1);
    if (i >= count) return;
    let outcome = -1;
    try {
      const job = layout.job(i);
      const [kernel, head, a, b, out, ...numbers] = shared.subarray(job, job + jobWords);
      kernelOf(kernel)(head, a, b, out, workspace, ...numbers);
      outcome = 1;
    } finally {
      Atomics.store(shared, layout.done(i), outcome);
      Atomics.notify(shared, layout.done(i));
    }
  }
}
