// SPDX-License-Identifier: MIT
import { platform, type WorkerPort } from "../platform.ts";
import type { Request } from "../workers/messages.ts";
import { control, idleMilliseconds, type Job, layout, state } from "./helper.ts";
import { type WasmModule, wasmModules } from "./modules.ts";

/** Helper threads, each with instances of its own on one shared memory. */
export interface Team {
  /** Gives a module to helpers when they next start or are re-equipped. */
  add(name: WasmModule, module: WebAssembly.Module): void;
  /**
   * Counts the helpers that can work with an added module now. Starts or equips the others for later calls, as that
   * takes a while.
   */
  muster(name: WasmModule): number;
  /**
   * Does all jobs on the calling thread and on helpers. `done(i)` is called on the calling thread once job i is
   * finished, while helpers go on with others. The first of `workspaces` is for the calling thread, the others are for
   * the helpers that `muster` counted.
   */
  run(
    jobs: readonly Job[],
    workspaces: readonly number[],
    own: (job: Job) => void,
    done: (i: number) => void,
  ): void;
  /** Ends the helpers. */
  dispose(): void;
}

/** How many times to look for a change before sleeping. */
const patience = 20_000;

export function createTeam(memory: WebAssembly.Memory, size: number): Team {
  const shared = new Int32Array(new SharedArrayBuffer(4 * layout.length(size)));
  const ports: (WorkerPort | undefined)[] = Array.from({ length: size }, () => undefined);
  for (let i = 0; i < size; i++) shared[layout.state(i)] = state.gone;
  const modules: (WebAssembly.Module | undefined)[] = wasmModules.map(() => undefined);
  /** The modules that each helper was given. */
  const known: (readonly (WebAssembly.Module | undefined)[])[] = [];
  let disposed = false;

  const request = (port: WorkerPort, helper: number): void => {
    known[helper] = [...modules];
    const message: Request = { type: "help", modules: known[helper], memory, shared, helper };
    port.post(message, []);
  };

  const start = (helper: number): void => {
    Atomics.store(shared, layout.state(helper), state.starting);
    let port: WorkerPort | undefined;
    try {
      port = platform().startWorker();
      ports[helper] = port;
      // A helper may end at any time; the next run starts another one.
      port.onError(() => {
        if (ports[helper] !== port) return;
        ports[helper] = undefined;
        const begun = Atomics.load(shared, layout.state(helper)) !== state.starting;
        Atomics.store(shared, layout.state(helper), begun ? state.gone : state.failed);
      });
      request(port, helper);
    } catch {
      // If no worker can be started, the calling thread does all the work.
      ports[helper] = undefined;
      port?.terminate();
      Atomics.store(shared, layout.state(helper), state.failed);
    }
  };

  /** The helpers counted by the last muster. A helper that is ready only later has no workspace. */
  let ready: number[] = [];

  /** Sends a helper more modules. It reads the request once it has returned from `help`. */
  const equip = (helper: number): void => {
    const port = ports[helper];
    const at = layout.state(helper);
    if (port === undefined || Atomics.compareExchange(shared, at, state.idle, state.starting) !== state.idle)
      return;
    Atomics.notify(shared, at);
    try {
      request(port, helper);
    } catch {
      ports[helper] = undefined;
      port.terminate();
      Atomics.store(shared, at, state.failed);
    }
  };

  const muster = (name: WasmModule): number => {
    const module = wasmModules.indexOf(name);
    ready = [];
    for (let i = 0; i < size; i++) {
      const now = Atomics.load(shared, layout.state(i));
      if (now === state.idle && known[i][module] === undefined) equip(i);
      else if (now === state.idle) ready.push(i);
      else if (now === state.gone && !disposed) start(i);
    }
    return ready.length;
  };

  /** Sends helpers that have not begun back to sleep, and waits for the others. */
  const dismiss = (): void => {
    for (let i = 0; i < size; i++) {
      const at = layout.state(i);
      Atomics.compareExchange(shared, at, state.called, state.idle);
      waitWhile(shared, at, state.working);
    }
  };

  const run: Team["run"] = (jobs, workspaces, own, done) => {
    jobs.forEach((job, i) => {
      shared.set(job, layout.job(i));
      Atomics.store(shared, layout.done(i), 0);
    });
    Atomics.store(shared, control.next, 0);
    Atomics.store(shared, control.count, jobs.length);
    ready.forEach((helper, i) => {
      shared[layout.workspace(helper)] = workspaces[i + 1];
      const at = layout.state(helper);
      if (Atomics.compareExchange(shared, at, state.idle, state.called) === state.idle) {
        Atomics.notify(shared, at);
      }
    });
    const open = new Set<number>();
    for (let i = 0; i < jobs.length; i++) open.add(i);
    const collect = (): void => {
      for (const i of open) {
        const outcome = Atomics.load(shared, layout.done(i));
        if (outcome === 0) continue;
        if (outcome < 0) throw new Error("a helper thread failed");
        open.delete(i);
        done(i);
      }
    };
    try {
      for (;;) {
        collect();
        const i = Atomics.add(shared, control.next, 1);
        if (i >= jobs.length) break;
        own(jobs[i]);
        open.delete(i);
        done(i);
      }
      while (open.size > 0) {
        const [i] = open;
        waitWhile(shared, layout.done(i), 0);
        collect();
      }
    } finally {
      // Even after a failure, no helper may go on working in this memory.
      Atomics.store(shared, control.next, jobs.length);
      dismiss();
    }
  };

  return {
    add(name, module) {
      modules[wasmModules.indexOf(name)] = module;
    },
    muster,
    run,
    dispose() {
      disposed = true;
      ports.forEach((port, i) => {
        Atomics.store(shared, layout.state(i), state.gone);
        port?.terminate();
      });
    },
  };
}

/** Polls for a while, then sleeps until `shared[at]` is no longer `value`. */
function waitWhile(shared: Int32Array, at: number, value: number): void {
  for (let i = 0; i < patience; i++) if (Atomics.load(shared, at) !== value) return;
  while (Atomics.load(shared, at) === value) Atomics.wait(shared, at, value, idleMilliseconds);
}
