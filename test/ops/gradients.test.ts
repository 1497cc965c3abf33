// SPDX-License-Identifier: MIT
// Gradients on every backend and instruction set, against their definition.
import {
  conv2dGradBias,
  conv2dGradInput,
  conv2dGradWeights,
  conv2dGradWeightsAsync,
  convTranspose2d,
  createEngine,
  type Engine,
  outputShape,
  planConv2dGradWeights,
  planConvTranspose2d,
  Tensor,
  type TensorLike,
} from "corr2d";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convCases } from "../helpers/cases.ts";
import { collectFailures, dtypes } from "../helpers/check.ts";
import { checkGradients, filled } from "../helpers/check-gradients.ts";
import type { ConvCase } from "../helpers/conv-case.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import type { FloatArray } from "../helpers/oracle.ts";

const gradientCases: readonly ConvCase[] = convCases().filter(
  (c) => c.batch * c.inChannels * c.outChannels * c.inHeight * c.inWidth * c.kernelHeight < 1e6,
);

forEachImplementation({}, (on) => {
  it("is what was asked for", () => {
    expect([on.engine.backend, on.engine.isa]).toEqual([on.backend, on.isa]);
  });

  it.each(dtypes)("has the gradients of the definition, %s", async (dtype) => {
    expect(gradientCases.length).toBeGreaterThan(50);
    expect(await collectFailures(gradientCases, (c) => checkGradients(on.engine, c, dtype))).toEqual([]);
  });
});

/** Whole numbers from -9 to 9: sums stay exact, so that laws hold to the last bit. */
function whole(...shape: number[]): fc.Arbitrary<TensorLike<Float64Array>> {
  const length = shape.reduce((a, b) => a * b, 1);
  return fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: length, maxLength: length })
    .map((values) => ({ data: Float64Array.from(values), shape }));
}

const size = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(size(min, max), size(min, max));

/** A layer of any kind, and the gradient of its output. */
const layers = fc
  .record({
    sizes: fc.record({ batch: size(1, 2), groups: size(1, 2), groupIn: size(1, 3), groupOut: size(1, 3) }),
    image: pair(1, 9),
    kernel: pair(1, 4),
    strides: pair(1, 4),
    dilations: pair(1, 3),
    padding: fc.tuple(size(0, 5), size(0, 5), size(0, 5), size(0, 5)),
    border: fc.constantFrom("constant", "replicate", "reflect", "mirror", "wrap"),
    inputLayout: fc.constantFrom("nchw", "nhwc"),
    filterLayout: fc.constantFrom("oihw", "hwio", "ohwi", "ihwo"),
  })
  .filter(({ image, kernel, dilations, padding }) =>
    [0, 1].every((i) => (kernel[i] - 1) * dilations[i] < image[i] + padding[2 * i] + padding[2 * i + 1]),
  )
  .chain(({ sizes: { batch, groups, groupIn, groupOut }, image: [h, w], kernel: [kh, kw], ...options }) => {
    const order = (layout: string, values: Record<string, number>) => [...layout].map((axis) => values[axis]);
    const all = { ...options, groups } as const;
    const inputShape = order(all.inputLayout, { n: batch, c: groups * groupIn, h, w });
    const weightsShape = order(all.filterLayout, { o: groups * groupOut, i: groupIn, h: kh, w: kw });
    return fc.record({
      options: fc.constant(all),
      x: whole(...inputShape),
      weights: whole(...weightsShape),
      gradOutput: whole(...outputShape.conv2d(inputShape, weightsShape, all)),
    });
  });

const dot = (a: TensorLike, b: TensorLike) => {
  expect(a.shape).toEqual(b.shape);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i] * b.data[i];
  return sum;
};

