// SPDX-License-Identifier: MIT

import { elementTypeOf, type TypedArray } from "../../dtype.ts";
import { Corr2dError } from "../../errors.ts";
import { transferable } from "../../input/arrays.ts";
import type { Operand, Task } from "../../spec/task.ts";
import type { Prepared } from "../backend.ts";
import { platform, type WorkerPort } from "../platform.ts";
import type { LoadedModule } from "../wasm/modules.ts";
import type { OutputShape, Request, Response, WorkerBackend, WorkerTask } from "./messages.ts";
import { inTurns } from "./turns.ts";

/** A worker that is still busy this long after an abort is replaced; starting a worker takes as long. */
const graceMilliseconds = 50;

/** A worker ends after this long without work. Until then it keeps its engine alive, even one that was forgotten. */
const idleMilliseconds = 10_000;

let failure: string | undefined;

/** Says why work off the event loop runs on the calling thread, as far as that is known; undefined if it does not. */
export function whyNoWorkers(): string | undefined {
  return platform().whyNoWorkers() ?? failure;
}

type InSteps = (...operands: Parameters<Prepared["run"]>) => Iterable<void>;

/**
 * Workers that compute off the event loop. They are started when needed, and idle ones keep no process alive. If none
 * can be started, the calling thread does the work in steps, between the turns of its event loop.
 */
export interface WorkerPool {
  /**
   * Adds a task.
   *
   * @param inSteps computes the task on the calling thread
   * @param module returns the module for workers; the first run calls it
   */
  add(task: Task, inSteps: InSteps, module?: () => LoadedModule | undefined): PooledTask;
  /** Ends all workers once the work under way is finished. */
  dispose(): void;
}

/** A task that workers prepare when they first run it. */
export interface PooledTask {
  /**
   * Computes like `runAsync` of a {@link Prepared}. An input's buffer that holds nothing else is transferred to the
   * worker, and so detached. Rejects with `signal.reason` at once after an abort, and with BACKEND_FAILED if the worker
   * dies.
   */
  readonly run: Prepared["runAsync"];
  /** Lets workers forget the task when its last run has ended. */
  release(): void;
}

interface Plan {
  readonly id: number;
  readonly source: WorkerTask;
  pending: number;
  released: boolean;
}

interface Job {
  readonly plan: Plan;
  readonly request: Request;
  /** Arrays of the request whose buffers are transferred to the worker. */
  readonly inputs: readonly TypedArray[];
  readonly outputs: readonly Operand[];
  readonly signal: AbortSignal | undefined;
  /** Computes the outputs on the calling thread. */
  inSteps(): Iterable<void>;
  /** Settles the caller's promise; only the first call counts. */
  readonly settle: (error?: unknown) => void;
  /** Whether nobody waits for the result any more. */
  aborted: boolean;
}

