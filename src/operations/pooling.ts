// SPDX-License-Identifier: MIT
import type { Operation } from "../backend/backend.ts";
import { pool } from "../backend/reference/pool.ts";
import { poolGrad } from "../backend/reference/pool-grad.ts";
import { poolGradProgram, poolProgram } from "../backend/wasm/pool.ts";
import type { FloatArray } from "../dtype.ts";
import type { PoolGradTask, PoolTask } from "../spec/task.ts";
import type { PoolSpec } from "../spec/window.ts";

export const poolOperation = (spec: PoolSpec): Operation<PoolTask> => ({
  task: { kind: "pool", spec },
  reference: ({ spec }) => ({
    workspaceBytes: 0,
    run: (x, _b, _c, out) => pool(spec, x as FloatArray, out as FloatArray),
  }),
  wasm: { module: "windows", plan: poolProgram },
});

export const poolGradOperation = (spec: PoolSpec): Operation<PoolGradTask> => ({
  task: { kind: "poolGrad", spec },
  reference: ({ spec }) => ({
    workspaceBytes: 0,
    run: (x, gradOutput, _, out) =>
      poolGrad(spec, x as FloatArray | null, gradOutput as FloatArray, out as FloatArray),
  }),
  wasm: { module: "windows", plan: poolGradProgram },
});
