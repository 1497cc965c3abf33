// SPDX-License-Identifier: MIT
// Every invalid argument is refused with a code and a message that names it, before any backend sees it.
import {
  Corr2dError,
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
import { describe, expect, it } from "vitest";

const floats = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape });
const doubles = (...shape: number[]) => ({ data: new Float64Array(shape.reduce((a, b) => a * b, 1)), shape });

const x4 = floats(1, 2, 5, 6);
const w4 = floats(4, 2, 3, 3);
const x2 = floats(5, 6);
const k2 = floats(3, 3);

/** A value in the name of a test, whatever it is. */
function shown(value: unknown): string {
  const plain = (_: string, item: unknown) =>
    typeof item === "bigint" ||
    typeof item === "function" ||
    (typeof item === "number" && !Number.isFinite(item))
      ? String(item)
      : ArrayBuffer.isView(item)
        ? `${item.constructor.name} of ${item.byteLength} bytes`
        : item;
  try {
    return JSON.stringify(value, plain) ?? "undefined";
  } catch {
    return "an object that cannot be shown";
  }
}

/** One test for each row of a table; the last item of a row is what the message must hold. */
function each<T extends readonly unknown[]>(
  what: string,
  rows: readonly T[],
  check: (...row: T) => unknown,
): void {
  for (const row of rows)
    it(`${what} ${row.slice(0, -1).map(shown).join(": ")}`, async () => void (await check(...row)));
}

/** What comes out of a call that must fail, at once or later. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

async function expectInvalid(call: () => unknown, names: string): Promise<void> {
  const error = await failureOf(call);
  expect(error, "nothing was thrown").toBeInstanceOf(Corr2dError);
  expect((error as Corr2dError).code).toBe("INVALID_ARGUMENT");
  expect((error as Corr2dError).message).toContain(names);
}

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

/** Values that are no tensor: [value, the name that the message must hold after "x"]. */
const badTensors: [unknown, string][] = [
  [undefined, ""],
  [null, ""],
  [1, ""],
  ["[[1]]", ""],
  [{}, ".data"],
  [{ data: [1], shape: [1, 1] }, ".data"],
  [{ data: new Uint16Array(1), shape: [1, 1] }, ".data"],
  [{ data: new DataView(new ArrayBuffer(4)), shape: [1, 1] }, ".data"],
  [{ data: new Float32Array(1) }, ".shape"],
  [{ data: new Float32Array(1), shape: "1,1" }, ".shape"],
  [{ data: new Float32Array(1), shape: [1, 1, 1] }, ".shape"],
  [{ data: new Float32Array(1), shape: [-1, -1] }, ".shape[0]"],
  [{ data: new Float32Array(1), shape: [1, 1.5] }, ".shape[1]"],
  [{ data: new Float32Array(1), shape: [1, Number.NaN] }, ".shape[1]"],
  [{ data: new Float32Array(1), shape: [1, "1"] }, ".shape[1]"],
  [{ data: new Float32Array(1), shape: [2 ** 32, 1] }, ".shape[0]"],
  [{ data: new Float32Array(3), shape: [2, 2] }, ".data"],
  [[], ".shape"],
  [[1, 2, 3], ".shape"],
  [[[[1], [2]]], ".shape"],
  [[[1, 2], [3]], ""],
  [[[1, 2], 3], ""],
  [[[1], ["2"]], ""],
  [[[1], [null]], ""],
  [[[1], [undefined]], ""],
  [Object.setPrototypeOf({}, Float32Array.prototype), ".data"],
  [{ data: Object.setPrototypeOf({ length: 1 }, Float32Array.prototype), shape: [1, 1] }, ".data"],
];

describe("operands of corr2d and its kin", () => {
  each("x", badTensors, async (value, names) => {
    for (const call of [corr2d, convolve2d, corr2dAsync, convolve2dAsync]) {
      await expectInvalid(() => call(value as never, [[1]]), `x${names}`);
    }
  });

  each("kernel", badTensors, async (value, names) => {
    for (const call of [corr2d, convolve2d, corr2dAsync, convolve2dAsync]) {
      await expectInvalid(() => call([[1]], value as never), `kernel${names}`);
    }
  });

  it("a kernel larger than the matrix", () => expectInvalid(() => corr2d(floats(2, 2), k2), "kernel.shape"));
  it("an array that holds itself", () => {
    const endless: unknown[] = [];
    endless[0] = endless;
    return expectInvalid(() => corr2d(endless as never, k2), "x.shape");
  });
  it("a typed array without a shape", () =>
    expectInvalid(() => corr2d(new Float32Array(9) as never, k2), "x"));
  it("an option that there is none of", async () => {
    await expectInvalid(() => corr2d(x2, k2, { stride: 2 } as object), "stride");
    await expectInvalid(() => corr2d(x2, k2, { activation: "relu" } as object), "activation");
    await expectInvalid(() => outputShape.corr2d([5, 6], [2, 2], { groups: 1 } as object), "groups");
  });
  it("an out that cannot be written to, or has another shape", async () => {
    await expectInvalid(() => corr2d(x2, k2, { out: [[0]] as never }), "out");
    const [rows, columns] = corr2d(x2, k2).shape;
    await expectInvalid(() => corr2d(x2, k2, { out: floats(columns, rows) }), "out.shape");
  });
  it("an empty matrix", () => expectInvalid(() => corr2d(floats(0, 2), k2), "x.shape"));
  it("an empty kernel", () => expectInvalid(() => corr2d(x2, floats(0, 3)), "shape"));
  it("float64 with float32", async () => {
    await expectInvalid(() => corr2d(x2, doubles(3, 3)), "kernel");
    await expectInvalid(() => corr2d(doubles(5, 6), k2), "kernel");
  });
});

