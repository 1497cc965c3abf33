// SPDX-License-Identifier: MIT
import { transferable } from "../arrays.ts";
import { dtypeOf, type FloatArray, type TypedArray } from "../dtype.ts";
import { Corr2dError } from "../errors.ts";
import { platform, type WorkerPort } from "../platform/platform.ts";
import type { ConvSource, Request, Response, Task, WorkerBackend } from "./worker.ts";

/** How long a worker may go on with work that was aborted before it is replaced: starting one takes as long. */
const graceMilliseconds = 50;

/** Workers that convolve off the event loop. Started when they are needed; idle ones keep no process alive. */
export interface WorkerPool {
  add(source: ConvSource): PooledConv;
  /** As `run` of {@link PooledConv}. */
  compute(
    task: Task,
    inputs: readonly FloatArray[],
    output: FloatArray,
    signal: AbortSignal | undefined,
  ): Promise<void>;
  /** Work under way is finished, then all workers end. */
  dispose(): void;
}

/** A convolution that workers prepare when they first run it. */
export interface PooledConv {
  /**
   * Fills `output`. The input's buffer is handed to the worker, and detached, where it holds nothing else.
   *
   * Rejects with `signal.reason` at once after an abort, and with BACKEND_FAILED if the worker dies.
   */
  run(input: TypedArray, output: TypedArray, signal: AbortSignal | undefined): Promise<void>;
  /** Workers forget it when its last run has ended. */
  release(): void;
}

interface Plan {
  readonly id: number;
  readonly source: ConvSource;
  pending: number;
  released: boolean;
}

interface Job {
  /** What has to be prepared before, if anything. */
  readonly plan: Plan | undefined;
  readonly request: Request;
  /** Arrays of the request that go to the worker, buffer and all. */
  readonly inputs: readonly TypedArray[];
  readonly output: TypedArray;
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
      job.output.set(response.output);
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
  const chooseHelper = (plan: Plan | undefined): Helper | Error | undefined => {
    const idle = [...helpers].filter((helper) => helper.job === undefined);
    const known = idle.find(({ plans }) => plan !== undefined && plans.has(plan.id)) ?? idle[0];
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
    if (plan !== undefined && !helper.plans.has(plan.id)) {
      helper.plans.add(plan.id);
      post(helper.port, { type: "prepare", plan: plan.id, source: plan.source });
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

  const forget = (plan: Plan | undefined): void => {
    if (!plan?.released || plan.pending > 0) return;
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
        if (plan !== undefined) plan.pending--;
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
      if (plan !== undefined) plan.pending++;
      queue.push(job);
      dispatch();
    });

  return {
    add(source) {
      const plan: Plan = { id: nextId++, source, pending: 0, released: false };
      return {
        run(given, output, signal) {
          const input = transferable(given);
          const request: Request = { type: "run", plan: plan.id, input, outputLength: output.length };
          return run({ plan, request, inputs: [input], output }, signal);
        },
        release() {
          plan.released = true;
          forget(plan);
        },
      };
    },
    compute(task, given, output, signal) {
      const inputs = given.map(transferable);
      const dtype = dtypeOf(output, "output");
      const outputLength = output.length;
      const request: Request = { type: "compute", task, inputs, dtype, outputLength };
      return run({ plan: undefined, request, inputs, output }, signal);
    },
    dispose() {
      disposed = true;
      dispatch();
    },
  };
}

function post(port: WorkerPort, request: Request, transfer: ArrayBuffer[] = []): void {
  port.post(request, transfer);
}