describe.each(["native", "wasm", "reference"] as const)("laws on %s", (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ backend });
  });
  afterAll(() => engine?.dispose());

  it("the gradients are the adjoints of the convolution", () => {
    const law = fc.property(layers, ({ options, x, weights, gradOutput }) => {
      const y = engine.conv2d(x, weights, options);
      const gradInput = engine.conv2dGradInput(x.shape, weights, gradOutput, options);
      expect(dot(gradInput, x)).toBe(dot(y, gradOutput));
      const gradWeights = engine.conv2dGradWeights(x, weights.shape, gradOutput, options);
      expect(dot(gradWeights, weights)).toBe(dot(y, gradOutput));
    });
    fc.assert(law, { seed: 6, numRuns: 300 });
  });

  it("a step in any direction changes the output as the gradients say, by finite differences", () => {
    const options = { strides: [2, 1], padding: [1, 2, 0, 1], dilations: [1, 2], border: "reflect" } as const;
    const x = { data: filled("float64", 2 * 3 * 6 * 7, 1), shape: [2, 3, 6, 7] };
    const weights = { data: filled("float64", 4 * 3 * 3 * 2, 2), shape: [4, 3, 3, 2] };
    const bias = filled("float64", 4, 3);
    const at = (data: FloatArray, i: number, step: number) => data.map((v, k) => (k === i ? v + step : v));
    const output = (a: FloatArray, b: FloatArray, c: FloatArray) =>
      engine.conv2d({ ...x, data: a }, { ...weights, data: b }, { ...options, bias: c });
    // The loss is half the sum of squares, whose gradient is the output itself; in one element it is a parabola, of
    // which central differences have no error but rounding: u times the loss by the step.
    const loss = (...operands: [FloatArray, FloatArray, FloatArray]) => {
      const y = output(...operands);
      return dot(y, y) / 2;
    };
    const y = output(x.data, weights.data, bias);
    const step = 2 ** -10;
    const rounding = (64 * 2 ** -53 * loss(x.data, weights.data, bias)) / step;
    const compare = (gradient: FloatArray, difference: (i: number, step: number) => number) => {
      gradient.forEach((value, i) => {
        const slope = (difference(i, step) - difference(i, -step)) / (2 * step);
        expect(Math.abs(slope - value)).toBeLessThan(rounding);
      });
    };
    compare(engine.conv2dGradInput(x.shape, weights, y, options).data, (i, h) =>
      loss(at(x.data, i, h), weights.data, bias),
    );
    compare(engine.conv2dGradWeights(x, weights.shape, y, options).data, (i, h) =>
      loss(x.data, at(weights.data, i, h), bias),
    );
    compare(engine.conv2dGradBias(y, options).data, (i, h) => loss(x.data, weights.data, at(bias, i, h)));
  });

  it("asynchronous calls and plans give the same bits, whatever the options", async () => {
    const [first, ...rest] = fc.sample(layers, { seed: 7, numRuns: 12 });
    for (const { options, x, weights, gradOutput } of [first, ...rest]) {
      const gradInput = engine.conv2dGradInput(x.shape, weights, gradOutput, options);
      const later = await engine.conv2dGradInputAsync(x.shape, weights, gradOutput, options);
      expect(later).toEqual(gradInput);
      using plan = engine.planConv2dGradInput(x.shape, weights, options);
      expect(plan.run(gradOutput)).toEqual(gradInput);
      expect(plan.run(gradOutput)).toEqual(gradInput);
      const both = await Promise.all([plan.runAsync(gradOutput), plan.runAsync(gradOutput)]);
      expect(both).toEqual([gradInput, gradInput]);
      const gradWeights = engine.conv2dGradWeights(x, weights.shape, gradOutput, options);
      const out = new Float64Array(weights.data.length).fill(Number.NaN);
      engine.conv2dGradWeights(x, weights.shape, gradOutput, { ...options, out });
      expect(out).toEqual(gradWeights.data);
      expect(await engine.conv2dGradWeightsAsync(x, weights.shape, gradOutput, options)).toEqual(gradWeights);
      const double = { ...options, dtype: "float64" } as const;
      using sums = engine.planConv2dGradWeights(x.shape, weights.shape, double);
      expect(sums.run(x, gradOutput)).toEqual(gradWeights);
      // What one run left behind is not in the next.
      const zeros = new Float64Array(x.data.length);
      expect(sums.run(zeros, gradOutput).data.every((value) => value === 0)).toBe(true);
      const pair = [
        sums.runAsync(x, gradOutput),
        sums.runAsync(zeros, gradOutput),
        sums.runAsync(x, gradOutput),
      ];
      const [one, none, two] = await Promise.all(pair);
      expect([one, two]).toEqual([gradWeights, gradWeights]);
      expect(none.data.every((value) => value === 0)).toBe(true);
    }
  });

  it("stops at an abort", async () => {
    const x = { data: new Float32Array(8 * 64 * 64 * 64), shape: [8, 64, 64, 64] };
    const weights = { data: new Float32Array(64 * 64 * 9), shape: [64, 64, 3, 3] };
    const options = { padding: 1, signal: AbortSignal.timeout(5) };
    const reason = { name: "TimeoutError" };
    await expect(engine.conv2dGradInputAsync(x.shape, weights, x, options)).rejects.toMatchObject(reason);
    const again = { padding: 1, signal: AbortSignal.timeout(5) };
    await expect(engine.conv2dGradWeightsAsync(x, weights.shape, x, again)).rejects.toMatchObject(reason);
  });
});

describe("an empty batch", () => {
  const weights = { data: new Float32Array(2 * 3).fill(1), shape: [2, 3, 1, 1] };
  const x = { data: new Float32Array(0), shape: [0, 3, 4, 4] };
  const gradOutput = { data: new Float32Array(0), shape: [0, 2, 4, 4] };

  it("has an empty gradient of the input and gradients of zeros", async () => {
    expect(conv2dGradInput(x.shape, weights, gradOutput)).toEqual(new Tensor(new Float32Array(0), x.shape));
    const out = new Float32Array(6).fill(7);
    conv2dGradWeights(x, weights.shape, gradOutput, { out });
    expect(out).toEqual(new Float32Array(6));
    const later = await conv2dGradWeightsAsync(x, weights.shape, gradOutput);
    expect(later.data).toEqual(new Float32Array(6));
    expect(conv2dGradBias(gradOutput).data).toEqual(new Float32Array(2));
  });
});

