// SPDX-License-Identifier: MIT
// Runs in a worker, and computes what backend/workers/pool.ts sends. It is a module of its own in Node and in browsers.
import type { Backend, Prepared } from "../backend/backend.ts";
import { createReferenceBackend } from "../backend/reference/reference.ts";
import { help } from "../backend/wasm/helper.ts";
import type { WasmModule } from "../backend/wasm/modules.ts";
import { createWasmBackend } from "../backend/wasm/wasm.ts";
import type { OutputShape, Request, Response, WorkerTask } from "../backend/workers/messages.ts";
import { allocate } from "../dtype.ts";
import { Corr2dError } from "../errors.ts";
import { operationOf } from "../operations/all.ts";
import type { Operand } from "../spec/task.ts";

type Post = (response: Response, transfer: ArrayBuffer[]) => void;

function serve(post: Post, close: () => void): (request: Request) => void {
  let backend: Backend;
  const modules = new Map<WasmModule, WebAssembly.Module>();
  const tasks = new Map<number, WorkerTask>();
  const plans = new Map<number, Prepared>();

  const preparedOf = (id: number): Prepared => {
    let plan = plans.get(id);
    if (plan === undefined) {
      plan = backend.prepare(operationOf((tasks.get(id) as WorkerTask).task));
      plans.set(id, plan);
    }
    return plan;
  };

  const run = (
    id: number,
    [a, b, c]: readonly Operand[],
    shapes: readonly (OutputShape | null)[],
  ): Operand[] => {
    const outputs = shapes.map((shape) => shape && allocate(shape.dtype, shape.length));
    preparedOf(id).run(a, b, c, outputs[0], outputs[1]);
    return outputs;
  };

  /** Posts what `work` returns or throws. */
  const answer = (work: () => Operand[]): void => {
    try {
      const outputs = work();
      const buffers = outputs.flatMap((output) => (output === null ? [] : [output.buffer as ArrayBuffer]));
      post({ type: "done", outputs }, buffers);
    } catch (error) {
      const code = error instanceof Corr2dError ? error.code : "BACKEND_FAILED";
      const { message, cause } = error as Error;
      post({ type: "failed", code, message, cause }, []);
    }
  };

  return (request) => {
    switch (request.type) {
      case "open":
        backend =
          request.on.backend === "wasm"
            ? createWasmBackend({
                ...request.on,
                load: (name) => modules.get(name),
                shared: false,
                threads: 1,
              })
            : createReferenceBackend();
        post({ type: "ready" }, []);
        break;
      case "prepare":
        tasks.set(request.plan, request);
        if (request.module !== undefined) modules.set(request.module.name, request.module.compiled);
        break;
      case "run":
        answer(() => run(request.plan, request.inputs, request.outputs));
        break;
      case "release":
        plans.get(request.plan)?.dispose();
        plans.delete(request.plan);
        tasks.delete(request.plan);
        break;
      case "help":
        try {
          if (help(request)) close();
        } catch (error) {
          close();
          throw error;
        }
    }
  };
}

// The process is asked instead of importing, so that browsers' bundlers see nothing here and no message comes too
// early.
const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
if (node?.parentPort) {
  const { parentPort } = node;
  parentPort.on(
    "message",
    serve(
      (response, transfer) => parentPort.postMessage(response, transfer),
      () => parentPort.close(),
    ),
  );
} else {
  const scope = globalThis as unknown as {
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
    onmessage: (event: MessageEvent<Request>) => void;
    close(): void;
  };
  const receive = serve(
    (response, transfer) => scope.postMessage(response, transfer),
    () => scope.close(),
  );
  scope.onmessage = (event) => receive(event.data);
}
