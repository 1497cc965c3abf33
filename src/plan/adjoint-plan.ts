// SPDX-License-Identifier: MIT

import type { FloatArray } from "../dtype.ts";
import type { AlgorithmChoice } from "../resolve/convolution.ts";
import { type Algorithm, type ConvSpec, inputShapeOf, outputShapeOf } from "../spec/convolution.ts";
import { prepareAdjoint } from "./adjoint.ts";
import type { PlanShapes } from "./conv-plan.ts";
import { planOperand } from "./operands.ts";
import { describeThreads, nothing, UnaryPlan } from "./plan.ts";
import type { PlanningOn } from "./planning.ts";

/** A transposed convolution, or the gradient of a convolution's input, with its weights packed. */
export class ConvTransposePlan extends UnaryPlan {
  /** The algorithms of its convolutions, one convolution for each remainder of the outputs' places by the strides. */
  readonly algorithms: readonly Algorithm[];

  /** Callers get plans from `planConvTranspose2d` and its kin. `spec` is the convolution that is transposed. */
  constructor(
    on: PlanningOn,
    spec: ConvSpec,
    constants: { readonly weights: FloatArray; readonly bias: FloatArray | null },
    choice: AlgorithmChoice,
    inputName: string,
    shapes: PlanShapes = { input: outputShapeOf(spec), output: inputShapeOf(spec) },
  ) {
    let algorithms: readonly Algorithm[] = [];
    super({
      backend: on.backend,
      inputs: [planOperand(inputName, spec.dtype, shapes.input, "as the weights have")],
      output: planOperand("out", spec.dtype, shapes.output, "as the weights have"),
      assertOpen: on.assertOpen,
      prepare: () => {
        if (spec.batch === 0) return nothing;
        const adjoint = prepareAdjoint({ spec, ...constants, choice, on });
        algorithms = adjoint.algorithms;
        return adjoint;
      },
    });
    this.algorithms = Object.freeze(algorithms);
  }

  override explain(): string {
    return (
      `${this.algorithms.join(" and ")} on ${this.backend} (${this.isa}, ${describeThreads(this)}): ` +
      `[${this.inputShape.join(", ")}] -> [${this.outputShape.join(", ")}], ` +
      `workspace ${Math.ceil(this.workspaceBytes / 1024)} KiB`
    );
  }
}
