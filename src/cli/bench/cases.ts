// SPDX-License-Identifier: MIT
import type { ConvOptions } from "../../resolve/convolution.ts";
import type { TensorLike } from "../../tensor.ts";

type Float32Tensor = TensorLike<Float32Array>;

/** A convolution worth timing. */
export interface BenchCase {
  readonly name: string;
  readonly options: Pick<ConvOptions, "strides" | "padding">;
  operands(): { x: Float32Tensor; weights: Float32Tensor };
}

/** Three layers of ResNet-50 and an image filter. */
export const benchCases: readonly BenchCase[] = [
  benchCase("3x3 layer, 64 to 64 channels, 56 x 56", [1, 64, 56, 56], [64, 64, 3, 3], { padding: 1 }),
  benchCase("1x1 layer, 256 to 64 channels, 56 x 56", [1, 256, 56, 56], [64, 256, 1, 1], {}),
  benchCase("7x7 layer, stride 2, 3 to 64 channels, 224 x 224", [1, 3, 224, 224], [64, 3, 7, 7], {
    strides: 2,
    padding: 3,
  }),
  benchCase("5x5 filter of one channel, 1024 x 1024", [1, 1, 1024, 1024], [1, 1, 5, 5], { padding: 2 }),
];

function benchCase(
  name: string,
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options: BenchCase["options"],
): BenchCase {
  return {
    name,
    options,
    operands: () => ({ x: wholeNumbers(inputShape, 1), weights: wholeNumbers(weightsShape, 2) }),
  };
}

/** Makes whole numbers from -8 to 7 by a linear congruential generator, the same in every run. */
function wholeNumbers(shape: readonly number[], seed: number): Float32Tensor {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = (state >>> 28) - 8;
  }
  return { data, shape };
}
