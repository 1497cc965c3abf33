// SPDX-License-Identifier: MIT
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import { type ConvOptions, convOptionNames, resolveChoice, resolveConvSpec } from "../resolve/convolution.ts";
import { multiplyAdds, outputShapeOf } from "../spec/convolution.ts";
import { checkShape, elementCount } from "../tensor.ts";

export interface CostOptions extends ConvOptions {
  /** Whether the layer has a bias. Default false. */
  readonly bias?: boolean;
}

const optionNames: Names<CostOptions> = { ...convOptionNames, bias: true };

/** The parameters and operations of a convolution layer. */
export interface Conv2dCost {
  readonly outputShape: readonly number[];
  /** Weights and biases together, the numbers that training finds. */
  readonly parameters: number;
  /** Products of a weight and an element of the padded input; zeros of the padding count like any other element. */
  readonly multiplyAdds: number;
  /** Floating-point operations: 2 for each multiply-add. A bias costs none, as the sum begins with it instead of 0. */
  readonly flops: number;
}

/**
 * Counts the parameters and operations of a conv2d by its definition; an algorithm may take fewer operations.
 *
 * parameters = outChannels * inChannels / groups * kernelHeight * kernelWidth (+ outChannels with a bias)
 * multiplyAdds = batch * outHeight * outWidth * outChannels * inChannels / groups * kernelHeight * kernelWidth
 *
 * Source: "Dive into Deep Learning", "Multiple Input and Multiple Output Channels", exercise 2.
 *
 * @param inputShape in the order of `inputLayout`
 * @param weightsShape in the order of `filterLayout`
 *
 * Throws INVALID_ARGUMENT as conv2d does.
 */
export function conv2dCost(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: CostOptions,
): Conv2dCost {
  checkArity("conv2dCost", arguments.length, 3);
  const { bias = false, ...given } = readOptions(options, optionNames);
  if (typeof bias !== "boolean") throw invalid("true or false", "bias", bias);
  resolveChoice(given);
  const input = checkShape(inputShape, "inputShape");
  const weights = checkShape(weightsShape, "weightsShape");
  if (input.length !== 4) throw invalid("4 sizes", "inputShape", inputShape);
  if (weights.length !== 4) throw invalid("4 sizes", "weightsShape", weightsShape);
  const spec = resolveConvSpec(input, weights, "float32", given, { name: "weightsShape", shape: weights });
  const products = multiplyAdds(spec);
  return {
    outputShape: outputShapeOf(spec),
    parameters: elementCount(weights) + (bias ? spec.outChannels : 0),
    multiplyAdds: products,
    flops: 2 * products,
  };
}
