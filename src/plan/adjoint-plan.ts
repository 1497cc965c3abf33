// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import type { FloatArray } from "../dtype.ts";
import type { Accuracy } from "../spec/convolution.ts";
import { type Algorithm, type ConvSpec, inputShapeOf, outputShapeOf } from "../spec/convolution.ts";
import { type PreparedAdjoint, prepareAdjoint } from "./adjoint.ts";
import { emptyBatch, Plan } from "./plan.ts";

/** A transposed convolution, or the gradient of a convolution's input, with its weights packed. */
export class ConvTransposePlan extends Plan {
  /** Of the convolutions that it consists of, one for each remainder of the outputs' places by the strides. */
  readonly algorithms: readonly Algorithm[];

  /** Plans come from `planConvTranspose2d` and `planConv2dGradInput`. `spec` is of the convolution transposed. */
  constructor(
    core: EngineCore,
    spec: ConvSpec,
    weights: FloatArray,
    bias: FloatArray | null,
    accuracy: Accuracy,
    inputName: string,
  ) {
    let adjoint: PreparedAdjoint | undefined;
    super({
      backend: core.backend,
      inputDtype: spec.dtype,
      outputDtype: spec.dtype,
      inputShape: outputShapeOf(spec),
      outputShape: inputShapeOf(spec),
      inputName,
      assertOpen: core.assertOpen,
      prepare: () => {
        if (spec.batch === 0) return emptyBatch;
        const backendFor = (work: number) => (work < core.smallBelow ? core.small() : core.backend);
        adjoint = prepareAdjoint({ spec, weights, bias, accuracy, backendFor });
        return adjoint;
      },
    });
    this.algorithms = Object.freeze(adjoint?.algorithms ?? []);
  }

  override explain(): string {
    const threads = this.threads === 1 ? "1 thread" : `up to ${this.threads} threads`;
    return (
      `${this.algorithms.join(" and ")} on ${this.backend} (${this.isa}, ${threads}): ` +
      `[${this.inputShape.join(", ")}] -> [${this.outputShape.join(", ")}], ` +
      `workspace ${Math.ceil(this.workspaceBytes / 1024)} KiB`
    );
  }
}
