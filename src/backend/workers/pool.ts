// SPDX-License-Identifier: MIT
import { elementTypeOf, type TypedArray } from "../../dtype.ts";
import { Corr2dError } from "../../errors.ts";
import type { Operand, Task } from "../../spec/task.ts";
import type { Prepared } from "../backend.ts";
import { platform, type WorkerPort } from "../platform.ts";
import type { LoadedModule } from "../wasm/modules.ts";
import type { OutputShape, Request, Response, WorkerBackend, WorkerTask } from "./messages.ts";

/** How long a worker may go on with work that was aborted before it is replaced: starting one takes as long. */
const graceMilliseconds = 50;

/** Workers that compute off the event loop. Started when they are needed; idle ones keep no process alive. */
export interface WorkerPool {
  /** `module` is asked for by the first run. */
  add(task: Task, module?: () => LoadedModule | undefined): PooledTask;
  /** Work under way is finished, then all workers end. */
  dispose(): void;
}

/** A task that workers prepare when they first run it. */
export interface PooledTask {
  /**
   * As `runAsync` of a {@link Prepared}. The buffer of an input is handed to the worker, and detached, where it holds
   * nothing else. Rejects with `signal.reason` at once after an abort, and with BACKEND_FAILED if the worker dies.
   */
  readonly run: Prepared["runAsync"];
  /** Workers forget it when its last run has ended. */
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
  /** Arrays of the request that go to the worker, buffer and all. */
  readonly inputs: readonly TypedArray[];
  readonly outputs: readonly Operand[];
  /** Settles the caller's promise: only once, and only the first time counts. */
  readonly settle: (error?: unknown) => void;
  /** Nobody waits for it any more. */
  aborted: boolean;
}

interface Helper {
  readonly port: WorkerPort;
  /** Ids of the plans that it knows. */
  readonly plans: Set<number>;
  /** What it is working on: an aborted job until its answer arrives. */
  job: Job | undefined;
  grace: ReturnType<typeof setTimeout> | undefined;
}

/** At most `size` workers that compute on the given backend. */
export function createWorkerPool(on: WorkerBackend, size: number): WorkerPool {
  const helpers = new Set<Helper>();
  const queue: Job[] = [];
  let nextId = 0;
  let disposed = false;

  const start = (): Helper => {
    const port = platform().startWorker();
    const helper: Helper = { port, plans: new Set(), job: undefined, grace: undefined };
    helpers.add(helper);
    port.onMessage((message) => answered(helper, message as Response));
    port.onError((cause) => {
      const message = `${on.backend} lost the worker that was computing: ${cause.message}`;
      remove(helper, new Corr2dError("BACKEND_FAILED", message, { cause }));
    });
    post(port, { type: "open", on });
    return helper;
  };

  /** Ends a worker, and what it was working on if nobody has yet. */
  const remove = (helper: Helper, error: unknown): void => {
    if (!helpers.delete(helper)) return;
    clearTimeout(helper.grace);
    helper.port.terminate();
    helper.job?.settle(error);
    dispatch();
  };

  const answered = (helper: Helper, response: Response): void => {
    const { job } = helper;
    if (job === undefined || !helpers.has(helper)) return;
    clearTimeout(helper.grace);
    helper.job = undefined;
    helper.port.unref();
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

  const dispatch = (): void => {
    while (queue.length > 0) {
      const helper = chooseHelper(queue[0].plan);
      if (helper === undefined) return;
      const job = queue.shift() as Job;
      if (helper instanceof Error) job.settle(helper);
      else give(helper, job);
    }
    if (disposed) {
      for (const helper of helpers) if (helper.job === undefined) remove(helper, undefined);
    }
  };

  /** An idle worker, one that knows the plan if possible; or a new one; or why there is none; or none yet. */
  const chooseHelper = (plan: Plan): Helper | Error | undefined => {
    const idle = [...helpers].filter((helper) => helper.job === undefined);
    const known = idle.find(({ plans }) => plans.has(plan.id)) ?? idle[0];
    if (known !== undefined) return known;
    if (helpers.size >= size) return undefined;
    try {
      return start();
    } catch (cause) {
      const message = `${on.backend} could not start a worker: ${(cause as Error).message}`;
      return new Corr2dError("BACKEND_FAILED", message, { cause });
    }
  };

  const give = (helper: Helper, job: Job): void => {
    const { plan, request, inputs } = job;
    helper.job = job;
    helper.port.ref();
    if (!helper.plans.has(plan.id)) {
      helper.plans.add(plan.id);
      post(helper.port, { type: "prepare", plan: plan.id, ...plan.source });
    }
    post(
      helper.port,
      request,
      inputs.map(({ buffer }) => buffer as ArrayBuffer),
    );
  };

  const abort = (job: Job): void => {
    job.aborted = true;
    const waiting = queue.indexOf(job);
    if (waiting >= 0) {
      queue.splice(waiting, 1);
      return;
    }
    const helper = [...helpers].find((candidate) => candidate.job === job);
    if (helper === undefined) return;
    helper.port.unref();
    // The timer keeps the process alive for others who wait for this worker.
    helper.grace = setTimeout(() => remove(helper, undefined), graceMilliseconds);
  };

  const forget = (plan: Plan): void => {
    if (!plan.released || plan.pending > 0) return;
    for (const { plans, port } of helpers) {
      if (plans.delete(plan.id)) post(port, { type: "release", plan: plan.id });
    }
  };

  const run = (work: Omit<Job, "settle" | "aborted">, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
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
    add(task, module = () => undefined) {
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
          await run({ plan, request, inputs, outputs }, signal);
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

/** The array itself if its buffer holds nothing else and can change hands, else a copy. */
function transferable<A extends TypedArray>(array: A): A {
  const { buffer } = array;
  const whole = buffer instanceof ArrayBuffer && buffer.byteLength === array.byteLength;
  return whole && !(buffer as { resizable?: boolean }).resizable ? array : (array.slice() as A);
}
