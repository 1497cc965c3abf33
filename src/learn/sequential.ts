// SPDX-License-Identifier: MIT
import type { Engine } from "../engine.ts";
import { invalid } from "../errors.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { checkTensor, Layer, type Parameter } from "./layer.ts";
import { Random } from "./random.ts";

export interface SequentialOptions {
  /** The engine that computes all layers. Default: the default engine. */
  readonly engine?: Engine;
  /** Draws the parameters of all layers anew, from one generator. Default: they stay as they are. */
  readonly seed?: number;
}

const optionNames: Names<SequentialOptions> = { engine: true, seed: true };

/**
 * Layers one after the other, as one layer. As in PyTorch, places name its parameters: "0.weight", "0.bias",
 * "3.weight".
 *
 * Throws INVALID_ARGUMENT for anything but layers, and for a layer that occurs twice.
 */
export class Sequential extends Layer {
  readonly name = "Sequential";
  readonly layers: readonly Layer[];
  override readonly parameters: readonly Parameter[];

  constructor(layers: readonly Layer[], options?: SequentialOptions) {
    checkArity("new Sequential", arguments.length, 2);
    super();
    const { engine, seed } = readOptions(options, optionNames);
    if (!Array.isArray(layers)) throw invalid("an array of layers", "layers", layers);
    const checked: Layer[] = [];
    for (let i = 0; i < layers.length; i++) {
      const layer: unknown = layers[i];
      // A layer keeps state between forward and backward, so it can have only one place in a model.
      if (!(layer instanceof Layer) || checked.includes(layer))
        throw invalid("a layer that occurs once", `layers[${i}]`, layer);
      checked.push(layer);
    }
    this.layers = checked;
    this.parameters = this.layers.flatMap((layer, i) =>
      layer.parameters.map((parameter) => ({ ...parameter, name: `${i}.${parameter.name}` })),
    );
    if (engine !== undefined) this.useEngine(engine);
    if (seed !== undefined) this.initialize(new Random(seed));
  }

  override useEngine(engine: Engine): void {
    super.useEngine(engine);
    for (const layer of this.layers) layer.useEngine(engine);
  }

  override initialize(random: Random): void {
    for (const layer of this.layers) layer.initialize(random);
  }

  forward(x: TensorLike): Tensor {
    const [first, ...rest] = this.layers;
    // The first layer gets x itself, as a tensor in WebAssembly's memory must be asked for its elements each time.
    let y = first === undefined ? checkTensor(x, "x") : first.forward(x);
    for (const layer of rest) y = layer.forward(y);
    return y;
  }

  backward(gradOutput: TensorLike): Tensor {
    let gradient = checkTensor(gradOutput, "gradOutput");
    for (const layer of this.layers.toReversed()) gradient = layer.backward(gradient);
    return gradient;
  }

  outputShape(inputShape: readonly number[]): readonly number[] {
    return this.layers.reduce((shape, layer) => layer.outputShape(shape), inputShape);
  }

  override flops(inputShape: readonly number[]): number {
    let flops = 0;
    let shape = inputShape;
    for (const layer of this.layers) {
      flops += layer.flops(shape);
      shape = layer.outputShape(shape);
    }
    return flops;
  }
}
