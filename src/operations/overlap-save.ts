// SPDX-License-Identifier: MIT
import type { Operation } from "../backend/backend.ts";
import type { FloatArray } from "../dtype.ts";
import { correlateByBlocks, correlateByFft } from "../signal/fft-correlation.ts";
import type { ConvSpec } from "../spec/convolution.ts";
import type { OverlapSaveTask } from "../spec/task.ts";

export const overlapSaveOperation = (spec: ConvSpec): Operation<OverlapSaveTask> => ({
  task: { kind: "overlapSave", spec },
  reference: ({ spec }) => ({
    workspaceBytes: 0,
    run: (x, taps, _, out) => correlateByFft(spec, x as FloatArray, taps as FloatArray, out as FloatArray),
    inSteps: (x, taps, _, out) =>
      correlateByBlocks(spec, x as FloatArray, taps as FloatArray, out as FloatArray),
  }),
});
