// SPDX-License-Identifier: MIT
import { dtypeOf } from "../dtype.ts";
import type { Engine } from "../engine.ts";
import type { Conv2dGradientOptions } from "../ops/gradients.ts";
import type { GradWeightsPlan } from "../plan/grad-weights-plan.ts";
import { sameShape } from "../plan/output.ts";
import type { TensorLike } from "../tensor.ts";

/** The gradient of a layer's weights: step after step of one shape, so that its plan is kept for the next. */
export class WeightGradient {
  readonly #options: Conv2dGradientOptions;
  #engine: Engine | undefined;
  #plan: GradWeightsPlan | undefined;

  constructor(options: Conv2dGradientOptions) {
    this.#options = options;
  }

  /** Writes to `out` the gradient of weights of its shape, for the input and the gradient of the output of a convolution. */
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
      // The next one may be refused.
      this.#plan = undefined;
      const dtype = dtypeOf(data, "weights.data");
      this.#plan = engine.planConv2dGradWeights(inputShape, shape, { ...this.#options, dtype });
      this.#engine = engine;
    }
    return this.#plan;
  }
}
