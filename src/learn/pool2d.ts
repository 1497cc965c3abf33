// SPDX-License-Identifier: MIT

import { invalid } from "../errors.ts";
import { checkArity, checkOneOf, type Names, readOptions } from "../input/options.ts";
import { type AvgPool2dOptions, avgPool2dOutputShape, maxPool2dOutputShape } from "../ops/pool2d.ts";
import { type PerAxis, resolvePerAxis } from "../resolve/shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { checkSpatial, kept, Layer } from "./layer.ts";

/** Options of a {@link Pool2d}; `countIncludePad` is for means only. */
export type Pool2dLayerOptions = Pick<
  AvgPool2dOptions,
  "strides" | "padding" | "dilations" | "border" | "countIncludePad"
>;

const maxOptionNames: Names<Omit<Pool2dLayerOptions, "countIncludePad">> = {
  ...{ strides: true, padding: true, dilations: true, border: true },
};
const avgOptionNames: Names<Pool2dLayerOptions> = { ...maxOptionNames, countIncludePad: true };

/**
 * Pooling layer, the greatest element or the mean of each window: [batch, channels, height, width] to [batch, channels,
 * outHeight, outWidth]. As in PyTorch, `strides` are by default the size of the window.
 *
 * Throws INVALID_ARGUMENT for a kind other than "max" and "avg", and for options that make no sense.
 */
export class Pool2d extends Layer {
  readonly name: "MaxPool2d" | "AvgPool2d";
  readonly #options: AvgPool2dOptions;
  #x: TensorLike | undefined;

  constructor(kind: "max" | "avg", windowSize: PerAxis, options?: Pool2dLayerOptions) {
    checkArity("new Pool2d", arguments.length, 3);
    super();
    const isMax = checkOneOf(kind, ["max", "avg"], "kind") === "max";
    const spatial = readOptions(options, isMax ? maxOptionNames : avgOptionNames);
    const windowDimensions = resolvePerAxis(windowSize, "windowSize");
    checkSpatial(spatial, windowDimensions);
    const { countIncludePad = false } = spatial;
    if (typeof countIncludePad !== "boolean")
      throw invalid("true or false", "countIncludePad", countIncludePad);
    this.name = isMax ? "MaxPool2d" : "AvgPool2d";
    this.#options = { strides: windowDimensions, ...spatial, windowDimensions };
  }

  forward(x: TensorLike): Tensor {
    const pool = this.name === "MaxPool2d" ? this.engine.maxPool2d : this.engine.avgPool2d;
    const y = pool(x, this.#options);
    this.#x = x;
    return y;
  }

  backward(gradOutput: TensorLike): Tensor {
    const x = kept(this.#x);
    return this.name === "MaxPool2d"
      ? this.engine.maxPool2dGradInput(x, gradOutput, this.#options)
      : this.engine.avgPool2dGradInput(x.shape, gradOutput, this.#options);
  }

  outputShape(inputShape: readonly number[]): readonly number[] {
    return this.name === "MaxPool2d"
      ? maxPool2dOutputShape(inputShape, this.#options)
      : avgPool2dOutputShape(inputShape, this.#options);
  }
}
