// SPDX-License-Identifier: MIT
// Every invalid operand is refused with a code and a message that names it, before any backend sees it.
import {
  conv2d,
  conv2dAsync,
  convolve2d,
  convolve2dAsync,
  corr2d,
  corr2dAsync,
  outputShape,
  planConv2d,
} from "corr2d";
import { describe, expect, it } from "vitest";
import { doubles, each, expectInvalid, floats } from "../helpers/invalid.ts";

const x4 = floats(1, 2, 5, 6);
const w4 = floats(4, 2, 3, 3);
const x2 = floats(5, 6);
const k2 = floats(3, 3);

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
