// SPDX-License-Identifier: MIT
import { allocate, dtypeOf } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { sameShape } from "../output.ts";
import { Tensor, type TensorLike } from "../tensor.ts";
import { checkTensor, kept, Layer } from "./layer.ts";

/** Rectified linear unit: max(0, x), of tensors of any shape. NaN stays NaN. Its gradient at 0 is 0. */
export class Relu extends Layer {
  readonly name = "Relu";
  #x: Tensor | undefined;

  forward(x: TensorLike): Tensor {
    const { data, shape } = checkTensor(x, "x");
    const out = allocate(dtypeOf(data, "x.data"), data.length);
    for (let i = 0; i < data.length; i++) out[i] = Math.max(data[i], 0);
    this.#x = new Tensor(data, shape);
    return new Tensor(out, shape);
  }

  backward(gradOutput: TensorLike): Tensor {
    const x = kept(this.#x);
    const { data, shape } = checkTensor(gradOutput, "gradOutput");
    if (!sameShape(shape, x.shape)) throw invalid(`[${x.shape.join(", ")}]`, "gradOutput.shape", shape);
    const out = allocate(dtypeOf(data, "gradOutput.data"), data.length);
    for (let i = 0; i < data.length; i++) out[i] = x.data[i] <= 0 ? 0 : data[i];
    return new Tensor(out, shape);
  }

  outputShape(inputShape: readonly number[]): readonly number[] {
    return inputShape;
  }
}
