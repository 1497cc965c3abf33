// SPDX-License-Identifier: MIT

import type { TypedArray } from "../../dtype.ts";
import { copyOf } from "../../input/arrays.ts";
import type { Task } from "../../spec/task.ts";

/** Returns the task with its own copy of the constants, as callers may change those they gave. Tables need no copy. */
export function owning<T extends Task>(task: T): T {
  if (task.kind !== "conv") return task;
  const own = <A extends TypedArray>(array: A | null) => (array === null ? null : copyOf(array));
  return { ...task, weights: own(task.weights), bias: own(task.bias), scale: own(task.scale) };
}
