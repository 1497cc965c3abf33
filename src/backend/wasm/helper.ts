// SPDX-License-Identifier: MIT
// The protocol between the calling thread and its helpers, and the helpers' side of it; team.ts is the other side.
import { type RunKernel, type WasmModule, wasmKernels, wasmModules } from "./modules.ts";

/** A kernel's place in `wasmKernels`, and its arguments. The workspace is inserted behind `out`. */
export type Job = readonly [
  kernel: number,
  head: number,
  a: number,
  b: number,
  out: number,
  ...numbers: number[],
];

export interface HelpRequest {
  /** The modules loaded so far, at their places in `wasmModules`. */
  readonly modules: readonly (WebAssembly.Module | undefined)[];
  readonly memory: WebAssembly.Memory;
  /** The memory that {@link layout} divides up. */
  readonly shared: Int32Array;
  /** This helper's number. */
  readonly helper: number;
}

/**
 * The states of a helper. Only an `idle` helper is called, and only a `called` one begins to work. A helper that is set
 * back to `starting` continues when it gets another request, with more modules.
 */
export const state = { idle: 0, called: 1, working: 2, starting: 3, gone: 4, failed: 5 } as const;

/** Places that all threads share: the next job to take, and the number of jobs. */
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
  /** 0 until the job is finished, then 1, or -1 if it failed. */
  done: (job: number) => firstDone + job,
  job: (job: number) => firstJob + job * jobWords,
  state: (helper: number) => firstHelper + helper * helperWords,
  workspace: (helper: number) => firstHelper + helper * helperWords + 1,
  length: (helpers: number) => firstHelper + helpers * helperWords,
} as const;

/** A helper ends after this long without a call. */
export const idleMilliseconds = 2000;
/** A helper polls for this long before it sleeps; waking takes about as long. */
const patienceMilliseconds = 0.1;

/**
 * Works when called. Returns true if the helper is to end, after a long idle time or when told to, and false if it is
 * to wait for another request.
 */
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
