// SPDX-License-Identifier: MIT

import { invalid } from "../errors.ts";
import { checkArity } from "../input/options.ts";
import { checkShape, elementCount, type Tensor, type TensorLike } from "../tensor.ts";
import { checkTensor, kept, Layer, reshaped } from "./layer.ts";

/** Makes one row of each example: [batch, ...sizes] becomes [batch, product of sizes], with the same elements. */
export class Flatten extends Layer {
  readonly name = "Flatten";
  #inputShape: readonly number[] | undefined;

  constructor() {
    super();
    checkArity("new Flatten", arguments.length, 0);
  }

  forward(x: TensorLike): Tensor {
    const tensor = checkTensor(x, "x");
    const shape = this.outputShape(tensor.shape);
    this.#inputShape = tensor.shape;
    return reshaped(tensor, shape);
  }

  backward(gradOutput: TensorLike): Tensor {
    const shape = kept(this.#inputShape);
    const gradient = checkTensor(gradOutput, "gradOutput");
    const { data } = gradient;
    if (data.length !== elementCount(shape)) {
      throw invalid(`${elementCount(shape)} elements`, "gradOutput.data", data);
    }
    return reshaped(gradient, shape);
  }

  outputShape(inputShape: readonly number[]): readonly number[] {
    const shape = checkShape(inputShape, "inputShape");
    if (shape.length < 2) throw invalid("2 dimensions or more", "x.shape", inputShape);
    return [shape[0], elementCount(shape.slice(1))];
  }
}