describe("operands of conv2d and planConv2d", () => {
  const rank4 = badTensors.filter(([value, names]) => !Array.isArray(value) || names !== "");

  each("x", rank4, async (value, names) => {
    await expectInvalid(() => conv2d(value as never, w4), `x${names}`);
    await expectInvalid(() => conv2dAsync(value as never, w4), `x${names}`);
  });

  each("weights", rank4, async (value, names) => {
    await expectInvalid(() => conv2d(x4, value as never), `weights${names}`);
    await expectInvalid(() => conv2dAsync(x4, value as never), `weights${names}`);
    await expectInvalid(() => planConv2d(x4.shape, value as never), `weights${names}`);
  });

  const shapes: [unknown, string][] = [
    [undefined, "inputShape"],
    ["1,2,5,6", "inputShape"],
    [[1, 2, 5], "inputShape"],
    [[1, 2, 5, -6], "inputShape[3]"],
    [[1, 2, 5, Number.NaN], "inputShape[3]"],
    [[1, 0, 5, 6], "shape"],
    [[1, 2, 0, 6], "shape"],
    [[1, 3, 5, 6], "weights"],
    [[1, 2, 2, 6], "weights"],
  ];
  each("inputShape", shapes, (shape, names) => expectInvalid(() => planConv2d(shape as never, w4), names));

  it("float64 with float32", async () => {
    await expectInvalid(() => conv2d(doubles(1, 2, 5, 6), w4), "x");
    await expectInvalid(() => conv2d(x4, doubles(4, 2, 3, 3)), "x");
    await expectInvalid(() => conv2d(x4, w4, { bias: new Float64Array(4) }), "bias");
  });

  it("weights without elements", () => expectInvalid(() => conv2d(x4, floats(0, 2, 3, 3)), "weights"));
});

