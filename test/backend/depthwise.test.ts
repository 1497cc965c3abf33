// SPDX-License-Identifier: MIT
// depthwise takes only some convolutions; those it computes within the bound that holds for direct.
import { createEngine } from "corr2d";
import { expect, it } from "vitest";
import { convCases } from "../helpers/cases.ts";
import { checkBits, checkCase, collectFailures, dtypes } from "../helpers/check.ts";
import type { ConvCase } from "../helpers/conv-case.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { Random } from "../helpers/random.ts";

/** Planes around the width of vectors and the rows that are computed together, whose every edge is padded differently. */
function depthwiseCases(): ConvCase[] {
  const random = new Random(505);
  const [plain] = convCases();
  return Array.from({ length: 300 }, (_, i) => {
    const channels = random.pick([1, 2, 3, 5]);
    const kernel = random.pick([3, 5]);
    const stride = random.pick([1, 2]);
    const side = () => random.pick([0, 1, 1, 2, 3, 20]);
    const padding = random.pick([1, 2, "same", "full", [side(), side(), side(), side()]] as const);
    const least = padding === "full" || padding === "same" ? 1 : kernel;
    const size = (sizes: readonly number[]) => Math.max(least, random.pick(sizes));
    return {
      ...plain,
      name: "depthwise algorithm",
      seed: 7000 + i,
      batch: random.pick([1, 2]),
      inChannels: channels,
      outChannels: channels * random.pick([1, 1, 2, 3]),
      groups: channels,
      inHeight: size([1, 2, 3, 4, 6, 7, 8, 9, 13, 14, 15, 16, 29, 57]),
      inWidth: size([1, 2, 3, 4, 5, 7, 8, 9, 13, 14, 15, 16, 17, 18, 31, 32, 33, 34, 49, 67, 130]),
      kernelHeight: kernel,
      kernelWidth: kernel,
      strides: [stride, stride],
      dilations: [1, 1],
      padding,
      border: "constant",
      inputLayout: "nchw",
      filterLayout: "oihw",
      bias: random.pick([true, false]),
      activation: random.pick([{ kind: "none" }, { kind: "none" }, { kind: "relu" }, { kind: "tanh" }]),
      offset: random.pick([0, 1, 3]),
    } as ConvCase;
  });
}

const cases = [...depthwiseCases(), ...largeCases()];

/** Enough work for native to share it between threads, which it does from a million products on. */
function largeCases(): ConvCase[] {
  const [first] = depthwiseCases();
  const sizes = [
    [40, 50],
    [45, 64],
    [20, 120],
  ];
  return [1, 2].flatMap((stride) =>
    sizes.map(([inHeight, inWidth], i) => ({
      ...first,
      name: "depthwise algorithm on threads",
      seed: 7800 + 6 * (i + sizes.length * stride),
      batch: 1,
      inChannels: 64 * stride ** 2,
      outChannels: 64 * stride ** 2,
      groups: 64 * stride ** 2,
      inHeight,
      inWidth,
      kernelHeight: 3,
      kernelWidth: 3,
      strides: [stride, stride] as const,
      padding: 1,
    })),
  );
}

forEachImplementation({ what: "depthwise", without: "reference", threads: [1, 2] }, (on) => {
  it.each(dtypes)("%s is within the error bound in every case", async (dtype) => {
    const [engine] = on.engines;
    const check = (c: ConvCase) => checkCase(engine, on, c, "depthwise", dtype);
    expect(await collectFailures(cases, check)).toEqual([]);
  });

  it.each(dtypes)("%s is exact for whole numbers", async (dtype) => {
    const [, engine] = on.engines;
    const check = (c: ConvCase) => checkCase(engine, on, c, "depthwise", dtype, "integers");
    expect(await collectFailures(cases, check)).toEqual([]);
  });

  it.each(dtypes)("%s gives the same bits on one thread and two, sync and async", async (dtype) => {
    const both = on.engines;
    const some = cases.filter((c) => c.seed % 6 === 0);
    const products = (c: ConvCase) => (c.inChannels * c.inHeight * c.inWidth * 9) / c.strides[0] ** 2;
    expect(some.filter((c) => products(c) > 1.1e6).length).toBeGreaterThanOrEqual(6);
    const check = (c: ConvCase) => checkBits(both, on, c, "depthwise", dtype);
    expect(await collectFailures(some, check)).toEqual([]);
  });

  it("multiplies padding like any other zero: times infinity it is NaN", async () => {
    const [engine] = on.engines;
    const x = { data: new Float32Array(30 * 30).fill(1), shape: [1, 1, 30, 30] };
    const weights = { data: new Float32Array(9).fill(1), shape: [1, 1, 3, 3] };
    weights.data[0] = Number.POSITIVE_INFINITY;
    const { data } = engine.conv2d(x, weights, { padding: 1, algorithm: "depthwise" });
    for (let y = 0; y < 30; y++) {
      for (let column = 0; column < 30; column++) {
        const touchesPadding = y === 0 || column === 0;
        expect(data[y * 30 + column]).toBe(touchesPadding ? Number.NaN : Number.POSITIVE_INFINITY);
      }
    }
  });
});

it("refuses by name what it does not take", async () => {
  const engine = await createEngine({ backend: "native", threads: 1 });
  const plan = (shape: number[], weightsShape: number[], options: object) => () =>
    engine.planConv2d(
      shape,
      { data: new Float32Array(weightsShape.reduce((a, b) => a * b)), shape: weightsShape },
      { ...options, algorithm: "depthwise" },
    );
  const unsupported = expect.objectContaining({ code: "UNSUPPORTED" });
  expect(plan([1, 4, 9, 9], [4, 4, 3, 3], {})).toThrow(unsupported);
  expect(plan([1, 4, 9, 9], [4, 1, 3, 3], { groups: 4, padding: 1, border: "wrap" })).toThrow(unsupported);
  expect(plan([1, 4, 9, 9], [4, 1, 3, 5], { groups: 4 })).toThrow(unsupported);
  expect(plan([1, 4, 9, 9], [4, 1, 3, 3], { groups: 4, strides: 3 })).toThrow(unsupported);
  expect(plan([1, 4, 9, 9], [4, 1, 3, 3], { groups: 4, dilations: 2 })).toThrow(unsupported);
});
