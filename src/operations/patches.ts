// SPDX-License-Identifier: MIT
import type { Operation } from "../backend/backend.ts";
import { fold, unfold } from "../backend/reference/patches.ts";
import { inPlanes } from "../backend/reference/pieces.ts";
import { patchesProgram } from "../backend/wasm/patches.ts";
import type { FloatArray, FloatDType } from "../dtype.ts";
import type { PatchSpec } from "../spec/patches.ts";
import type { PatchTask } from "../spec/task.ts";

export const patchOperation = (
  kind: PatchTask["kind"],
  spec: PatchSpec,
  dtype: FloatDType,
): Operation<PatchTask> => ({
  task: { kind, spec, dtype },
  reference: ({ kind, spec }) => {
    const compute = kind === "unfold" ? unfold : fold;
    return {
      workspaceBytes: 0,
      run: (a, _b, _c, out) => compute(spec, a as FloatArray, out as FloatArray),
      inSteps: (a, _b, _c, out) =>
        inPlanes(spec.planes, workOf(spec), [a, out], (planes, [a, out]) =>
          compute({ ...spec, planes }, a as FloatArray, out as FloatArray),
        ),
    };
  },
  wasm: { module: "windows", plan: patchesProgram },
});

const workOf = ({ planes, depth, outHeight, outWidth, kernelHeight, kernelWidth }: PatchSpec): number =>
  planes * depth * outHeight * outWidth * kernelHeight * kernelWidth;