interface Helper {
  readonly port: WorkerPort;
  /** Ids of the plans that it knows. */
  readonly plans: Set<number>;
  /** Whether it has answered. Before that, it may turn out that it cannot start. */
  isReady: boolean;
  /** The job it is working on. An aborted job stays until its answer arrives. */
  job: Job | undefined;
  /** Ends the worker unless something happens before. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Creates a pool of at most `size` workers that compute on the given backend. */
export function createWorkerPool(on: WorkerBackend, size: number): WorkerPool {
  const helpers = new Set<Helper>();
  const queue: Job[] = [];
  let nextId = 0;
  let disposed = false;
  /** The most workers there may be: fewer than asked for once a start has failed. */
  let most = size;

  const start = (): void => {
    let port: WorkerPort | undefined;
    try {
      port = platform().startWorker();
      const helper: Helper = { port, plans: new Set(), isReady: false, job: undefined, timer: undefined };
      port.onMessage((message) => answered(helper, message as Response));
      port.onError((cause) => {
        if (!helper.isReady && helpers.delete(helper)) {
          notStarted(cause);
          dispatch();
          return;
        }
        const message = `${on.backend} lost the worker that was computing: ${cause.message}`;
        remove(helper, new Corr2dError("BACKEND_FAILED", message, { cause }));
      });
      post(port, { type: "open", on });
      // A job waits for this worker.
      port.ref();
      helpers.add(helper);
    } catch (cause) {
      port?.terminate();
      notStarted(cause as Error);
    }
  };

  const notStarted = (cause: Error): void => {
    most = helpers.size;
    if (most === 0) failure = `no worker starts: ${cause.message.split("\n", 1)[0]}`;
  };

  /** Ends a worker, and settles its job with `error` unless that is settled already. */
  const remove = (helper: Helper, error: unknown): void => {
    if (!helpers.delete(helper)) return;
    clearTimeout(helper.timer);
    helper.port.terminate();
    helper.job?.settle(error);
    dispatch();
  };

  const answered = (helper: Helper, response: Response): void => {
    const { job } = helper;
    if (!helpers.has(helper)) return;
    if (response.type === "ready") {
      helper.isReady = true;
      rest(helper);
      dispatch();
      return;
    }
    if (job === undefined) return;
    rest(helper);
    if (response.type === "failed") {
      job.settle(new Corr2dError(response.code, response.message, { cause: response.cause }));
    } else if (!job.aborted) {
      response.outputs.forEach((output, i) => {
        if (output !== null) job.outputs[i]?.set(output);
      });
      job.settle();
    }
    dispatch();
  };

  const rest = (helper: Helper): void => {
    clearTimeout(helper.timer);
    helper.job = undefined;
    helper.port.unref();
    helper.timer = setTimeout(() => remove(helper, undefined), idleMilliseconds);
    // In browsers the timer is a number, and no timer keeps anything alive.
    (helper.timer as { unref?(): void }).unref?.();
  };

  const dispatch = (): void => {
    while (queue.length > 0) {
      const helper = idleHelper(queue[0].plan);
      if (helper !== undefined) {
        give(helper, queue.shift() as Job);
        continue;
      }
      const starting = [...helpers].filter(({ isReady }) => !isReady).length;
      if (helpers.size < most && starting < queue.length) start();
      else if (most === 0) doHere(queue.shift() as Job);
      else {
        // The abort of an earlier job may have let go of those that start.
        for (const { isReady, port } of helpers) if (!isReady) port.ref();
        return;
      }
    }
    if (disposed) {
      for (const helper of helpers) if (helper.job === undefined) remove(helper, undefined);
    }
  };

  /** Returns an idle worker, preferably one that knows the plan. */
  const idleHelper = (plan: Plan): Helper | undefined => {
    const idle = [...helpers].filter(({ isReady, job }) => isReady && job === undefined);
    return idle.find(({ plans }) => plans.has(plan.id)) ?? idle[0];
  };

  const give = (helper: Helper, job: Job): void => {
    const { plan, request, inputs } = job;
    const { port, plans } = helper;
    try {
      if (!plans.has(plan.id)) {
        post(port, { type: "prepare", plan: plan.id, ...plan.source });
        plans.add(plan.id);
      }
      post(
        port,
        request,
        inputs.map(({ buffer }) => buffer as ArrayBuffer),
      );
    } catch (cause) {
      const message = `${on.backend} could not send its work to a worker: ${(cause as Error).message}`;
      job.settle(new Corr2dError("BACKEND_FAILED", message, { cause }));
      return;
    }
    // The job is assigned only now, as nothing has begun if posting throws.
    clearTimeout(helper.timer);
    helper.job = job;
    port.ref();
  };

  const doHere = (job: Job): void => {
    inTurns(job.inSteps(), job.signal).then(
      () => job.settle(),
      (error) => job.settle(error),
    );
  };

  const abort = (job: Job): void => {
    job.aborted = true;
    const waiting = queue.indexOf(job);
    if (waiting >= 0) {
      queue.splice(waiting, 1);
      if (queue.length === 0) for (const { isReady, port } of helpers) if (!isReady) port.unref();
      return;
    }
    const helper = [...helpers].find((candidate) => candidate.job === job);
    if (helper === undefined) return;
    helper.port.unref();
    // The timer keeps the process alive for others who wait for this worker.
    clearTimeout(helper.timer);
    helper.timer = setTimeout(() => remove(helper, undefined), graceMilliseconds);
  };

  const forget = (plan: Plan): void => {
    if (!plan.released || plan.pending > 0) return;
    for (const { plans, port } of helpers) {
      if (plans.delete(plan.id)) post(port, { type: "release", plan: plan.id });
    }
  };

  const run = (work: Omit<Job, "settle" | "aborted">) =>
    new Promise<void>((resolve, reject) => {
      const { signal } = work;
      if (disposed) throw new Corr2dError("DISPOSED", `This ${on.backend} backend was disposed of`);
      signal?.throwIfAborted();
      const { plan } = work;
      let settled = false;
      const settle = (error?: unknown): void => {
        if (settled) return;
        settled = true;
        signal?.removeEventListener("abort", onAbort);
        plan.pending--;
        forget(plan);
        if (error === undefined) resolve();
        else reject(error);
      };
      const job: Job = { ...work, settle, aborted: false };
      const onAbort = (): void => {
        settle(signal?.reason);
        abort(job);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      plan.pending++;
      queue.push(job);
      dispatch();
    });

  return {
    add(task, inSteps, module = () => undefined) {
      let plan: Plan | undefined;
      return {
        async run(a, b, c, out, out2, signal) {
          plan ??= { id: nextId++, source: { task, module: module() }, pending: 0, released: false };
          const places = [a, b, c].map((input) => (input === null ? null : transferable(input)));
          const outputs = [out, out2];
          const request: Request = {
            ...{ type: "run", plan: plan.id, inputs: places },
            outputs: outputs.map(shapeOf),
          };
          const inputs = places.filter((input) => input !== null);
          const steps = () => inSteps(places[0], places[1], places[2], out, out2);
          await run({ plan, request, inputs, outputs, signal, inSteps: steps });
        },
        release() {
          if (plan === undefined) return;
          plan.released = true;
          forget(plan);
        },
      };
    },
    dispose() {
      disposed = true;
      dispatch();
    },
  };
}

function shapeOf(output: Operand): OutputShape | null {
  return output === null ? null : { dtype: elementTypeOf(output, "output"), length: output.length };
}

function post(port: WorkerPort, request: Request, transfer: ArrayBuffer[] = []): void {
  port.post(request, transfer);
}
