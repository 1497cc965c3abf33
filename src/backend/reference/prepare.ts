// SPDX-License-Identifier: MIT
import type { Task } from "../../spec/task.ts";
import type { Operation, Prepared } from "../backend.ts";
import type { WorkerPool } from "../workers/pool.ts";
import { stepsOf } from "./program.ts";

/** The TypeScript of an operation: `run` computes on the calling thread, `runAsync` in a worker. */
export function prepareReference(
  { reference }: Operation,
  task: Task,
  workers: Pick<WorkerPool, "add">,
): Prepared {
  const program = reference(task);
  const pooled = workers.add(task, (...operands) => stepsOf(program, ...operands));
  const { workspaceBytes, run } = program;
  return { workspaceBytes, run, runAsync: pooled.run, dispose: pooled.release };
}
