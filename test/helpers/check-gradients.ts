// SPDX-License-Identifier: MIT
// One implementation's gradients of one case against their definition. Runs in pages, too: without vitest.
import type { Conv2dGradientOptions, Engine } from "corr2d";
import { type ConvCase, describeCase } from "./conv-case.ts";
import { type Bounded, type Gradients, gradientsOf, outputSizesOf } from "./gradient-oracle.ts";
import { lay, operandsOf } from "./operands.ts";
import type { DType, FloatArray } from "./oracle.ts";
import { Random } from "./random.ts";

export function gradientOptions(c: ConvCase): Conv2dGradientOptions {
  const { strides, padding, dilations, groups, border, inputLayout, filterLayout } = c;
  return { strides, padding, dilations, groups, border, inputLayout, filterLayout, accuracy: "exact" };
}

export function filled(dtype: DType, length: number, seed: number): FloatArray {
  const random = new Random(seed);
  const data = dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
  return data.map(() => 2 * random.next() - 1);
}

export function check(name: string, actual: FloatArray, { values, allowed }: Bounded): void {
  if (actual.length !== values.length) throw new Error(`${name}: ${actual.length}, not ${values.length}`);
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs(actual[i] - values[i]);
    if (error <= allowed[i]) continue;
    throw new Error(`${name}[${i}]: expected ${values[i]} +- ${allowed[i]} but received ${actual[i]}`);
  }
}

function checkShape(name: string, actual: readonly number[], expected: readonly number[]): void {
  if (String(actual) !== String(expected)) throw new Error(`${name}: [${actual}], not [${expected}]`);
}

interface Prepared {
  readonly gradOutput: FloatArray;
  readonly exact: Gradients;
}

const prepared = new Map<string, Prepared>();

/** What a case should give, computed once for all implementations. */
export function prepare(c: ConvCase, dtype: DType): Prepared {
  const key = `${c.seed} ${dtype}`;
  let entry = prepared.get(key);
  if (entry === undefined) {
    const [outHeight, outWidth] = outputSizesOf(c);
    const gradOutput = filled(dtype, c.batch * c.outChannels * outHeight * outWidth, c.seed + 1);
    entry = { gradOutput, exact: gradientsOf(c, dtype, { ...operandsOf(c, dtype), gradOutput }) };
    prepared.set(key, entry);
  }
  return entry;
}

export function checkGradients(engine: Engine, c: ConvCase, dtype: DType): void {
  const { x, weights } = operandsOf(c, dtype);
  const [outHeight, outWidth] = outputSizesOf(c);
  const sizes = [c.batch, c.outChannels, outHeight, outWidth];
  const { gradOutput, exact } = prepare(c, dtype);
  const { inputLayout, filterLayout, offset } = c;
  const inSizes = [c.batch, c.inChannels, c.inHeight, c.inWidth];
  const weightSizes = [c.outChannels, c.inChannels / c.groups, c.kernelHeight, c.kernelWidth];
  const given = {
    x: lay(x, dtype, inSizes, "nchw", inputLayout, offset),
    weights: lay(weights, dtype, weightSizes, "oihw", filterLayout, offset),
    gradOutput: lay(gradOutput, dtype, sizes, "nchw", inputLayout, offset),
  };
  const options = gradientOptions(c);
  try {
    const gradInput = engine.conv2dGradInput(given.x.shape, given.weights, given.gradOutput, options);
    checkShape("input", gradInput.shape, given.x.shape);
    check("input", lay(gradInput.data, dtype, gradInput.shape, inputLayout, "nchw", 0).data, exact.input);
    const gradWeights = engine.conv2dGradWeights(given.x, given.weights.shape, given.gradOutput, options);
    checkShape("weights", gradWeights.shape, given.weights.shape);
    check(
      "weights",
      lay(gradWeights.data, dtype, gradWeights.shape, filterLayout, "oihw", 0).data,
      exact.weights,
    );
    const gradBias = engine.conv2dGradBias(given.gradOutput, options);
    checkShape("bias", gradBias.shape, [c.outChannels]);
    check("bias", gradBias.data, exact.bias);
  } catch (cause) {
    throw new Error(`${dtype} ${describeCase(c)}: ${(cause as Error).message}`, { cause });
  }
}
