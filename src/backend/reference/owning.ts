// SPDX-License-Identifier: MIT

import type { TypedArray } from "../../dtype.ts";
import { copyOf } from "../../input/arrays.ts";
import type { Task } from "../../spec/task.ts";

/** The task with constants of its own: callers may change those that they gave. Tables belong to the task already. */
export function owning<T extends Task>(task: T): T {
  if (task.kind !== "conv") return task;
  const own = <A extends TypedArray>(array: A | null) => (array === null ? null : copyOf(array));
  return { ...task, weights: own(task.weights), bias: own(task.bias), scale: own(task.scale) };
}
