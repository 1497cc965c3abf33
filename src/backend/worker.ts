// SPDX-License-Identifier: MIT
// Runs in a worker: convolves what worker-pool.ts sends. A module of its own, in Node and in browsers.
import { allocate, type FloatArray, type FloatDType, type TypedArray } from "../dtype.ts";
import { Corr2dError, type ErrorCode } from "../errors.ts";
import { correlateByFft } from "../signal/fft-correlation.ts";
import type { Algorithm, ConvSpec } from "../spec.ts";
import type { Backend, PreparedConv } from "./backend.ts";
import { gradWeightsOperator, type OperatorTask, windowOperator } from "./operators.ts";
import { createReferenceBackend } from "./reference.ts";
import { createWasmBackend } from "./wasm.ts";
import { type HelpRequest, help } from "./wasm-helper.ts";
import type { LoadedModule, WasmIsa, WasmModule } from "./wasm-modules.ts";

/** Which backend a worker computes on. */
export type WorkerBackend =
  | { readonly backend: "wasm"; readonly isa: WasmIsa }
  | { readonly backend: "reference" };

/** The arguments of `Backend.prepare`: workers run it with one more tensor. */
export interface ConvSource {
  readonly spec: ConvSpec;
  readonly algorithm: Algorithm;
  readonly weights: TypedArray;
  readonly bias: TypedArray | null;
  readonly scale: Float32Array | null;
  /** What computes it on WebAssembly. */
  readonly module?: LoadedModule;
}

/** What needs no preparation. */
export type Task =
  /** On the backend; on WebAssembly by a module. */
  | { readonly kind: "operator"; readonly task: OperatorTask; readonly module?: LoadedModule }
  /** Of a signal and taps: see `correlateByFft`. */
  | { readonly kind: "overlapSave"; readonly spec: ConvSpec };

export type Request =
  | { readonly type: "open"; readonly on: WorkerBackend }
  | { readonly type: "prepare"; readonly plan: number; readonly source: ConvSource }
  | { readonly type: "run"; readonly plan: number; readonly input: TypedArray; readonly outputLength: number }
  | {
      readonly type: "compute";
      readonly task: Task;
      readonly inputs: readonly FloatArray[];
      readonly dtype: FloatDType;
      readonly outputLength: number;
    }
  | { readonly type: "release"; readonly plan: number }
  | ({ readonly type: "help" } & HelpRequest);

/** The answer to an "open", and to a "run" or "compute"; no other request has one. */
export type Response =
  | { readonly type: "ready" }
  | { readonly type: "done"; readonly output: TypedArray }
  | { readonly type: "failed"; readonly code: ErrorCode; readonly message: string; readonly cause: unknown };

type Post = (response: Response, transfer: ArrayBuffer[]) => void;

function serve(post: Post, close: () => void): (request: Request) => void {
  let backend: Backend;
  const modules = new Map<WasmModule, WebAssembly.Module>();
  const sources = new Map<number, ConvSource>();
  const plans = new Map<number, PreparedConv>();

  const take = (module: LoadedModule | undefined): void => {
    if (module !== undefined) modules.set(module.name, module.compiled);
  };

  const run = (id: number, input: TypedArray, outputLength: number): TypedArray => {
    const source = sources.get(id) as ConvSource;
    let plan = plans.get(id);
    if (plan === undefined) {
      plan = backend.prepare(source.spec, source.algorithm, source.weights, source.bias, source.scale);
      plans.set(id, plan);
    }
    const output = allocate(source.spec.outputDtype, outputLength);
    plan.run(input, output);
    return output;
  };

  const compute = (work: Task, inputs: readonly FloatArray[], output: FloatArray): void => {
    const [first, second] = inputs;
    if (work.kind === "overlapSave") {
      correlateByFft(work.spec, first, second, output);
      return;
    }
    const { task, module } = work;
    take(module);
    if (task.kind === "gradWeights") {
      backend.prepareGradWeights(gradWeightsOperator(task.spec)).run(first, second, output);
    } else backend.runWindows(windowOperator(task), inputs, output);
  };

  /** Posts what `work` returns or throws. */
  const answer = (work: () => TypedArray): void => {
    try {
      const output = work();
      post({ type: "done", output }, [output.buffer as ArrayBuffer]);
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
        sources.set(request.plan, request.source);
        take(request.source.module);
        break;
      case "run":
        answer(() => run(request.plan, request.input, request.outputLength));
        break;
      case "compute":
        answer(() => {
          const output = allocate(request.dtype, request.outputLength);
          compute(request.task, request.inputs, output);
          return output;
        });
        break;
      case "release":
        plans.get(request.plan)?.dispose();
        plans.delete(request.plan);
        sources.delete(request.plan);
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

// Asked of the process rather than imported: browsers' bundlers see nothing here, and no message can come too early.
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
