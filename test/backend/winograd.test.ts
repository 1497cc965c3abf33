// SPDX-License-Identifier: MIT
// winograd has a tolerance of its own: root mean square error at most 16 times that of direct, on the same data.
import { createEngine, type Engine } from "corr2d";
import { describe, expect, it } from "vitest";
import { convCases } from "../helpers/cases.ts";
import { checkBits, collectFailures, optionsOf } from "../helpers/check.ts";
import { type ConvCase, describeCase } from "../helpers/conv-case.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { layOperands, operandsOf } from "../helpers/operands.ts";
import { type Expected, expectedOf, type Operands } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";

const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;

/** Sizes around the squares of 4 and 2, channels around the tiles, and every option that winograd takes. */
function winogradCases(): ConvCase[] {
  const random = new Random(404);
  const [plain] = convCases();
  return Array.from({ length: 120 }, (_, i) => {
    const groups = random.pick([1, 1, 1, 2]);
    return {
      ...plain,
      name: "winograd",
      seed: 9000 + i,
      batch: random.pick([1, 1, 2]),
      inChannels: groups * random.pick([1, 3, 5, 16, 17, 33, 64]),
      outChannels: groups * random.pick([1, 3, 8, 15, 16, 17, 31, 32, 33, 48]),
      inHeight: random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 17]),
      inWidth: random.pick([1, 2, 3, 4, 5, 7, 8, 11, 14, 15, 16, 17, 31, 33, 62, 65, 70]),
      kernelHeight: 3,
      kernelWidth: 3,
      strides: [1, 1],
      dilations: [1, 1],
      padding: random.pick([1, 1, 2, "full", [2, 0, 1, 3], [9, 9, 9, 9]]),
      groups,
      border: random.pick(borders),
      inputLayout: "nchw",
      filterLayout: random.pick(["oihw", "hwio"]),
      bias: random.pick([true, false]),
      activation: random.pick([{ kind: "none" }, { kind: "none" }, { kind: "leakyRelu", alpha: 0.25 }]),
      offset: random.pick([0, 1, 3]),
    } as ConvCase;
  });
}

const cases = winogradCases();

interface Problem {
  readonly operands: Operands;
  readonly expected: Expected;
}

/** Data and exact results of each case, computed once for all implementations. */
const problems = new Map<string, Problem>();

/** Rectified inputs are as they come out of a ReLU: half of them zero. */
function problemOf(c: ConvCase, inputs: "normal" | "rectified"): Problem {
  const key = `${c.seed} ${inputs}`;
  let problem = problems.get(key);
  if (problem === undefined) {
    const operands = operandsOf(c, "float32");
    const { x } = operands;
    if (inputs === "rectified") for (let i = 0; i < x.length; i++) x[i] = Math.max(0, x[i]);
    problem = { operands, expected: expectedOf(c, "float32", operands) };
    problems.set(key, problem);
  }
  return problem;
}

/** Root mean square error. */
function errorOf(
  engine: Engine,
  c: ConvCase,
  algorithm: "direct" | "winograd",
  { operands, expected }: Problem,
): number {
  const { x, weights, bias } = layOperands(c, "float32", operands);
  using plan = engine.planConv2d(x.shape, weights, optionsOf(c, algorithm, bias));
  if (plan.algorithm !== algorithm) throw new Error(`ran ${plan.algorithm}`);
  const out = new Float32Array(expected.values.length).fill(Number.NaN);
  plan.run(x, { out });
  let sum = 0;
  for (let i = 0; i < out.length; i++) sum += (out[i] - expected.values[i]) ** 2;
  return Math.sqrt(sum / out.length);
}

