// SPDX-License-Identifier: MIT
import { allocate, isInteger } from "../../dtype.ts";
import { suitsWinograd } from "../../spec/convolution.ts";
import type { ConvTask } from "../../spec/task.ts";
import type { Backend, Operation, Prepared } from "../backend.ts";
import { createWorkerPool } from "../workers/pool.ts";
import { owning } from "./owning.ts";
import { prepareReference } from "./prepare.ts";

/**
 * Creates the backend in plain TypeScript, which runs everywhere and sums in float64. `run` computes on the calling
 * thread, `runAsync` in at most `threads` workers.
 */
export function createReferenceBackend({ threads }: { threads: number } = { threads: 1 }): Backend {
  const workers = createWorkerPool({ backend: "reference" }, threads);
  return referenceBackend(
    (operation) => prepareReference(operation, owning(operation.task), workers),
    workers.dispose,
  );
}

/** Creates a backend for work so small that sending it to a worker takes longer: `runAsync` also computes here. */
export function createInlineBackend(): Backend {
  return referenceBackend(({ task, reference }) => {
    const { workspaceBytes, run } = reference(owning(task));
    return {
      workspaceBytes,
      run,
      runAsync: async (a, b, c, out, out2) => run(a, b, c, out, out2),
      dispose: () => {},
    };
  });
}

function referenceBackend(prepare: (operation: Operation) => Prepared, dispose = () => {}): Backend {
  return {
    name: "reference",
    isa: "javascript",
    threads: 1,
    supports: (task) => task.kind !== "conv" || supportsConv(task),
    prepare,
    allocate: (dtype, length) => ({ view: (last) => last ?? allocate(dtype, length) }),
    dispose,
  };
}

function supportsConv({ spec, algorithm }: Pick<ConvTask, "spec" | "algorithm">): boolean {
  if (isInteger(spec.dtype)) return algorithm === "direct";
  return algorithm !== "depthwise" && (algorithm !== "winograd" || suitsWinograd(spec));
}
