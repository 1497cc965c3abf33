// SPDX-License-Identifier: MIT
// A NaN or an infinity in one place of a convolution's operands goes where the definition takes it, and nowhere else.
import type { Engine, Tensor } from "corr2d";
import { describe, expect, it } from "vitest";
import { algorithms, collectFailures, dtypes } from "../helpers/check.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import {
  eachLoneValue,
  type LayoutCase,
  placesOf,
  scatterCases,
  wholeNumbers,
} from "../helpers/lone-values.ts";
import { lay } from "../helpers/operands.ts";
import type { DType, FloatArray } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";
import { gathered, visitProducts, weightGradient } from "../helpers/scatter-oracle.ts";

/** A convolution of the shapes of a transposed one. */
function convolution(c: LayoutCase): LayoutCase {
  const output = (axis: 0 | 1) =>
    Math.floor(
      (c.size[axis] +
        c.padding[2 * axis] +
        c.padding[2 * axis + 1] -
        ((c.kernel[axis] - 1) * c.dilations[axis] + 1)) /
        c.strides[axis],
    ) + 1;
  return { ...c, sourceSize: [output(0), output(1)] };
}

const cases = scatterCases(90).map(convolution);

/** Planes of their own, for the algorithm that takes nothing else. */
const depthwiseCases = scatterCases(60).map((c, i) => {
  const stride = (i % 2) + 1;
  const size = i % 4 < 2 ? 3 : 5;
  return convolution({
    ...c,
    ...{ seed: 900 + i, groups: 3, groupIn: 1, groupOut: 1, border: "constant", inputLayout: "nchw" },
    ...{ kernel: [size, size], strides: [stride, stride], dilations: [1, 1] },
    size: [Math.max(c.size[0], 5), Math.max(c.size[1], 5)],
  });
});

function operandsOf(c: LayoutCase, dtype: DType) {
  const random = new Random(c.seed);
  const sizes = {
    x: [c.batch, c.groups * c.groupIn, ...c.size],
    output: [c.batch, c.groups * c.groupOut, ...c.sourceSize],
    weights: [c.groups * c.groupOut, c.groupIn, ...c.kernel],
  };
  const fill = (shape: readonly number[]) => {
    const data = wholeNumbers(
      dtype,
      shape.reduce((a, b) => a * b),
      random,
    );
    return { data, places: placesOf(data.length, random, 3) };
  };
  return { sizes, x: fill(sizes.x), weights: fill(sizes.weights), gradOutput: fill(sizes.output) };
}

type Operands = ReturnType<typeof operandsOf>;

const expected = new Map<string, Float64Array>();

/** The definition's values, worked out once for all implementations. */
function once(key: string, values: () => Float64Array): Float64Array {
  const known = expected.get(key) ?? values();
  expected.set(key, known);
  return known;
}

function compare(what: string, actual: FloatArray, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    if (actual[i] === values[i] || Object.is(actual[i], values[i])) continue;
    throw new Error(`${what}: [${i}] is ${actual[i]}, not ${values[i]}`);
  }
}

const optionsOf = ({ strides, padding, dilations, groups, border, inputLayout }: LayoutCase) =>
  ({ strides, padding, dilations, groups, border, inputLayout, accuracy: "exact" }) as const;

const planar = ({ data, shape }: Tensor, c: LayoutCase, dtype: DType) =>
  lay(data as FloatArray, dtype, shape, c.inputLayout, "nchw", 0).data;

type Check = (engine: Engine, c: LayoutCase, dtype: DType, operands: Operands, what: string) => void;

const forward: Check = (engine, c, dtype, { sizes, x, weights }, what) => {
  const values = once(`forward ${c.seed} ${what}`, () => gathered(c, x.data, weights.data));
  const input = lay(x.data, dtype, sizes.x, "nchw", c.inputLayout, 0);
  const isDepthwise = c.seed >= 900 && engine.backend !== "reference";
  for (const algorithm of isDepthwise ? (["depthwise"] as const) : algorithms) {
    const options = { ...optionsOf(c), algorithm };
    const y = engine.conv2d(input, { data: weights.data, shape: sizes.weights }, options);
    compare(`${algorithm} ${what}`, planar(y, c, dtype), values);
  }
};