forEachImplementation({ what: "winograd", threads: [1, 2] }, (on) => {
  it.each(["normal", "rectified"] as const)(
    "has at most 16 times the error of direct on %s inputs",
    async (inputs) => {
      const [engine] = on.engines;
      const failures = await collectFailures(cases, (c) => {
        const problem = problemOf(c, inputs);
        // Where direct happens to be exact, as on a single tap, a few roundings of values around 1 are allowed.
        const allowed = 16 * errorOf(engine, c, "direct", problem) + 4 * 2 ** -24;
        const error = errorOf(engine, c, "winograd", problem);
        if (!(error <= allowed)) throw new Error(`${describeCase(c)}: ${error}, allowed ${allowed}`);
      });
      expect(failures).toEqual([]);
    },
  );

  it("gives the same bits on one thread and two, sync and async, again and again", async () => {
    const both = on.engines;
    const some = cases.filter((c) => c.seed % 4 === 0);
    expect(await collectFailures(some, (c) => checkBits(both, on, c, "winograd", "float32"))).toEqual([]);
  });

  it("agrees with direct on an image that is too large for one piece", async () => {
    const [engine] = on.engines;
    const random = new Random(7);
    const draw = (length: number) => Float32Array.from({ length }, () => 2 * random.next() - 1);
    const x = { data: draw(20 * 331 * 370), shape: [1, 20, 331, 370] };
    const weights = { data: draw(4 * 20 * 9), shape: [4, 20, 3, 3] };
    const options = { padding: 1, border: "mirror", bias: draw(4), activation: "relu" } as const;
    const expected = engine.conv2d(x, weights, { ...options, algorithm: "direct" }).data;
    const actual = engine.conv2d(x, weights, { ...options, algorithm: "winograd" }).data;
    let largest = 0;
    for (let i = 0; i < actual.length; i++) largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    expect(largest).toBeLessThan(180 * 2 ** -20);
  });

  it("keeps a NaN within the squares of outputs that its inputs touch", async () => {
    const [engine] = on.engines;
    const [channels, size, at] = [16, 40, 21];
    const x = { data: new Float32Array(channels * size * size).fill(1), shape: [1, channels, size, size] };
    x.data[at * size + at] = Number.NaN;
    const weights = { data: new Float32Array(16 * channels * 9).fill(1), shape: [16, channels, 3, 3] };
    const { data } = engine.conv2d(x, weights, { padding: 1, algorithm: "winograd" });
    for (let y = 0; y < size; y++) {
      for (let column = 0; column < size; column++) {
        const distance = Math.max(Math.abs(y - at), Math.abs(column - at));
        const value = data[y * size + column];
        if (distance <= 1) expect(value).toBeNaN();
        if (distance > 5) expect(value).not.toBeNaN();
      }
    }
  });
});

describe("selection", () => {
  const weights = { data: new Float32Array(64 * 64 * 9), shape: [64, 64, 3, 3] };
  const shape = [1, 64, 56, 56];

  it("takes winograd for a layer of 3x3 kernels, unless accuracy is exact", async () => {
    const engine = await createEngine({ backend: "native", threads: 1 });
    expect(engine.planConv2d(shape, weights, { padding: 1 }).algorithm).toBe("winograd");
    expect(engine.planConv2d(shape, weights, { padding: 1, accuracy: "exact" }).algorithm).not.toBe(
      "winograd",
    );
  });

  it.each([[{ strides: 2 }], [{ dilations: 2 }], [{ inputLayout: "nhwc" as const }]])(
    "does not take winograd with %o, and refuses it by name",
    async (options) => {
      const engine = await createEngine({ backend: "native", threads: 1 });
      const nhwc = "inputLayout" in options ? [1, 56, 56, 64] : shape;
      expect(engine.planConv2d(nhwc, weights, options).algorithm).not.toBe("winograd");
      expect(() => engine.planConv2d(nhwc, weights, { ...options, algorithm: "winograd" })).toThrow(
        expect.objectContaining({ code: "UNSUPPORTED" }),
      );
    },
  );

  it("refuses accuracies that there are none of", async () => {
    const engine = await createEngine({ backend: "native", threads: 1 });
    expect(() => engine.planConv2d(shape, weights, { accuracy: "sloppy" as never })).toThrow(/accuracy/);
  });
});