describe("bad input", () => {
  const x = { data: new Float32Array(3 * 16), shape: [1, 3, 4, 4] };
  const weights = { data: new Float32Array(2 * 3 * 9), shape: [2, 3, 3, 3] };
  const gradOutput = { data: new Float32Array(2 * 4), shape: [1, 2, 2, 2] };
  const fails = (call: () => unknown, message: RegExp) => {
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  };

  it("is answered by name", () => {
    fails(() => conv2dGradInput([1, 3, 4], weights, gradOutput), /inputShape/);
    fails(() => conv2dGradInput([1, 3, 5, 4], weights, gradOutput), /\[1, 2, 3, 2\] for gradOutput.shape/);
    fails(() => conv2dGradInput(x.shape, weights, { ...gradOutput, shape: [1, 2, 4] }), /gradOutput/);
    fails(() => conv2dGradInput(x.shape, weights, new Float64Array(8) as never), /gradOutput/);
    fails(() => conv2dGradInput(x.shape, weights, gradOutput, { activation: "relu" } as never), /activation/);
    fails(() => conv2dGradInput(x.shape, weights, gradOutput, { accuracy: "best" as never }), /accuracy/);
    fails(() => conv2dGradWeights(x, [2, 3, 3], gradOutput), /weightsShape/);
    fails(() => conv2dGradWeights(x, [2, 4, 3, 3], gradOutput), /input channels/);
    fails(() => conv2dGradWeights(x, [2, 3, 5, 5], gradOutput), /weightsShape/);
    const double = { data: new Float64Array(8), shape: [1, 2, 2, 2] };
    fails(() => conv2dGradWeights(x, weights.shape, double), /float32 elements, as x has, for gradOutput/);
    fails(() => conv2dGradWeights(x, weights.shape, gradOutput, { out: new Float32Array(5) }), /out/);
    fails(() => planConv2dGradWeights([1, 3, 4], weights.shape), /inputShape/);
    fails(() => planConv2dGradWeights(x.shape, weights.shape, { dtype: "int8" as never }), /dtype/);
    const plan = planConv2dGradWeights(x.shape, weights.shape);
    fails(() => plan.run({ ...x, shape: [3, 1, 4, 4] }, gradOutput), /\[1, 3, 4, 4\] for x.shape/);
    fails(() => plan.run(new Float64Array(48) as never, gradOutput), /float32 elements for x/);
    fails(() => plan.run(x, gradOutput.data.subarray(1)), /8 elements for gradOutput/);
    plan.dispose();
    expect(() => plan.run(x, gradOutput)).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    const shared = { data: x.data.subarray(0, 8), shape: [1, 2, 2, 2] };
    const both = new Float32Array(64);
    const overlapping = { ...x, data: both.subarray(0, 48) };
    const out = both.subarray(10, 64);
    fails(() => conv2dGradWeights(overlapping, weights.shape, gradOutput, { out }), /apart from x/);
    fails(() => conv2dGradInput(x.shape, weights, shared, { out: x }), /apart from gradOutput/);
    fails(() => conv2dGradBias({ data: new Float32Array(4), shape: [2, 2] }), /gradOutput/);
    fails(() => conv2dGradBias(gradOutput, { inputLayout: "chwn" as never }), /inputLayout/);
    fails(() => conv2dGradBias(gradOutput, { out: new Float32Array(3) }), /out/);
  });

  it("is answered by name, of transposed convolutions too", () => {
    const filters = { data: new Float32Array(3 * 2 * 9), shape: [3, 2, 3, 3] };
    fails(() => convTranspose2d(x, weights), /3 input channels for weights.shape \(iohw\)/);
    fails(() => convTranspose2d(x, filters, { groups: 2 }), /groups/);
    fails(() => convTranspose2d(x, filters, { outputPadding: 1 }), /0 to 0.* for outputPadding /);
    fails(() => convTranspose2d(x, filters, { strides: 2, outputPadding: [1, 2] }), /outputPadding\[1\]/);
    fails(() => convTranspose2d(x, filters, { outputPadding: [0] as never }), /outputPadding/);
    fails(() => convTranspose2d(x, filters, { padding: "same" as never }), /padding/);
    fails(() => convTranspose2d(x, filters, { padding: 3 }), /output whose sizes/);
    fails(() => convTranspose2d(x, filters, { strides: 2 ** 30 }), /output whose sizes/);
    fails(() => convTranspose2d(x, filters, { filterLayout: "hwio" as never }), /filterLayout/);
    fails(() => convTranspose2d(x, filters, { bias: new Float32Array(3) }), /bias/);
    fails(() => convTranspose2d(x, filters, { tune: true } as never), /tune/);
    fails(() => planConvTranspose2d([1, 3, 4], filters), /inputShape/);
  });
});
