// SPDX-License-Identifier: MIT
// convTranspose1d: the definition, PyTorch's answers, that it is the adjoint of conv1d, and what is refused.
import {
  Corr2dError,
  conv1d,
  convTranspose1d,
  convTranspose2d,
  createEngine,
  planConvTranspose1d,
  Tensor,
} from "corr2d";
import { describe, expect, it } from "vitest";
import { collectFailures, dtypes } from "../helpers/check.ts";
import { type StoredTensor, storedCases } from "../helpers/fixtures.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { type DType, type FloatArray, sourceIndex } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";

const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;

interface Case {
  readonly batch: number;
  readonly groups: number;
  readonly groupIn: number;
  readonly groupOut: number;
  readonly length: number;
  readonly kernel: number;
  readonly strides: number;
  readonly dilations: number;
  readonly padding: readonly [before: number, after: number];
  readonly outputPadding: number;
  readonly border: (typeof borders)[number];
  readonly bias: boolean;
  readonly seed: number;
}

const outLength = (c: Case) =>
  (c.length - 1) * c.strides -
  c.padding[0] -
  c.padding[1] +
  (c.kernel - 1) * c.dilations +
  c.outputPadding +
  1;

function randomCases(count: number): Case[] {
  const random = new Random(31);
  const cases: Case[] = [];
  while (cases.length < count) {
    const strides = random.integer(1, 4);
    const dilations = random.chance(0.6) ? 1 : random.integer(2, 4);
    const pad = () => (random.chance(0.5) ? 0 : random.integer(0, 4));
    const candidate: Case = {
      batch: random.integer(1, 2),
      groups: random.pick([1, 1, 1, 2, 3]),
      groupIn: random.integer(1, 3),
      groupOut: random.integer(1, 3),
      length: random.pick([random.integer(1, 9), random.integer(10, 40)]),
      kernel: random.integer(1, 6),
      strides,
      dilations,
      padding: [pad(), pad()],
      outputPadding: random.integer(0, Math.max(strides, dilations) - 1),
      border: random.chance(0.5) ? "constant" : random.pick(borders),
      bias: random.chance(0.5),
      seed: cases.length,
    };
    if (outLength(candidate) > 0) cases.push(candidate);
  }
  return cases;
}

