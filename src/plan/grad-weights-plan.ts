// SPDX-License-Identifier: MIT
import type { Backend, Prepared } from "../backend/backend.ts";
import { allocate, type FloatArray } from "../dtype.ts";
import { gradWeightsOperation } from "../operations/grad-weights.ts";
import { type ConvSpec, inputShapeOf, outputShapeOf } from "../spec/convolution.ts";
import { fromOihw } from "../spec/filter-layout.ts";
import type { FilterLayout } from "../spec/layout.ts";
import type { Operand } from "../spec/task.ts";
import { planOperand } from "./operands.ts";
import { describeThreads, GradPlan } from "./plan.ts";

/** The gradient of a convolution's weights, prepared for many inputs and gradients of the same shapes. */
export class GradWeightsPlan extends GradPlan {
  readonly weightsShape: readonly number[];

  /** Callers get plans from `planConv2dGradWeights`. */
  constructor(
    backend: Backend,
    spec: ConvSpec,
    layout: FilterLayout,
    weightsShape: readonly number[],
    assertOpen: () => void,
  ) {
    const { dtype } = spec;
    const x = planOperand("x", dtype, inputShapeOf(spec), "");
    const gradOutput = planOperand("gradOutput", dtype, outputShapeOf(spec), "as x has");
    super({
      backend,
      inputs: [x, gradOutput],
      output: planOperand("out", dtype, weightsShape, "as x has"),
      assertOpen,
      prepare: () => prepare(backend, spec, layout, weightsShape),
    });
    this.weightsShape = this.outputShape;
  }

  override explain(): string {
    const where = `${this.backend} (${this.isa}, ${describeThreads(this)})`;
    return `the gradient of weights on ${where}: [${this.outputShape.join(", ")}]`;
  }
}

function prepare(
  backend: Backend,
  spec: ConvSpec,
  layout: FilterLayout,
  weightsShape: readonly number[],
): Prepared {
  if (spec.batch === 0) return zeros;
  const prepared = backend.prepare(gradWeightsOperation(spec));
  if (layout === "oihw") return prepared;
  // Backends write weights in OIHW only.
  const ordered = (out: Operand) => allocate(spec.dtype, (out as FloatArray).length) as FloatArray;
  return {
    workspaceBytes: prepared.workspaceBytes,
    run(x, gradOutput, c, out) {
      const result = ordered(out);
      prepared.run(x, gradOutput, c, result, null);
      fromOihw(result, layout, weightsShape, out as FloatArray);
    },
    async runAsync(x, gradOutput, c, out, _, signal) {
      const result = ordered(out);
      await prepared.runAsync(x, gradOutput, c, result, null, signal);
      fromOihw(result, layout, weightsShape, out as FloatArray);
    },
    dispose: () => prepared.dispose(),
  };
}

/** The sum over an empty batch. */
const zeros: Prepared = {
  workspaceBytes: 0,
  run: (_a, _b, _c, out) => void out?.fill(0),
  runAsync: async (_a, _b, _c, out) => void out?.fill(0),
  dispose: () => {},
};