const gradWeights: Check = (engine, c, dtype, { sizes, x, gradOutput }, what) => {
  const values = once(`gradWeights ${c.seed} ${what}`, () => weightGradient(c, x.data, gradOutput.data));
  const input = lay(x.data, dtype, sizes.x, "nchw", c.inputLayout, 0);
  const gradient = lay(gradOutput.data, dtype, sizes.output, "nchw", c.inputLayout, 0);
  compare(what, engine.conv2dGradWeights(input, sizes.weights, gradient, optionsOf(c)).data, values);
};

/** Nothing is multiplied here, so that zeros can do no harm unless masks are products. */
const sums: Check = (engine, c, dtype, { sizes, gradOutput }, what) => {
  const [length, channels] = [c.sourceSize[0] * c.sourceSize[1], c.groups * c.groupOut];
  const plane = { ...c, groups: channels, groupIn: 1, groupOut: 1 };
  const taps = c.kernel[0] * c.kernel[1];
  const { strides, padding, dilations, border, inputLayout } = optionsOf(c);
  const options = { windowDimensions: c.kernel, strides, padding, dilations, border };
  const g = gradOutput.data;
  const folded = once(`fold ${c.seed} ${what}`, () => {
    const result = new Float64Array(c.batch * channels * c.size[0] * c.size[1]);
    visitProducts(plane, (place, source) => {
      if (place >= 0) result[place] += g[source];
    });
    return result;
  });
  // Each column has the same element for all taps.
  const shape = [c.batch, channels * taps, length];
  const all = dtype === "float32" ? new Float32Array(g.length * taps) : new Float64Array(g.length * taps);
  for (let i = 0; i < all.length; i++) {
    all[i] = g[Math.floor(i / (length * taps)) * length + (i % length)];
  }
  compare(`fold ${what}`, engine.fold({ data: all, shape }, c.size, options).data as FloatArray, folded);
  // Windows of as many elements, padding included, give equal shares of whole numbers.
  const scaled = g.map((value) => value * taps);
  const sizesOfX = [c.batch, channels, ...c.size];
  const inputShape = [...inputLayout].map((axis) => sizesOfX["nchw".indexOf(axis)]);
  const gradient = lay(scaled, dtype, sizes.output, "nchw", inputLayout, 0);
  const pooling = { ...options, inputLayout, countIncludePad: true };
  const averaged = engine.avgPool2dGradInput(inputShape, gradient, pooling);
  compare(`avgPool2dGradInput ${what}`, planar(averaged, c, dtype), folded);
};

const checks = [
  ["a convolution", forward, cases, ["x", "weights"]],
  ["a depthwise convolution", forward, depthwiseCases, ["x", "weights"]],
  ["the gradient of weights", gradWeights, cases, ["x", "gradOutput"]],
  ["fold and the gradient of a mean", sums, cases, ["gradOutput"]],
] as const;

forEachImplementation({}, (on) => {
  describe.each(checks)("%s", (_, check, cases, names) => {
    it.each(dtypes)("takes a lone value where its definition does, %s", async (dtype) => {
      const failures = await collectFailures(cases, (c) => {
        const operands = operandsOf(c, dtype);
        for (const name of names) {
          const { data, places } = operands[name];
          eachLoneValue(data, places, (what) => {
            try {
              check(on.engine, c, dtype, operands, `${name} ${what}`);
            } catch (cause) {
              throw new Error(`${JSON.stringify(c)} ${(cause as Error).message}`, { cause });
            }
          });
        }
      });
      expect(failures).toEqual([]);
    });
  });
});