/** Small whole numbers: all sums are exact. */
function operandsOf(c: Case, dtype: DType) {
  const random = new Random(c.seed + 70);
  const type = dtype === "float32" ? Float32Array : Float64Array;
  const integers = (shape: number[]) => {
    const data: FloatArray = new type(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = random.integer(-9, 9);
    return { data, shape };
  };
  const { strides, dilations, padding, outputPadding, groups, border } = c;
  return {
    x: integers([c.batch, groups * c.groupIn, c.length]),
    weights: integers([groups * c.groupIn, c.groupOut, c.kernel]),
    bias: c.bias ? integers([groups * c.groupOut]).data : undefined,
    options: { strides, dilations, padding, outputPadding, groups, border },
  };
}

/** Each input times each weight goes to a place of the padded output, and from there where its border is copied from. */
function expectedOf(c: Case, { x, weights, bias }: ReturnType<typeof operandsOf>): number[] {
  const length = outLength(c);
  const [inChannels, outChannels] = [c.groups * c.groupIn, c.groups * c.groupOut];
  const values = Array.from(
    { length: c.batch * outChannels * length },
    (_, i) => bias?.[Math.floor(i / length) % outChannels] ?? 0,
  );
  for (let n = 0; n < c.batch; n++) {
    for (let ic = 0; ic < inChannels; ic++) {
      for (let o = 0; o < c.groupOut; o++) {
        const oc = Math.floor(ic / c.groupIn) * c.groupOut + o;
        for (let i = 0; i < c.length; i++) {
          for (let k = 0; k < c.kernel; k++) {
            const at = sourceIndex(i * c.strides + k * c.dilations - c.padding[0], length, c.border);
            if (at < 0) continue;
            values[(n * outChannels + oc) * length + at] +=
              x.data[(n * inChannels + ic) * c.length + i] *
              weights.data[(ic * c.groupOut + o) * c.kernel + k];
          }
        }
      }
    }
  }
  return values.map((value) => value + 0);
}

const cases = randomCases(120);

const plain = ({ shape, data }: Tensor) => ({
  shape: [...shape],
  data: Array.from(data, (value) => value + 0),
});

interface Transposed {
  readonly x: StoredTensor;
  readonly weights: StoredTensor;
  readonly bias?: readonly number[];
  readonly options: Record<string, never>;
  readonly y: StoredTensor;
}
const golden = storedCases<Transposed>("torch-transposed1d");

forEachImplementation({}, (on) => {
  it.each(dtypes)("follows the definition, %s", async (dtype) => {
    expect(
      await collectFailures(cases, (c) => {
        const operands = operandsOf(c, dtype);
        const { x, weights, bias, options } = operands;
        const y = on.engine.convTranspose1d(x, weights, {
          ...options,
          accuracy: "exact",
          ...(bias && { bias }),
        });
        try {
          expect(plain(y)).toEqual({
            shape: [c.batch, c.groups * c.groupOut, outLength(c)],
            data: expectedOf(c, operands),
          });
        } catch (error) {
          throw new Error(`${JSON.stringify(c)}: ${error}`);
        }
      }),
    ).toEqual([]);
  });

  it.each(dtypes)("answers as torch.nn.functional.conv_transpose1d, %s", (dtype) => {
    const type = dtype === "float32" ? Float32Array : Float64Array;
    const tensor = ({ shape, data }: StoredTensor) => ({ shape, data: type.from(data) });
    for (const { x, weights, bias, options, y } of golden) {
      const given = { ...options, ...(bias && { bias: type.from(bias) }), accuracy: "exact" } as const;
      expect(plain(on.engine.convTranspose1d(tensor(x), tensor(weights), given))).toEqual(y);
    }
  });

  it("gives the same async, from a plan, and again", async () => {
    for (const c of cases.slice(0, 12)) {
      const { x, weights, options } = operandsOf(c, "float32");
      const expected = plain(on.engine.convTranspose1d(x, weights, options));
      using plan = on.engine.planConvTranspose1d(x.shape, weights, options);
      expect([plan.inputShape, plan.outputShape]).toEqual([x.shape, expected.shape]);
      expect(plan.backend).toBe(on.backend);
      const out = new Float32Array(expected.data.length).fill(Number.NaN);
      for (let i = 0; i < 2; i++) expect(plan.run(x, { out }).data).toBe(out);
      expect(plain(new Tensor(out, plan.outputShape))).toEqual(expected);
      // A snapshot: what is done to the input after the call does not show.
      const copy = { data: x.data.slice(), shape: x.shape };
      const promise = on.engine.convTranspose1dAsync(copy, weights, options);
      copy.data.fill(Number.NaN);
      expect(plain(await promise)).toEqual(expected);
      const target = new Tensor(out.fill(Number.NaN), expected.shape);
      expect(await plan.runAsync(x.data, { out: target })).toBe(target);
      expect(plain(target)).toEqual(expected);
      await expect(
        on.engine.convTranspose1dAsync(x, weights, {
          ...options,
          signal: AbortSignal.abort(new Error("enough")),
        }),
      ).rejects.toThrow("enough");
    }
  });

  it("is the adjoint of conv1d", async () => {
    const dot = (a: FloatArray, b: FloatArray) =>
      Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
    expect(
      await collectFailures(cases, (c) => {
        const { x, weights, options } = operandsOf(c, "float64");
        const y = on.engine.convTranspose1d(x, weights, options);
        const random = new Random(c.seed);
        const back = { data: y.data.map(() => random.integer(-9, 9)), shape: y.shape };
        // Output padding of a stride or more is room for further outputs of the convolution: these have no partner.
        if (c.outputPadding >= c.strides) return;
        const { outputPadding, ...forward } = options;
        const z = on.engine.conv1d(back, weights, { ...forward, accuracy: "exact" });
        expect(z.shape).toEqual(x.shape);
        if (dot(y.data, back.data) !== dot(x.data, z.data)) throw new Error(JSON.stringify(c));
      }),
    ).toEqual([]);
  });
});

const floats = (...shape: number[]) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7) % 11) - 5),
  shape,
});

