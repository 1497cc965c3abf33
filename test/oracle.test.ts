// SPDX-License-Identifier: MIT
// The oracle judges everything else, so it is held to numbers worked out by hand.
import { describe, expect, it } from "vitest";
import { convCases } from "./helpers/cases.ts";
import { checkValues } from "./helpers/check.ts";
import { type ConvCase, describeCase } from "./helpers/conv-case.ts";
import { expectedOf, paddingOf, sourceIndex } from "./helpers/oracle.ts";

const base: ConvCase = { ...convCases()[0], inChannels: 1, outChannels: 1, inputLayout: "nchw" };

describe("sourceIndex", () => {
  const row = "abcd";
  const picture = (border: ConvCase["border"]) =>
    Array.from({ length: 14 }, (_, i) => row[sourceIndex(i - 5, 4, border)] ?? "0").join("");

  it.each([
    ["constant", "00000abcd00000"],
    ["replicate", "aaaaaabcdddddd"],
    ["reflect", "ddcbaabcddcbaa"],
    ["mirror", "bcdcbabcdcbabc"],
    ["wrap", "dabcdabcdabcda"],
  ] as const)("%s reads %s", (border, expected) => {
    expect(picture(border)).toBe(expected);
  });
});

describe("paddingOf", () => {
  it("puts the smaller half of an odd sum first", () => {
    const c = { ...base, inHeight: 5, inWidth: 6, kernelHeight: 2, kernelWidth: 4, padding: "same" } as const;
    expect(paddingOf(c)).toEqual([0, 1, 1, 2]);
    expect(paddingOf({ ...c, strides: [2, 3] })).toEqual([0, 1, 0, 1]);
  });

  it("expands pairs and full", () => {
    expect(paddingOf({ ...base, padding: [1, 2] })).toEqual([1, 1, 2, 2]);
    expect(paddingOf({ ...base, padding: "full", dilations: [2, 1] })).toEqual([4, 4, 2, 2]);
  });
});

describe("expectedOf", () => {
  const c: ConvCase = { ...base, inHeight: 3, inWidth: 3, kernelHeight: 2, kernelWidth: 2 };
  const operands = {
    x: Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8]),
    weights: Float32Array.from([0, 1, 2, 3]),
    bias: null,
  };

  it("gives the chapter's first example", () => {
    expect([...expectedOf(c, "float32", operands).values]).toEqual([19, 25, 37, 43]);
  });

  it("allows (K + 2) u times the sum of magnitudes", () => {
    expect([...expectedOf(c, "float32", operands).allowed]).toEqual(
      [19, 25, 37, 43].map((sum) => 6 * 2 ** -24 * sum),
    );
    expect([...expectedOf(c, "float64", operands).allowed]).toEqual(
      [19, 25, 37, 43].map((sum) => 6 * 2 ** -53 * sum),
    );
  });

  it("counts the bias among the magnitudes", () => {
    const bias = Float64Array.of(-20);
    expect([...expectedOf({ ...c, bias: true }, "float64", { ...operands, bias }).allowed]).toEqual(
      [19, 25, 37, 43].map((sum) => 6 * 2 ** -53 * (sum + 20)),
    );
  });

  it("keeps what plain float64 sums would lose", () => {
    const x = Float64Array.from([1e16, 1, -1e16, 1, 0, 0, 0, 0, 0]);
    const row = { ...c, inHeight: 1, inWidth: 4, kernelHeight: 1, kernelWidth: 4 };
    const weights = Float64Array.of(1, 1, 1, 1);
    expect([...expectedOf(row, "float64", { x: x.slice(0, 4), weights, bias: null }).values]).toEqual([2]);
  });
});

describe("checkValues", () => {
  const expected = {
    shape: [1, 1, 1, 3] as const,
    values: Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY),
    allowed: Float64Array.of(0.5, Number.NaN, Number.POSITIVE_INFINITY),
  };

  it.each([
    [true, [1.5, Number.NaN, Number.POSITIVE_INFINITY]],
    [false, [1.6, Number.NaN, Number.POSITIVE_INFINITY]],
    [false, [Number.NaN, Number.NaN, Number.POSITIVE_INFINITY]],
    [false, [1, 1, Number.POSITIVE_INFINITY]],
    [false, [1, Number.NaN, 1e30]],
    [false, [1, Number.NaN, Number.NEGATIVE_INFINITY]],
    [false, [1, Number.NaN]],
  ])("accepts: %s, for %j", (accepts, actual) => {
    const check = () => checkValues(Float64Array.from(actual), expected);
    if (accepts) expect(check).not.toThrow();
    else expect(check).toThrow();
  });
});

it("the cases are the same on every run", () => {
  expect(convCases().map(describeCase)).toEqual(convCases().map(describeCase));
});
