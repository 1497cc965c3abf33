// SPDX-License-Identifier: MIT
import type { Operation } from "../backend/backend.ts";
import { inPlanes } from "../backend/reference/pieces.ts";
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
    inSteps: (x, _b, _c, out) =>
      inPlanes(planesOf(spec), workOf(spec), [x, out], (count, [x, out]) =>
        pool(somePlanes(spec, count), x as FloatArray, out as FloatArray),
      ),
  }),
  wasm: { module: "windows", plan: poolProgram },
});

export const poolGradOperation = (spec: PoolSpec): Operation<PoolGradTask> => ({
  task: { kind: "poolGrad", spec },
  reference: ({ spec }) => ({
    workspaceBytes: 0,
    run: (x, gradOutput, _, out) =>
      poolGrad(spec, x as FloatArray | null, gradOutput as FloatArray, out as FloatArray),
    inSteps: (x, gradOutput, _, out) =>
      inPlanes(planesOf(spec), workOf(spec), [x, gradOutput, out], (count, [x, gradOutput, out]) =>
        poolGrad(
          somePlanes(spec, count),
          x as FloatArray | null,
          gradOutput as FloatArray,
          out as FloatArray,
        ),
      ),
  }),
  wasm: { module: "windows", plan: poolGradProgram },
});

const planesOf = ({ batch, channels, inputLayout }: PoolSpec): number =>
  inputLayout === "nchw" ? batch * channels : batch;

const somePlanes = (spec: PoolSpec, planes: number): PoolSpec =>
  spec.inputLayout === "nchw" ? { ...spec, batch: 1, channels: planes } : { ...spec, batch: planes };

const workOf = ({ batch, channels, outHeight, outWidth, kernelHeight, kernelWidth }: PoolSpec): number =>
  batch * channels * outHeight * outWidth * kernelHeight * kernelWidth;
