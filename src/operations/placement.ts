// SPDX-License-Identifier: MIT
// Transposed convolutions and gradients of the input move elements with these before and after their convolutions.
import type { Operation } from "../backend/backend.ts";
import { exchange } from "../backend/reference/exchange.ts";
import { interleave } from "../backend/reference/interleave.ts";
import type { FloatArray, TypedArray } from "../dtype.ts";
import type { ExchangeTask, InterleaveTask } from "../spec/task.ts";

export const exchangeOperation = (task: ExchangeTask): Operation<ExchangeTask> => ({
  task,
  reference: (task) => ({
    workspaceBytes: 0,
    run: (from, _b, _c, to, areFinite) => {
      (areFinite as TypedArray)[0] = Number(exchange(task, from as FloatArray, to as FloatArray));
    },
  }),
});

export const interleaveOperation = (task: InterleaveTask): Operation<InterleaveTask> => ({
  task,
  reference: (task) => ({
    workspaceBytes: 0,
    run: (from, _b, _c, to) => interleave(task, from as FloatArray, to as FloatArray),
  }),
});
