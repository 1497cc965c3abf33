// SPDX-License-Identifier: MIT
import type { Operation } from "../backend/backend.ts";
import { type Geometry, geometryOf } from "../backend/reference/geometry.ts";
import { gradWeights } from "../backend/reference/grad-weights.ts";
import { gradWeightsInPieces } from "../backend/reference/pieces.ts";
import { gradWeightsProgram } from "../backend/wasm/grad-weights.ts";
import type { FloatArray } from "../dtype.ts";
import type { ConvSpec } from "../spec/convolution.ts";
import type { GradWeightsTask } from "../spec/task.ts";

export const gradWeightsOperation = (spec: ConvSpec): Operation<GradWeightsTask> => ({
  task: { kind: "gradWeights", spec },
  reference: ({ spec }) => {
    let geometry: Geometry | undefined;
    return {
      workspaceBytes: 0,
      run: (x, gradOutput, _, out) => {
        geometry ??= geometryOf(spec);
        gradWeights(spec, geometry, x as FloatArray, gradOutput as FloatArray, out as FloatArray);
      },
      inSteps: (x, gradOutput, _, out) =>
        gradWeightsInPieces(
          spec,
          x as FloatArray,
          gradOutput as FloatArray,
          out as FloatArray,
          (part, ...operands) => gradWeights(part, geometryOf(part), ...operands),
        ),
    };
  },
  wasm: { module: "gradients", plan: (task) => gradWeightsProgram(task) },
});
