// SPDX-License-Identifier: MIT
// What PyTorch and SciPy answer (scripts/fixtures.py), against the default engine, every backend, and the oracle.
import type { Conv2dOptions, Corr2dOptions, Engine } from "corr2d";
import { describe, expect, it } from "vitest";
import { convCases } from "../helpers/cases.ts";
import { collectFailures, dtypes } from "../helpers/check.ts";
import type { ConvCase } from "../helpers/conv-case.ts";
import { type StoredTensor, storedCases } from "../helpers/fixtures.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { type DType, expectedOf, type FloatArray, unitRoundoff } from "../helpers/oracle.ts";

interface Conv2dFixture {
  readonly x: StoredTensor;
  readonly weights: StoredTensor;
  readonly bias?: readonly number[];
  readonly options: Conv2dOptions;
  readonly y: StoredTensor;
}

interface Corr2dFixture {
  readonly function: "corr2d" | "convolve2d";
  readonly x: StoredTensor;
  readonly kernel: StoredTensor;
  readonly options: Corr2dOptions;
  readonly y: StoredTensor;
}

const torch = storedCases<Conv2dFixture>("torch");
const signal = storedCases<Corr2dFixture>("scipy-signal");
const ndimage = storedCases<Corr2dFixture>("scipy-ndimage");

const array = (dtype: DType, data: readonly number[]): FloatArray =>
  dtype === "float32" ? Float32Array.from(data) : Float64Array.from(data);
const tensor = (dtype: DType, { shape, data }: StoredTensor) => ({ shape, data: array(dtype, data) });

/** Equal, but for the few units in the last place that exp and tanh may be off by. */
function compare(
  actual: { shape: readonly number[]; data: FloatArray },
  y: StoredTensor,
  dtype: DType,
  ulps: number,
) {
  if (actual.shape.join() !== y.shape.join()) throw new Error(`shape [${actual.shape}], not [${y.shape}]`);
  y.data.forEach((value, i) => {
    const error = Math.abs(actual.data[i] - value);
    if (!(error <= ulps * 2 * unitRoundoff[dtype] * Math.abs(value))) {
      throw new Error(`element ${i}: expected ${value} but received ${actual.data[i]}`);
    }
  });
}

const ulpsOf = ({ activation }: Conv2dOptions) => (activation === "sigmoid" || activation === "tanh" ? 4 : 0);

function numbered<T>(cases: T[]): [number, T][] {
  return cases.map((item, i) => [i, item]);
}

async function checkConv2d(engine: Engine, dtype: DType): Promise<string[]> {
  return collectFailures(numbered(torch), ([i, { x, weights, bias, options, y }]) => {
    try {
      const all = bias === undefined ? options : { ...options, bias: array(dtype, bias) };
      compare(engine.conv2d(tensor(dtype, x), tensor(dtype, weights), all), y, dtype, ulpsOf(options));
    } catch (error) {
      throw new Error(`torch.jsonl case ${i}, ${JSON.stringify(options)}: ${error}`);
    }
  });
}

async function checkCorr2d(
  engine: Engine,
  dtype: DType,
  file: string,
  cases: Corr2dFixture[],
): Promise<string[]> {
  return collectFailures(numbered(cases), ([i, c]) => {
    try {
      const y = engine[c.function](tensor(dtype, c.x), tensor(dtype, c.kernel), c.options);
      compare(y, c.y, dtype, 0);
    } catch (error) {
      throw new Error(
        `${file} case ${i}, ${c.function} ${JSON.stringify(c.options)} ${c.kernel.shape}: ${error}`,
      );
    }
  });
}

forEachImplementation({ withDefault: true }, (on) => {
  describe.each(dtypes)("%s", (dtype) => {
    it("answers as torch.nn.functional.conv2d", async () => {
      expect(await checkConv2d(on.engine, dtype)).toEqual([]);
    });
    it("answers as scipy.signal.correlate2d and convolve2d", async () => {
      expect(await checkCorr2d(on.engine, dtype, "scipy-signal.jsonl", signal)).toEqual([]);
    });
    it("answers as scipy.ndimage.correlate", async () => {
      expect(await checkCorr2d(on.engine, dtype, "scipy-ndimage.jsonl", ndimage)).toEqual([]);
    });
  });
});

describe("the oracle", () => {
  it("answers as torch.nn.functional.conv2d", async () => {
    expect(
      await collectFailures(torch, ({ x, weights, bias, options, y }) => {
        const { values, shape } = expectedOf(caseOf(x, weights, options), "float64", {
          x: Float64Array.from(x.data),
          weights: Float64Array.from(weights.data),
          bias: bias === undefined ? null : Float64Array.from(bias),
        });
        compare({ shape, data: values }, y, "float64", ulpsOf(options));
      }),
    ).toEqual([]);
  });
});

function caseOf(x: StoredTensor, weights: StoredTensor, options: Conv2dOptions): ConvCase {
  const [batch, inChannels, inHeight, inWidth] = x.shape;
  const [outChannels, , kernelHeight, kernelWidth] = weights.shape;
  const { activation = "none", ...rest } = options;
  return {
    ...convCases()[0],
    ...({ batch, inChannels, inHeight, inWidth, outChannels, kernelHeight, kernelWidth } as const),
    ...(rest as object),
    activation: (typeof activation === "string"
      ? { kind: activation }
      : activation) as ConvCase["activation"],
  };
}
