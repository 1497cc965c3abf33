// SPDX-License-Identifier: MIT
// The bound counts the bias among the magnitudes: data for which a sum that begins with it comes near to that.
import type { Algorithm, Engine } from "corr2d";
import { describe, expect, it } from "vitest";
import { convCases } from "../helpers/cases.ts";
import { algorithms, checkValues, dtypes, optionsOf } from "../helpers/check.ts";
import type { ConvCase } from "../helpers/conv-case.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { lay, layOperands } from "../helpers/operands.ts";
import { type DType, type Expected, expectedOf, type Operands, unitRoundoff } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";

const products = 256;

const [plain] = convCases();
const host: ConvCase = {
  ...plain,
  ...{ padding: 0, border: "constant", strides: [1, 1], dilations: [1, 1], activation: { kind: "none" } },
  ...{
    seed: 0,
    bias: true,
    inChannels: 1,
    outChannels: 9,
    groups: 1,
    inHeight: 19,
    inWidth: 19,
    kernelHeight: 16,
    kernelWidth: 16,
  },
};
/** Sums of 256 products over a window, over channels, and over both. */
const cases: ConvCase[] = [
  { ...host, name: "a wide kernel" },
  {
    ...host,
    name: "many channels",
    inChannels: 256,
    kernelHeight: 1,
    kernelWidth: 1,
    inHeight: 3,
    inWidth: 7,
  },
  {
    ...host,
    name: "both",
    inChannels: 16,
    kernelHeight: 4,
    kernelWidth: 4,
    strides: [2, 2],
    inputLayout: "nhwc",
  },
];

/** A bias of about 0.58, and products each of which is a little less than half a unit in its last place. */
function lost(c: ConvCase, dtype: DType): Operands {
  const u = unitRoundoff[dtype];
  return filled(
    c,
    dtype,
    () => 1,
    () => 0.49 * u,
    () => 0.58,
  );
}

/** Products of random signs, and a bias that leaves a ten-thousandth of their sum. */
function cancelled(c: ConvCase, dtype: DType): Operands {
  const random = new Random(58);
  const weights = () => (random.chance(0.5) ? 1 : -1) * (0.5 + random.next() / 2);
  const operands = filled(
    c,
    dtype,
    () => 0.5 + random.next() / 2,
    weights,
    () => 0,
  );
  const sums = expectedOf({ ...c, bias: false }, dtype, { ...operands, bias: null });
  const plane = sums.shape[2] * sums.shape[3];
  operands.bias?.forEach((_, channel, bias) => {
    bias[channel] = -sums.values[channel * plane] * (1 - 1e-4);
  });
  return operands;
}

function filled(
  c: ConvCase,
  dtype: DType,
  x: () => number,
  weights: () => number,
  bias: () => number,
): Operands {
  const array = (length: number, draw: () => number) => {
    const data = dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
    return data.map(draw);
  };
  return {
    x: array(c.inChannels * c.inHeight * c.inWidth, x),
    weights: array(c.outChannels * products, weights),
    bias: array(c.outChannels, bias),
  };
}

const data = { lost, cancelled };

function compute(engine: Engine, c: ConvCase, algorithm: Algorithm, dtype: DType, operands: Operands) {
  const { x, weights, bias } = layOperands(c, dtype, operands);
  const y = engine.conv2d(x, weights, optionsOf(c, algorithm, bias));
  return lay(y.data, dtype, y.shape, c.inputLayout, "nchw", 0).data;
}

const expected = new Map<string, { operands: Operands; exact: Expected }>();

function prepared(c: ConvCase, what: keyof typeof data, dtype: DType) {
  const key = `${c.name} ${what} ${dtype}`;
  let entry = expected.get(key);
  if (entry === undefined) {
    const operands = data[what](c, dtype);
    entry = { operands, exact: expectedOf(c, dtype, operands) };
    expected.set(key, entry);
  }
  return entry;
}

it("tells the bound from one that adds the bias as if it came last", () => {
  const { operands, exact } = prepared(cases[0], "lost", "float32");
  const u = unitRoundoff.float32;
  let sum = Math.fround(0.58);
  let magnitude = 0;
  for (let k = 0; k < products; k++) {
    const product = operands.x[k] * operands.weights[k];
    sum = Math.fround(sum + product);
    magnitude += Math.abs(product);
  }
  const error = Math.abs(sum - exact.values[0]);
  const asIfLast = (products + 2) * u * magnitude + 2 * u * (0.58 + Math.abs(exact.values[0]));
  expect(error).toBeGreaterThan(20 * asIfLast);
  expect(error).toBeGreaterThan(exact.allowed[0] / 2);
  expect(error).toBeLessThan(exact.allowed[0]);
});

forEachImplementation({}, (on) => {
  describe.each(algorithms)("%s", (algorithm) => {
    it.each(dtypes)("keeps the bound with a bias beyond all products, %s", (dtype) => {
      for (const c of cases) {
        for (const what of ["lost", "cancelled"] as const) {
          const { operands, exact } = prepared(c, what, dtype);
          checkValues(compute(on.engine, c, algorithm, dtype, operands), exact);
        }
      }
    });
  });

  it.each(dtypes)("keeps it in the transposed convolution of one pixel, %s", (dtype) => {
    const [, c] = cases;
    const { operands, exact } = prepared(c, "lost", dtype);
    const { x, weights, bias } = layOperands(c, dtype, operands);
    // For a kernel of one element, transposing exchanges the channels of the weights alone.
    const options = { bias: bias as Float32Array, filterLayout: "oihw" } as const;
    checkValues(on.engine.convTranspose2d(x, weights, options).data as Float32Array, exact);
  });
});
