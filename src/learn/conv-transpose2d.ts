// SPDX-License-Identifier: MIT
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import type { ConvTranspose2dOptions } from "../ops/conv-transpose2d.ts";
import { type PerAxis, resolvePerAxis } from "../resolve/shape.ts";
import { resolveConvTransposeSpec } from "../resolve/transposed.ts";
import { inputShapeOf, multiplyAdds } from "../spec/convolution.ts";
import { checkShape, type Tensor, type TensorLike } from "../tensor.ts";
import { checkGroups } from "./conv2d.ts";
import {
  checkSpatial,
  kept,
  WeightedLayer,
  type WeightedLayerOptions,
  weightedOptionNames,
} from "./layer.ts";
import { WeightGradient } from "./weight-gradient.ts";

type Spatial = Pick<ConvTranspose2dOptions, "strides" | "padding" | "dilations" | "groups" | "outputPadding">;

/** Options of a {@link ConvTranspose2d}: the operator's options that say what is computed, and those of the weights. */
export interface ConvTranspose2dLayerOptions extends WeightedLayerOptions, Spatial {}

const optionNames: Names<ConvTranspose2dLayerOptions> = {
  ...{ strides: true, padding: true, dilations: true, groups: true, outputPadding: true },
  ...weightedOptionNames,
};

/**
 * Transposed convolution layer, [batch, inChannels, height, width] to [batch, outChannels, outHeight, outWidth]. As in
 * PyTorch, the weights are [inChannels, outChannels / groups, kernelHeight, kernelWidth].
 *
 * Throws INVALID_ARGUMENT for sizes that are not positive integers, for options that make no sense, and for an output
 * padding that is not below the stride.
 */
export class ConvTranspose2d extends WeightedLayer {
  readonly name = "ConvTranspose2d";
  readonly #options: Spatial;
  readonly #convolution: Omit<Spatial, "outputPadding">;
  readonly #weightGradient: WeightGradient;
  #x: TensorLike | undefined;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: PerAxis,
    options?: ConvTranspose2dLayerOptions,
  ) {
    checkArity("new ConvTranspose2d", arguments.length, 4);
    const { bias, dtype, initializer, seed, ...spatial } = readOptions(options, optionNames);
    const groups = checkGroups(spatial.groups, inChannels, outChannels);
    const [height, width] = resolvePerAxis(kernelSize, "kernelSize");
    const area = height * width;
    super(
      [inChannels, outChannels / groups, height, width],
      outChannels,
      { fanIn: (inChannels / groups) * area, fanOut: (outChannels / groups) * area },
      { bias, dtype, initializer, seed },
    );
    checkSpatial(spatial, [height, width], ["valid", "full"]);
    checkOutputPadding(spatial);
    const { outputPadding: _, ...convolution } = spatial;
    this.#options = spatial;
    this.#convolution = convolution;
    this.#weightGradient = new WeightGradient(convolution);
  }

  forward(x: TensorLike): Tensor {
    const { weight, bias } = this;
    const y = this.engine.convTranspose2d(x, weight.value, {
      ...this.#options,
      ...(bias !== undefined && { bias: bias.value }),
    });
    this.#x = x;
    return y;
  }

  /** The layer is the adjoint of a convolution with the same weights, so its own adjoint is that convolution. */
  backward(gradOutput: TensorLike): Tensor {
    const { engine, weight, bias } = this;
    const x = kept(this.#x);
    this.#weightGradient.run(engine, gradOutput, x, weight.gradient);
    if (bias !== undefined) engine.conv2dGradBias(gradOutput, { out: bias.gradient });
    return engine.conv2d(gradOutput, weight.value, this.#convolution);
  }

  outputShape(inputShape: readonly number[]): readonly number[] {
    return inputShapeOf(this.#specOf(inputShape));
  }

  override flops(inputShape: readonly number[]): number {
    return 2 * multiplyAdds(this.#specOf(inputShape));
  }

  #specOf(inputShape: readonly number[]) {
    const shape = checkShape(inputShape, "inputShape");
    if (shape.length !== 4) throw invalid("4 dimensions", "inputShape", inputShape);
    return resolveConvTransposeSpec(shape, this.weight.value.shape, "float32", this.#options);
  }
}

/**
 * With output padding of a stride or more, `backward`'s convolution would have more outputs than the layer has inputs.
 */
function checkOutputPadding({ outputPadding = 0, strides = 1 }: Spatial): void {
  const steps = resolvePerAxis(strides, "strides");
  const extra = typeof outputPadding === "number" ? [outputPadding, outputPadding] : outputPadding;
  if (!Array.isArray(extra) || extra.length !== 2)
    throw invalid("a whole number >= 0 or two of them", "outputPadding", outputPadding);
  for (const axis of [0, 1]) {
    if (Number.isInteger(extra[axis]) && extra[axis] >= 0 && extra[axis] < steps[axis]) continue;
    throw invalid("less than the strides", "outputPadding", outputPadding);
  }
}
