// SPDX-License-Identifier: MIT

import { allocate, dtypeOf, type FloatDType } from "../dtype.ts";
import { defaultEngine, type Engine } from "../engine.ts";
import { Corr2dError, invalid } from "../errors.ts";
import { plain } from "../input/arrays.ts";
import { checkOneOf, checkPositive, type Names } from "../input/options.ts";
import type { ConvOptions } from "../resolve/convolution.ts";
import { resolvePadding, resolvePerAxis } from "../resolve/shape.ts";
import { borders } from "../spec/border.ts";
import { checkShape, elementCount, rowMajorElements, Tensor, type TensorLike } from "../tensor.ts";
import { type Fans, type Initializer, kaimingUniform } from "./initializers.ts";
import { Random } from "./random.ts";

/** A tensor that training changes. */
export interface Parameter {
  /** The name that PyTorch gives it, unique in its model: "0.weight". */
  readonly name: string;
  readonly value: Tensor;
  /** The gradient of the loss with respect to `value`, written by each `backward`. */
  readonly gradient: Tensor;
}

/**
 * A step of a model, from one tensor to another. `backward` belongs to the `forward` before it, whose input must not
 * change in between.
 */
export abstract class Layer {
  /** The name in tables: "Conv2d". */
  abstract readonly name: string;
  readonly parameters: readonly Parameter[] = [];
  #engine: Engine | undefined;

  /** The engine that computes: the default one, unless `useEngine` was given another. */
  get engine(): Engine {
    return this.#engine ?? defaultEngine();
  }

  useEngine(engine: Engine): void {
    checkEngine(engine);
    this.#engine = engine;
  }

  /** Draws all parameters anew, layer by layer. */
  initialize(_random: Random): void {}

  abstract forward(x: TensorLike): Tensor;

  /**
   * Takes the gradient of a loss with respect to the output of `forward`, writes the gradients of the parameters, and
   * returns the gradient of the input. Throws INVALID_ARGUMENT if there was no `forward`.
   */
  abstract backward(gradOutput: TensorLike): Tensor;

  /** Returns the shape of the output without computing it. Throws INVALID_ARGUMENT as `forward` does. */
  abstract outputShape(inputShape: readonly number[]): readonly number[];

  /** Counts the floating-point operations of `forward`: 2 for each multiply-add with a weight, and no others. */
  flops(_inputShape: readonly number[]): number {
    return 0;
  }
}

/** Throws INVALID_ARGUMENT unless `engine` has an engine's operators. */
export function checkEngine(engine: unknown): void {
  if (typeof (engine as Engine | null | undefined)?.planConv2d !== "function")
    throw invalid("an engine", "engine", engine);
}

export interface WeightedLayerOptions {
  /** Whether a number, at first 0, is added to each output channel. Default true. */
  readonly bias?: boolean;
  /** The element type of the parameters. Default "float32". */
  readonly dtype?: FloatDType;
  /** Draws the first weights. Default {@link kaimingUniform}. */
  readonly initializer?: Initializer;
  /** The seed of the first weights. Default 0. A Sequential can draw those of all its layers from one seed. */
  readonly seed?: number;
}

export const weightedOptionNames: Names<WeightedLayerOptions> = {
  ...{ bias: true, dtype: true, initializer: true, seed: true },
};

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** A layer with weights and a bias. */
export abstract class WeightedLayer extends Layer {
  override readonly parameters: readonly Parameter[];
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly #fans: Fans;
  readonly #initializer: Initializer;

  constructor(
    weightShape: readonly number[],
    biases: number,
    fans: Fans,
    options: Given<WeightedLayerOptions>,
  ) {
    super();
    const { bias = true, dtype = "float32", initializer = kaimingUniform, seed = 0 } = options;
    checkOneOf(dtype, ["float32", "float64"], "dtype");
    if (typeof bias !== "boolean") throw invalid("true or false", "bias", bias);
    if (typeof initializer !== "function") throw invalid("a function", "initializer", initializer);
    this.weight = parameter("weight", dtype, weightShape);
    this.bias = bias ? parameter("bias", dtype, [biases]) : undefined;
    this.parameters = this.bias === undefined ? [this.weight] : [this.weight, this.bias];
    this.#fans = fans;
    this.#initializer = initializer;
    this.initialize(new Random(seed));
  }

  override initialize(random: Random): void {
    this.#initializer(this.weight.value.data, this.#fans, random);
    this.bias?.value.data.fill(0);
  }
}

function parameter(name: string, dtype: FloatDType, shape: readonly number[]): Parameter {
  const zeros = () => new Tensor(allocate(dtype, elementCount(shape)), shape);
  return { name, value: zeros(), gradient: zeros() };
}

/** Throws INVALID_ARGUMENT unless `model` is a layer. */
export function checkModel(model: unknown): asserts model is Layer {
  if (!(model instanceof Layer)) throw invalid("a layer", "model", model);
}

/** Returns what `forward` kept for `backward`. Throws INVALID_ARGUMENT if it was not called. */
export function kept<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Corr2dError("INVALID_ARGUMENT", "Expected a call of forward() before that of backward()");
  }
  return value;
}

/** Returns the same elements in another shape. */
export function reshaped({ data }: TensorLike, shape: readonly number[]): Tensor {
  return new Tensor(data, shape);
}

/** Checks a tensor of any rank. Throws INVALID_ARGUMENT. */
export function checkTensor(value: TensorLike, name: string): Tensor {
  if (typeof value !== "object" || value === null) throw invalid("{ data, shape }", name, value);
  const { data: given, shape } = value;
  const elements = plain(given, dtypeOf(given, `${name}.data`));
  const sizes = checkShape(shape, `${name}.shape`);
  const data = rowMajorElements(value, elements, sizes, name);
  const count = elementCount(sizes);
  if (data.length !== count) throw invalid(`${count} elements`, `${name}.data`, data);
  return new Tensor(data, sizes);
}

/** Checks the options that need no input to be checked. Throws INVALID_ARGUMENT. */
export function checkSpatial(
  options: Pick<ConvOptions, "strides" | "padding" | "dilations" | "border">,
  kernel: readonly [number, number],
  rules?: readonly string[],
): void {
  const { strides = 1, padding = 0, dilations = 1, border = "constant" } = options;
  const [steps, distances] = [resolvePerAxis(strides, "strides"), resolvePerAxis(dilations, "dilations")];
  resolvePadding(padding, [1, 1], kernel, steps, distances, rules);
  checkOneOf(border, borders, "border");
}

/** Checks a number of channels or features. Throws INVALID_ARGUMENT. */
export function checkCount(value: number, name: string): number {
  checkPositive(value, name);
  return value;
}