describe("arguments of run and runAsync", () => {
  const plan = planConv2d(x4.shape, w4);

  const bad: [string, unknown, object | undefined, string][] = [
    ["no input", undefined, undefined, "x"],
    ["null", null, undefined, "x"],
    ["nested arrays of another rank", [[1]], undefined, "x"],
    ["too few elements", new Float32Array(59), undefined, "x"],
    ["too many elements", new Float32Array(61), undefined, "x"],
    ["another type", new Float64Array(60), undefined, "x"],
    ["integers", new Int32Array(60), undefined, "x"],
    ["another shape", floats(1, 2, 6, 5), undefined, "x.shape"],
    ["no shape", { data: x4.data }, undefined, "x.shape"],
    ["a DataView", new DataView(new ArrayBuffer(240)), undefined, "x"],
    ["out: null", x4, { out: null }, "out"],
    ["out: number", x4, { out: 1 }, "out"],
    ["out: too short", x4, { out: new Float32Array(47) }, "out"],
    ["out: another type", x4, { out: new Float64Array(48) }, "out"],
    ["out: another shape", x4, { out: floats(1, 4, 4, 3) }, "out.shape"],
    ["out: nested arrays", x4, { out: [[[[1]]]] }, "out"],
  ];

  for (const [what, x, options, names] of bad)
    it(what, async () => {
      await expectInvalid(() => plan.run(x as never, options), names);
      await expectInvalid(() => plan.runAsync(x as never, options), names);
    });

  it("out that overlaps the input", async () => {
    const buffer = new Float32Array(100);
    const x = buffer.subarray(0, 60);
    await expectInvalid(() => plan.run(x, { out: buffer.subarray(52) }), "out");
    await expectInvalid(() => plan.run(x, { out: buffer.subarray(0, 48) }), "out");
  });

  it("out beside the input in the same buffer is fine", () => {
    const buffer = new Float32Array(108).fill(1);
    const { data } = plan.run(buffer.subarray(0, 60), { out: buffer.subarray(60) });
    expect(data.every((value) => value === 0)).toBe(true);
  });

  it.each([1, "stop", {}, null])("signal: %j", async (signal) => {
    await expectInvalid(() => plan.runAsync(x4, { signal: signal as never }), "signal");
  });
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

describe("a batch of zero", () => {
  it("gives an output of zero images", async () => {
    const empty = floats(0, 2, 5, 6);
    for (const y of [
      conv2d(empty, w4),
      await conv2dAsync(empty, w4),
      planConv2d(empty.shape, w4).run(empty),
    ]) {
      expect(y.shape).toEqual([0, 4, 3, 4]);
      expect(y.data).toHaveLength(0);
    }
    expect(outputShape.conv2d(empty.shape, w4.shape)).toEqual([0, 4, 3, 4]);
    expect(conv2d(empty, w4, { out: new Float32Array(0) }).data).toHaveLength(0);
  });

  it("is validated like any other", () =>
    expectInvalid(() => conv2d(floats(0, 2, 5, 6), floats(4, 3, 3, 3)), "weights"));
});

describe("options of integers", () => {
  const x = { data: new Uint8Array(9), shape: [1, 1, 3, 3] };
  const weights = { data: new Int8Array(2), shape: [2, 1, 1, 1] };
  const wrong: [Record<string, unknown>, string][] = [
    [{ inputZeroPoint: -1 }, "inputZeroPoint"],
    [{ inputZeroPoint: 256 }, "inputZeroPoint"],
    [{ inputZeroPoint: 0.5 }, "inputZeroPoint"],
    [{ inputZeroPoint: null }, "inputZeroPoint"],
    [{ outputDtype: "int16" }, "outputDtype"],
    [{ outputDtype: "uint8" }, "outputDtype"],
    [{ outputDtype: "float32" }, "outputDtype"],
    [{ outputDtype: "int32", scale: 1 }, "outputDtype"],
    [{ outputZeroPoint: 1 }, "outputZeroPoint"],
    [{ outputZeroPoint: 1, scale: 1 }, "outputZeroPoint"],
    [{ outputZeroPoint: 128, scale: 1, outputDtype: "int8" }, "outputZeroPoint"],
    [{ outputZeroPoint: -1, scale: 1, outputDtype: "uint8" }, "outputZeroPoint"],
    [{ scale: Number.NaN }, "scale"],
    [{ scale: 1e39 }, "scale"],
    [{ scale: [1, 2, 3] }, "scale"],
    [{ scale: "1" }, "scale"],
    [{ scale: new Float64Array(2) }, "scale"],
    [{ bias: [0.5, 0] }, "bias"],
    [{ bias: [2 ** 31, 0] }, "bias"],
    [{ bias: new Float32Array(2) }, "bias"],
    [{ bias: [1] }, "bias"],
    [{ inputDtype: "int32" }, "inputDtype"],
    [{ inputDtype: "int8" }, "x"],
    [{ activation: "sigmoid" }, "activation"],
    [{ activation: { kind: "clamp", min: 0, max: 6 } }, "activation"],
    [{ activation: "tanh", scale: 1, outputDtype: "int8" }, "activation"],
    [{ out: new Float32Array(18) }, "out"],
    [{ out: new Uint8Array(18), scale: 1, outputDtype: "int8" }, "out"],
  ];
  each("conv2d", wrong, async (options, names) => {
    await expectInvalid(() => conv2d(x, weights, options as never), names);
    await expectInvalid(() => conv2dAsync(x, weights, options as never), names);
  });

  it("are refused where operands are floating-point numbers", async () => {
    for (const options of [
      { scale: 1 },
      { inputZeroPoint: 0 },
      { outputDtype: "float32" },
      { inputDtype: "int8" },
    ]) {
      await expectInvalid(() => conv2d(x4, w4, options as never), Object.keys(options)[0]);
    }
  });
  it("element types that do not go together", async () => {
    const floats4 = { data: new Float32Array(9), shape: [1, 1, 3, 3] };
    await expectInvalid(() => conv2d(x, { ...weights, data: new Float32Array(2) } as never), "weights.data");
    await expectInvalid(() => conv2d(x, { ...weights, data: new Uint8Array(2) } as never), "weights.data");
    await expectInvalid(() => conv2d(floats4, weights as never), "x");
    await expectInvalid(() => conv2d({ ...x, data: new Int32Array(9) } as never, weights), "x");
    const matrix = { data: new Uint8Array(9), shape: [3, 3] };
    await expectInvalid(
      () => corr2d(matrix, { data: new Uint8Array(1), shape: [1, 1] } as never),
      "kernel.data",
    );
    await expectInvalid(
      () => corr2d(matrix, { data: new Float32Array(1), shape: [1, 1] } as never),
      "kernel.data",
    );
    await expectInvalid(
      () => corr2d([[1]], { data: new Uint8Array(1), shape: [1, 1] } as never),
      "kernel.data",
    );
    await expectInvalid(() => corr2d(matrix, [[128]]), "kernel");
    await expectInvalid(() => corr2d(matrix, [[0.5]]), "kernel");
  });
});
