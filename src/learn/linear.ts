// SPDX-License-Identifier: MIT
import { invalid } from "../errors.ts";
import { checkArity, readOptions } from "../input/options.ts";
import { checkShape, type Tensor, type TensorLike, toTensor } from "../tensor.ts";
import {
  checkCount,
  kept,
  reshaped,
  WeightedLayer,
  type WeightedLayerOptions,
  weightedOptionNames,
} from "./layer.ts";
import { WeightGradient } from "./weight-gradient.ts";

/** A batch of features is an image of one row, channels last, whose 1x1 convolution is a product of matrices. */
const layout = { inputLayout: "nhwc" } as const;

/**
 * Fully connected layer, [batch, inFeatures] to [batch, outFeatures]: y = x transpose(weight) + bias. As in PyTorch,
 * the weights are [outFeatures, inFeatures].
 *
 * Throws INVALID_ARGUMENT for sizes that are not positive integers, and for options that make no sense.
 */
export class Linear extends WeightedLayer {
  readonly name = "Linear";
  readonly #weightGradient = new WeightGradient(layout);
  #x: TensorLike | undefined;

  constructor(inFeatures: number, outFeatures: number, options?: WeightedLayerOptions) {
    checkArity("new Linear", arguments.length, 3);
    const checked = readOptions(options, weightedOptionNames);
    checkCount(inFeatures, "inFeatures");
    checkCount(outFeatures, "outFeatures");
    const fans = { fanIn: inFeatures, fanOut: outFeatures };
    super([outFeatures, inFeatures], outFeatures, fans, checked);
  }

  forward(x: TensorLike): Tensor {
    const { weight, bias } = this;
    const rows = toTensor(x, 2, "x");
    const shape = this.outputShape(rows.shape);
    const y = this.engine.conv2d(asImage(rows), asKernels(weight.value), {
      ...layout,
      ...(bias !== undefined && { bias: bias.value }),
    });
    this.#x = x;
    return reshaped(y, shape);
  }

  backward(gradOutput: TensorLike): Tensor {
    const { engine, weight, bias } = this;
    const x = toTensor(kept(this.#x), 2, "x");
    const image = asImage(toTensor(gradOutput, 2, "gradOutput"));
    const kernels = asKernels(weight.value);
    this.#weightGradient.run(engine, asImage(x), image, asKernels(weight.gradient));
    if (bias !== undefined) {
      engine.conv2dGradBias(image, { ...layout, out: bias.gradient });
    }
    return reshaped(engine.conv2dGradInput(asImage(x).shape, kernels, image, layout), x.shape);
  }

  outputShape(inputShape: readonly number[]): readonly number[] {
    const shape = checkShape(inputShape, "inputShape");
    const [outFeatures, inFeatures] = this.weight.value.shape;
    if (shape.length !== 2 || shape[1] !== inFeatures) {
      throw invalid(`[batch, ${inFeatures}]`, "x.shape", inputShape);
    }
    return [shape[0], outFeatures];
  }

  override flops(inputShape: readonly number[]): number {
    const [batch, outFeatures] = this.outputShape(inputShape);
    return 2 * batch * outFeatures * this.weight.value.shape[1];
  }
}

const asImage = (rows: TensorLike): Tensor => reshaped(rows, [1, 1, ...rows.shape]);

const asKernels = ({ data, shape: [outFeatures, inFeatures] }: TensorLike): Tensor =>
  reshaped({ data, shape: [] }, [outFeatures, inFeatures, 1, 1]);
