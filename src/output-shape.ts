// SPDX-License-Identifier: MIT

import { invalid } from "./errors.ts";
import { type Conv2dOptions, conv2dOutputShape, type IntegerConv2dOptions } from "./ops/conv2d.ts";
import { type Corr2dOptions, corr2dOutputShape } from "./ops/corr2d.ts";
import { checkArity } from "./options.ts";
import { checkShape } from "./tensor.ts";

/**
 * The shape that a convolution has, without computing it: of conv2d for shapes of four sizes, of corr2d and
 * convolve2d for shapes of two. Takes the options of the operator. Throws INVALID_ARGUMENT as the operator does.
 */
export function outputShape(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: Conv2dOptions | IntegerConv2dOptions | Corr2dOptions,
): number[] {
  checkArity("outputShape", arguments.length, 3);
  const input = checkShape(inputShape, "inputShape");
  const weights = checkShape(weightsShape, "weightsShape");
  if (input.length !== 2 && input.length !== 4) throw invalid("2 or 4 sizes", "inputShape", inputShape);
  if (weights.length !== input.length) throw invalid(`${input.length} sizes`, "weightsShape", weightsShape);
  return input.length === 2
    ? corr2dOutputShape(input, weights, options as Corr2dOptions)
    : conv2dOutputShape(input, weights, options as Conv2dOptions);
}