describe("beside others", () => {
  it("a signal is an image of one row", () => {
    const options = { strides: 2, groups: 2, activation: "relu" } as const;
    const signal = convTranspose1d(floats(2, 4, 15), floats(4, 3, 5), { ...options, outputPadding: 1 });
    const image = convTranspose2d(floats(2, 4, 1, 15), floats(4, 3, 1, 5), {
      ...options,
      strides: [1, 2],
      outputPadding: [0, 1],
    });
    expect(signal.shape).toEqual([2, 6, 34]);
    expect(signal.data).toEqual(image.data);
  });

  it("gives the length back that conv1d took", () => {
    const y = conv1d(floats(1, 3, 20), floats(4, 3, 5), { strides: 3, padding: 2 });
    const back = convTranspose1d(y, floats(4, 3, 5), { strides: 3, padding: 2, outputPadding: 1 });
    expect(back.shape).toEqual([1, 3, 20]);
  });

  it("takes nested arrays, float64, paddings by rule, and batches of none", () => {
    expect(convTranspose1d([[[1, 2]]], [[[1, 10]]]).toArray()).toEqual([[[1, 12, 20]]]);
    expect(convTranspose1d([[[1, 2]]], [[[1, 10]]], { padding: "full" }).toArray()).toEqual([[[12]]]);
    expect(convTranspose1d([[[1, 2]]], [[[1, 10]]], { padding: "valid" }).shape).toEqual([1, 1, 3]);
    const weights = { data: Float64Array.of(0.1), shape: [1, 1, 1] };
    expect(convTranspose1d([[[3]]], weights).data).toEqual(Float64Array.of(3 * 0.1));
    expect(convTranspose1d(floats(0, 1, 5), floats(1, 2, 3)).shape).toEqual([0, 2, 7]);
  });

  it("plans say how they run", () => {
    using plan = planConvTranspose1d([1, 8, 40], floats(8, 8, 3), { strides: 2 });
    expect(plan.algorithms.length).toBeGreaterThan(0);
    expect(plan.explain()).toContain("[1, 8, 40] -> [1, 8, 81]");
  });
});

describe("what is refused", () => {
  const x = floats(1, 2, 9);
  const weights = floats(2, 4, 3);

  function expectInvalid(call: () => unknown, message: string): void {
    expect(call).toThrow(Corr2dError);
    expect(call).toThrow(message);
  }

  const options: [object, string][] = [
    [{ strides: 0 }, "strides"],
    [{ strides: [1, 2] }, "a positive integer or one of them for strides"],
    [{ dilations: 1.5 }, "dilations"],
    [{ padding: -1 }, "padding"],
    [{ padding: [1] }, "a whole number >= 0, two of them"],
    [
      { padding: "same" },
      'a whole number >= 0, two of them, "valid" or "full" for padding but received "same"',
    ],
    [{ padding: 6 }, "an output whose sizes are from 1"],
    [{ outputPadding: 1 }, "a whole number from 0 to 0, below stride or dilation for outputPadding"],
    [{ outputPadding: -1, strides: 2 }, "a whole number from 0 to 1"],
    [{ outputPadding: [0, 1], strides: 2 }, "for outputPadding"],
    [{ groups: 3 }, "a positive integer that divides 2 input channels for groups"],
    [{ border: "zero" }, "border"],
    [{ activation: "gelu" }, "activation"],
    [{ accuracy: "low" }, "accuracy"],
    [{ bias: [1, 2, 3] }, "4 elements, one for each output channel, for bias"],
    [{ algorithm: "direct" }, "the name of an option"],
    [{ out: new Float32Array(3) }, "out"],
    [{ out: floats(1) }, "out.shape"],
  ];
  it.each(options)("options %j", (given, message) => {
    expectInvalid(() => convTranspose1d(x, weights, given), message);
    if (!("out" in given)) expectInvalid(() => planConvTranspose1d(x.shape, weights, given), message);
  });

  it("shapes, types, and what was disposed of", async () => {
    expectInvalid(() => convTranspose1d(floats(1, 2, 3, 4), weights), "3 dimensions for x.shape");
    expectInvalid(() => convTranspose1d(x, floats(2, 3)), "3 dimensions for weights.shape");
    expectInvalid(() => convTranspose1d(floats(1, 3, 9), weights), "3 input channels for weights.shape[0]");
    expectInvalid(() => convTranspose1d(floats(1, 2, 0), weights), "sizes of at least 1 after the batch");
    expectInvalid(() => convTranspose1d(x, floats(2, 0, 3)), "sizes of at least 1 for weights.shape");
    expectInvalid(() => planConvTranspose1d([1, 2], weights), "3 dimensions for inputShape");
    expectInvalid(() => convTranspose1d({ ...x, data: new Float64Array(18) }, weights), "float32 elements");
    using plan = planConvTranspose1d(x.shape, weights);
    expectInvalid(() => plan.run(x.data.subarray(1)), "18 elements for x");
    expectInvalid(() => plan.run({ data: x.data, shape: [18] }), "x.shape");
    const engine = await createEngine({ backend: "reference" });
    engine.dispose();
    expect(() => engine.convTranspose1d(x, weights)).toThrow("disposed");
  });
});
