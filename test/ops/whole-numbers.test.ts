// SPDX-License-Identifier: MIT
// Whole numbers come out exact with accuracy "exact", of every operator that has it, on shapes for which the default
// takes an algorithm that rounds them.
import type { Tensor } from "corr2d";
import { expect, it } from "vitest";
import { dtypes } from "../helpers/check.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { wholeNumbers } from "../helpers/lone-values.ts";
import type { DType, FloatArray } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";
import { gathered, type ScatterCase, scattered, weightGradient } from "../helpers/scatter-oracle.ts";

const exact = { accuracy: "exact" } as const;

/** Where winograd is fastest on every backend that has it. */
const layer: ScatterCase = {
  ...{ batch: 1, groups: 1, groupOut: 64, groupIn: 64 },
  ...{ sourceSize: [16, 16], size: [16, 16], kernel: [3, 3], strides: [1, 1], dilations: [1, 1] },
  ...{ padding: [1, 1, 1, 1], border: "constant" },
};
const shape = [1, 64, 16, 16];

function operandsOf(dtype: DType) {
  const random = new Random(576);
  const tensor = (sizes: number[]) => ({
    data: wholeNumbers(
      dtype,
      sizes.reduce((a, b) => a * b),
      random,
    ),
    shape: sizes,
  });
  return {
    x: tensor(shape),
    weights: tensor([64, 64, 3, 3]),
    g: tensor(shape),
    row: tensor([6000]),
    taps: tensor([2500]),
  };
}

const operands = { float32: operandsOf("float32"), float64: operandsOf("float64") };

const expected = new Map<string, FloatArray>();

/** Equal, all of them; the definition's values are worked out once. */
function expectExact(what: string, actual: Tensor, define: () => FloatArray): void {
  const values = expected.get(what) ?? define();
  expected.set(what, values);
  const at = actual.data.findIndex((value, i) => value !== values[i]);
  expect([what, at, actual.data.length]).toEqual([what, -1, values.length]);
}

function convolved(x: FloatArray, taps: FloatArray): Float64Array {
  const sums = new Float64Array(x.length - taps.length + 1);
  taps.forEach((tap, k) => {
    if (tap === 0) return;
    const first = taps.length - 1 - k;
    for (let i = 0; i < sums.length; i++) sums[i] += x[first + i] * tap;
  });
  return sums;
}

const reversed = (values: FloatArray) => values.slice().reverse();

