// SPDX-License-Identifier: MIT
// Every invalid option is refused with a code and a message that names it, before any backend sees it.
import {
  conv2d,
  conv2dAsync,
  convolve2d,
  convolve2dAsync,
  corr2d,
  corr2dAsync,
  createEngine,
  outputShape,
  planConv2d,
} from "corr2d";
import { describe, it } from "vitest";
import { each, expectInvalid, floats } from "../helpers/invalid.ts";

const x4 = floats(1, 2, 5, 6);
const w4 = floats(4, 2, 3, 3);
const x2 = floats(5, 6);
const k2 = floats(3, 3);

/** Option values that no convolution takes: [option, value, the name that the message must hold]. */
const badOptions: [string, unknown, string][] = [
  ["strides", 0, "strides"],
  ["strides", -1, "strides"],
  ["strides", 1.5, "strides"],
  ["strides", Number.NaN, "strides"],
  ["strides", Number.POSITIVE_INFINITY, "strides"],
  ["strides", 2 ** 31, "strides"],
  ["strides", "2", "strides"],
  ["strides", null, "strides"],
  ["strides", [1], "strides"],
  ["strides", [1, 2, 3], "strides"],
  ["strides", [0, 1], "strides[0]"],
  ["strides", [1, Number.NaN], "strides[1]"],
  ["strides", [1, "1"], "strides[1]"],
  ["strides", { 0: 1, 1: 1, length: 2 }, "strides"],
  ["dilations", 0, "dilations"],
  ["dilations", [1, 0], "dilations[1]"],
  ["dilations", 2n, "dilations"],
  ["dilations", () => 1, "dilations"],
  ["padding", -1, "padding"],
  ["padding", 0.5, "padding"],
  ["padding", Number.NaN, "padding"],
  ["padding", "SAME", "padding"],
  ["padding", "half", "padding"],
  ["padding", null, "padding"],
  ["padding", {}, "padding"],
  ["padding", [1], "padding"],
  ["padding", [1, 1, 1], "padding"],
  ["padding", [1, 1, 1, 1, 1], "padding"],
  ["padding", [1, -1], "padding[1]"],
  ["padding", [0, 0, 0, 1e300], "padding[3]"],
  ["padding", [0, 0, Number.NaN, 0], "padding[2]"],
  ["padding", 2 ** 31, "padding"],
  ["border", "zero", "border"],
  ["border", 0, "border"],
  ["border", null, "border"],
  ["border", ["constant"], "border"],
  ["algorithm", "fourier", "algorithm"],
  ["algorithm", "", "algorithm"],
  ["algorithm", 1, "algorithm"],
];

const badConv2dOptions: [string, unknown, string][] = [
  ...badOptions,
  ["groups", 0, "groups"],
  ["groups", -2, "groups"],
  ["groups", 1.5, "groups"],
  ["groups", Number.NaN, "groups"],
  ["groups", "1", "groups"],
  ["groups", 3, "groups"],
  ["groups", 2, "weights"],
  ["inputLayout", "chwn", "inputLayout"],
  ["inputLayout", "NCHW", "inputLayout"],
  ["filterLayout", "oiwh", "filterLayout"],
  ["filterLayout", "hwio", "weights"],
  ["activation", "gelu", "activation"],
  ["activation", 1, "activation"],
  ["activation", null, "activation"],
  ["activation", {}, "activation.kind"],
  ["activation", { kind: "softmax" }, "activation.kind"],
  ["activation", "leakyRelu", "activation.alpha"],
  ["activation", { kind: "leakyRelu", alpha: "0.1" }, "activation.alpha"],
  ["activation", { kind: "clamp", max: 1 }, "activation.min"],
  ["activation", { kind: "clamp", min: 0 }, "activation.max"],
  ["activation", { kind: "clamp", min: 1, max: 0 }, "activation.max"],
  ["activation", { kind: "clamp", min: Number.NaN, max: 0 }, "activation"],
  ["bias", new Float32Array(3), "bias"],
  ["bias", new Float64Array(4), "bias"],
  ["bias", [1, 2, 3], "bias"],
  ["bias", [1, 2, 3, "4"], "bias"],
  ["bias", new Int32Array(4), "bias"],
  ["bias", floats(2, 2), "bias"],
  ["bias", 1, "bias"],
  ["bias", null, "bias"],
];

const calls = {
  conv2d: (options: object) => conv2d(x4, w4, options),
  conv2dAsync: (options: object) => conv2dAsync(x4, w4, options),
  planConv2d: (options: object) => planConv2d(x4.shape, w4, options),
};

describe.each(Object.entries(calls))("options of %s", (_, call) => {
  each("option", badConv2dOptions, (option, value, names) =>
    expectInvalid(() => call({ [option]: value }), names),
  );
});

const matrixCalls = {
  corr2d: (options: object) => corr2d(x2, k2, options),
  convolve2d: (options: object) => convolve2d(x2, k2, options),
  corr2dAsync: (options: object) => corr2dAsync(x2, k2, options),
  convolve2dAsync: (options: object) => convolve2dAsync(x2, k2, options),
};

describe.each(Object.entries(matrixCalls))("options of %s", (_, call) => {
  const rows: [string, unknown, string][] = [
    ...badOptions,
    ["mode", "Same", "mode"],
    ["mode", 1, "mode"],
    ["mode", null, "mode"],
  ];
  each("option", rows, (option, value, names) => expectInvalid(() => call({ [option]: value }), names));

  it("mode together with padding", () => expectInvalid(() => call({ mode: "same", padding: 1 }), "padding"));
});

it.each([null, 1, "fast", true])("options that are %j", async (options) => {
  for (const call of [...Object.values(calls), ...Object.values(matrixCalls)]) {
    await expectInvalid(() => call(options as never), "options");
  }
  await expectInvalid(() => outputShape.corr2d([5, 6], [3, 3], options as never), "options");
  await expectInvalid(() => createEngine(options as never), "options");
});

describe("outputShape", () => {
  const rows = badConv2dOptions.filter(([option]) => option !== "bias" && option !== "algorithm");
  each("option", rows, (option, value, names) =>
    expectInvalid(() => outputShape.conv2d(x4.shape, w4.shape, { [option]: value }), names),
  );

  const shapes: [unknown, unknown, string][] = [
    [undefined, [3, 3], "inputShape"],
    ["5,6", [3, 3], "inputShape"],
    [[5], [3, 3], "inputShape"],
    [[5, 6, 7], [3, 3], "inputShape"],
    [[5, 6], [3, 3, 3], "kernelShape"],
    [[5, 6], [3], "kernelShape"],
    [[5, -6], [3, 3], "inputShape[1]"],
    [[5, 6], [Number.NaN, 3], "kernelShape[0]"],
    [[5, 6], [0, 3], "kernelShape"],
  ];
  each("shapes", shapes, (input, weights, names) =>
    expectInvalid(() => outputShape.corr2d(input as never, weights as never), names),
  );
});

describe("arguments of createEngine", () => {
  const rows: [unknown, string][] = [
    [{ backend: "cuda" }, "backend"],
    [{ backend: 1 }, "backend"],
    [{ threads: 0 }, "threads"],
    [{ threads: -1 }, "threads"],
    [{ threads: 1.5 }, "threads"],
    [{ threads: Number.NaN }, "threads"],
    [{ threads: "two" }, "threads"],
    [{ isa: 2 }, "isa"],
  ];
  each("options", rows, (options, names) => expectInvalid(() => createEngine(options as never), names));
});
