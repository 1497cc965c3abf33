// SPDX-License-Identifier: MIT
import type { PreparedConv } from "./backend/backend.ts";
import type { EngineCore } from "./core.ts";
import { allocate, type FloatArray, type FloatDType } from "./dtype.ts";
import { invalid } from "./errors.ts";
import { overlap } from "./output.ts";
import { Plan } from "./plan.ts";
import type { FilterLayout } from "./resolve.ts";
import { type ConvSpec, multiplyAdds, outputShapeOf } from "./spec.ts";
import { fromOihw } from "./weights-layout.ts";

/** One computation of a gradient of weights: of the convolution's two operands, one is part of it and one its input. */
export class GradWeightsRun extends Plan {
  constructor(
    core: EngineCore,
    spec: ConvSpec,
    x: FloatArray,
    layout: FilterLayout,
    weightsShape: readonly number[],
  ) {
    super({
      backend: core.backend,
      inputDtype: spec.dtype,
      outputDtype: spec.dtype,
      inputShape: outputShapeOf(spec),
      outputShape: weightsShape.slice(),
      inputName: "gradOutput",
      typedAs: "as x has",
      assertOpen: core.assertOpen,
      prepare: () => prepare(core, spec, x, layout, weightsShape),
    });
  }

  override explain(): string {
    return `the gradient of weights on ${this.backend} (${this.isa})`;
  }
}

function prepare(
  core: EngineCore,
  spec: ConvSpec,
  x: FloatArray,
  layout: FilterLayout,
  weightsShape: readonly number[],
): PreparedConv {
  if (spec.batch === 0) {
    const zeros = (output: FloatArray) => void output.fill(0);
    return {
      workspaceBytes: 0,
      run: (_, output: FloatArray) => zeros(output),
      runAsync: async (_, output: FloatArray) => zeros(output),
      dispose: () => {},
    };
  }
  const backend = multiplyAdds(spec) < core.smallBelow ? core.small() : core.backend;
  const prepared = backend.prepareGradWeights(spec);
  const ordered = (output: FloatArray) =>
    layout === "oihw" ? output : allocate(spec.dtype as FloatDType, output.length);
  const store = (result: FloatArray, output: FloatArray) => {
    if (result !== output) fromOihw(result, layout, weightsShape, output);
  };
  return {
    workspaceBytes: 0,
    run(gradOutput: FloatArray, output: FloatArray) {
      if (overlap(x, output)) throw invalid("an array apart from x", "out", output);
      const result = ordered(output);
      prepared.run(x, gradOutput, result);
      store(result, output);
    },
    async runAsync(gradOutput: FloatArray, output: FloatArray, signal) {
      const result = ordered(output);
      await prepared.runAsync(x, gradOutput, result, signal);
      store(result, output);
    },
    dispose: () => prepared.dispose(),
  };
}