forEachImplementation({}, (on) => {
  it("would take winograd by default", () => {
    const { x, weights } = operands.float32;
    const takes = (accuracy: "fast" | "exact") => {
      const options = { padding: 1, accuracy };
      using forward = on.engine.planConv2d(shape, weights, options);
      using transposed = on.engine.planConvTranspose2d(x.shape, weights, options);
      using gradient = on.engine.planConv2dGradInput(shape, weights, options);
      return [forward.algorithm, ...transposed.algorithms, ...gradient.algorithms].map(
        (algorithm) => algorithm === "winograd",
      );
    };
    expect(takes("fast")).toEqual(Array(3).fill(true));
    expect(takes("exact")).toEqual(Array(3).fill(false));
  });

  it("keeps corr1d and convolve1d from the Fourier transforms that they would take by default", () => {
    // Few of the taps are not zero, for the sake of the definition, which is slow.
    const [length, count] = on.backend === "reference" ? [6000, 2500] : [40000, 12000];
    const random = new Random(length);
    const row = wholeNumbers("float64", length, random);
    const taps = wholeNumbers("float64", count, random).map((tap, i) => (i % 20 === 0 ? tap : 0));
    const fast = on.engine.convolve1d(row, taps).data;
    const byFft = on.engine.convolve1d(row, taps, { algorithm: "fft" }).data;
    expect(fast.findIndex((value, i) => value !== byFft[i])).toBe(-1);
    expect(fast.some((value) => !Number.isInteger(value))).toBe(true);
    const define = () => convolved(row, taps);
    expectExact(`convolve1d of ${length}`, on.engine.convolve1d(row, taps, exact), define);
    expectExact(`convolve1d of ${length}`, on.engine.corr1d(row, reversed(taps), exact), define);
  });

  it.each(dtypes)("conv2d, conv3d and their plans, %s", async (dtype) => {
    const { x, weights } = operands[dtype];
    const options = { padding: 1, ...exact };
    const define = () => gathered(layer, x.data, weights.data);
    expectExact("conv2d", on.engine.conv2d(x, weights, options), define);
    expectExact("conv2d", await on.engine.conv2dAsync(x, weights, options), define);
    using plan = on.engine.planConv2d(x.shape, weights, options);
    expectExact("conv2d", plan.run(x), define);
    const [volume, filters] = [
      { ...x, shape: [1, 64, 1, 16, 16] },
      { ...weights, shape: [64, 64, 1, 3, 3] },
    ];
    expectExact("conv2d", on.engine.conv3d(volume, filters, { padding: [0, 1, 1], ...exact }), define);
    using planned = on.engine.planConv3d(volume.shape, filters, { padding: [0, 1, 1], ...exact });
    expectExact("conv2d", planned.run(volume), define);
  });

  it.each(dtypes)("convTranspose2d, conv2dGradInput and conv2dGradWeights, %s", async (dtype) => {
    const { x, weights, g } = operands[dtype];
    const options = { padding: 1, ...exact };
    const define = () => scattered(layer, g.data, weights.data);
    expectExact("transposed", on.engine.convTranspose2d(g, weights, options), define);
    expectExact("transposed", await on.engine.convTranspose2dAsync(g, weights, options), define);
    using transposed = on.engine.planConvTranspose2d(g.shape, weights, options);
    expectExact("transposed", transposed.run(g), define);
    expectExact("transposed", on.engine.conv2dGradInput(shape, weights, g, options), define);
    using gradient = on.engine.planConv2dGradInput(shape, weights, options);
    expectExact("transposed", gradient.run(g), define);
    const ofWeights = on.engine.conv2dGradWeights(x, weights.shape, g, options);
    expectExact("gradient of weights", ofWeights, () => weightGradient(layer, x.data, g.data));
  });

  it.each(dtypes)("corr1d, convolve1d, conv1d and convTranspose1d, %s", async (dtype) => {
    const { row, taps } = operands[dtype];
    const define = () => convolved(row.data, taps.data);
    expectExact("convolve1d", on.engine.convolve1d(row.data, taps.data, exact), define);
    expectExact("convolve1d", await on.engine.convolve1dAsync(row.data, taps.data, exact), define);
    expectExact("convolve1d", on.engine.corr1d(row.data, reversed(taps.data), exact), define);
    expectExact("convolve1d", await on.engine.corr1dAsync(row.data, reversed(taps.data), exact), define);
    const [signal, filters] = [
      { data: row.data, shape: [1, 1, 6000] },
      { data: taps.data, shape: [1, 1, 2500] },
    ];
    const flipped = { ...filters, data: reversed(taps.data) };
    expectExact("convolve1d", on.engine.conv1d(signal, flipped, exact), define);
    // Of transposed convolution the middle, where all taps meet the signal.
    const padding = taps.data.length - 1;
    expectExact("convolve1d", on.engine.convTranspose1d(signal, filters, { padding, ...exact }), define);
  });

  it.each(dtypes)("corr2d and convolve2d, %s", (dtype) => {
    const { row } = operands[dtype];
    const image = { data: row.data.subarray(0, 6000), shape: [60, 100] };
    const kernel = { data: row.data.slice(0, 9), shape: [3, 3] };
    const c: ScatterCase = {
      ...{ ...layer, groupOut: 1, groupIn: 1, padding: [0, 0, 0, 0] },
      ...{ size: [60, 100], sourceSize: [58, 98] },
    };
    const define = () => gathered(c, image.data, kernel.data);
    expectExact("corr2d", on.engine.corr2d(image, kernel, exact), define);
    const turned = { ...kernel, data: reversed(kernel.data) };
    expectExact("corr2d", on.engine.convolve2d(image, turned, exact), define);
  });
});
