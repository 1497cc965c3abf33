// SPDX-License-Identifier: MIT
import { conv2dCost } from "../arithmetic/cost.ts";
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import type { ConvOptions } from "../resolve/convolution.ts";
import { type PerAxis, resolvePerAxis } from "../resolve/shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import {
  checkCount,
  checkSpatial,
  kept,
  WeightedLayer,
  type WeightedLayerOptions,
  weightedOptionNames,
} from "./layer.ts";
import { WeightGradient } from "./weight-gradient.ts";

type Spatial = Pick<ConvOptions, "strides" | "padding" | "dilations" | "groups" | "border">;

/** Options of a {@link Conv2d}: conv2d's options that say what is computed, and those of the weights. */
export interface Conv2dLayerOptions extends WeightedLayerOptions, Spatial {}

const optionNames: Names<Conv2dLayerOptions> = {
  ...{ strides: true, padding: true, dilations: true, groups: true, border: true },
  ...weightedOptionNames,
};

/**
 * Convolution layer, [batch, inChannels, height, width] to [batch, outChannels, outHeight, outWidth], with weights
 * [outChannels, inChannels / groups, kernelHeight, kernelWidth]. The kernel is not flipped.
 *
 * Throws INVALID_ARGUMENT for sizes that are not positive integers, and for options that make no sense.
 */
export class Conv2d extends WeightedLayer {
  readonly name = "Conv2d";
  readonly #options: Spatial;
  readonly #weightGradient: WeightGradient;
  #x: TensorLike | undefined;

  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options?: Conv2dLayerOptions) {
    checkArity("new Conv2d", arguments.length, 4);
    const { bias, dtype, initializer, seed, ...spatial } = readOptions(options, optionNames);
    const groups = checkGroups(spatial.groups, inChannels, outChannels);
    const [height, width] = resolvePerAxis(kernelSize, "kernelSize");
    const area = height * width;
    super(
      [outChannels, inChannels / groups, height, width],
      outChannels,
      { fanIn: (inChannels / groups) * area, fanOut: (outChannels / groups) * area },
      { bias, dtype, initializer, seed },
    );
    checkSpatial(spatial, [height, width]);
    this.#options = spatial;
    this.#weightGradient = new WeightGradient(spatial);
  }

  forward(x: TensorLike): Tensor {
    const { weight, bias } = this;
    const y = this.engine.conv2d(x, weight.value, {
      ...this.#options,
      ...(bias !== undefined && { bias: bias.value }),
    });
    this.#x = x;
    return y;
  }

  backward(gradOutput: TensorLike): Tensor {
    const { engine, weight, bias } = this;
    const x = kept(this.#x);
    this.#weightGradient.run(engine, x, gradOutput, weight.gradient);
    if (bias !== undefined) engine.conv2dGradBias(gradOutput, { out: bias.gradient });
    return engine.conv2dGradInput(x.shape, weight.value, gradOutput, this.#options);
  }

  outputShape(inputShape: readonly number[]): readonly number[] {
    return conv2dCost(inputShape, this.weight.value.shape, this.#options).outputShape;
  }

  override flops(inputShape: readonly number[]): number {
    return conv2dCost(inputShape, this.weight.value.shape, this.#options).flops;
  }
}

/** Checks channels and groups together, and returns the groups. Throws INVALID_ARGUMENT. */
export function checkGroups(groups: number | undefined, inChannels: number, outChannels: number): number {
  checkCount(inChannels, "inChannels");
  checkCount(outChannels, "outChannels");
  const count = groups === undefined ? 1 : groups;
  if (!Number.isInteger(count) || count < 1 || inChannels % count !== 0 || outChannels % count !== 0) {
    const allowed = `a positive integer that divides ${inChannels} input and ${outChannels} output channels`;
    throw invalid(allowed, "groups", count);
  }
  return count;
}
