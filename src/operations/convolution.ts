// SPDX-License-Identifier: MIT
import type { Operation } from "../backend/backend.ts";
import { convReference } from "../backend/reference/conv.ts";
import { convProgram } from "../backend/wasm/conv.ts";
import { convModule } from "../backend/wasm/modules.ts";
import type { ConvTask } from "../spec/task.ts";

export const convOperation = (task: ConvTask): Operation<ConvTask> => ({
  task,
  reference: convReference,
  wasm: { module: convModule(task.spec), plan: (task) => convProgram(task) },
});
