// SPDX-License-Identifier: MIT
// Builds the operation for any kind of task. Workers need this, as code cannot be sent to them.
import type { Operation } from "../backend/backend.ts";
import type { Task } from "../spec/task.ts";
import { convOperation } from "./convolution.ts";
import { gradWeightsOperation } from "./grad-weights.ts";
import { overlapSaveOperation } from "./overlap-save.ts";
import { patchOperation } from "./patches.ts";
import { exchangeOperation, interleaveOperation } from "./placement.ts";
import { poolGradOperation, poolOperation } from "./pooling.ts";

export function operationOf(task: Task): Operation {
  switch (task.kind) {
    case "conv":
      return convOperation(task);
    case "gradWeights":
      return gradWeightsOperation(task.spec);
    case "pool":
      return poolOperation(task.spec);
    case "poolGrad":
      return poolGradOperation(task.spec);
    case "unfold":
    case "fold":
      return patchOperation(task.kind, task.spec, task.dtype);
    case "exchange":
      return exchangeOperation(task);
    case "interleave":
      return interleaveOperation(task);
    case "overlapSave":
      return overlapSaveOperation(task.spec);
  }
}
