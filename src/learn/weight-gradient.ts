// SPDX-License-Identifier: MIT
import { dtypeOf } from "../dtype.ts";
import type { Engine } from "../engine.ts";
import type { Conv2dGradientOptions } from "../ops/gradients.ts";
import type { GradWeightsPlan } from "../plan/grad-weights-plan.ts";
import { sameShape } from "../plan/output.ts";
import type { TensorLike } from "../tensor.ts";

/** The gradient of a layer's weights. Steps mostly have one shape, so the plan is kept for the next step. */
export class WeightGradient {
  readonly #options: Conv2dGradientOptions;
  #engine: Engine | undefined;
  #plan: GradWeightsPlan | undefined;

  constructor(options: Conv2dGradientOptions) {
    this.#options = options;
  }

  /** Writes to `out` the gradient of a convolution's weights, from its input and the gradient of its output. */
  run(engine: Engine, x: TensorLike, gradOutput: TensorLike, out: TensorLike): void {
    this.#planFor(engine, x.shape, out).run(x, gradOutput, { out });
  }

  #planFor(engine: Engine, inputShape: readonly number[], { data, shape }: TensorLike): GradWeightsPlan {
    if (
      this.#plan === undefined ||
      this.#engine !== engine ||
      !sameShape(this.#plan.inputShape, inputShape)
    ) {
      this.#plan?.dispose();
      // If the next plan is refused, the disposed one must not be kept.
      this.#plan = undefined;
      const dtype = dtypeOf(data, "weights.data");
      this.#plan = engine.planConv2dGradWeights(inputShape, shape, { ...this.#options, dtype });
      this.#engine = engine;
    }
    return this.#plan;
  }
}
