// SPDX-License-Identifier: MIT
// Messages that once sent their reader the wrong way.
import {
  type Corr2dError,
  conv1d,
  conv2d,
  conv2dGradBias,
  convTranspose1d,
  convTranspose2d,
  corr1d,
  corr2d,
  createEngine,
  kernels,
  pad,
  planConv2d,
  streamCorr1d,
} from "corr2d";
import { learnKernel, Sequential } from "corr2d/learn";
import { describe, expect, it } from "vitest";

const floats = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape });
const ints = { data: new Int32Array(9), shape: [1, 1, 3, 3] };
const shorts = { data: new Int16Array(9), shape: [1, 1, 3, 3] };
const x = floats(1, 1, 3, 3);
const endless = () => new Array(2 ** 32 - 1);
const operandTypes = "Expected a Float32Array, Float64Array, Uint8Array or Int8Array for";

const rows: Record<string, readonly [call: () => unknown, message: string]> = {
  "conv2d of int32": [() => conv2d(ints as never, x), `${operandTypes} x.data but received Int32Array(9)`],
  "conv2d of int32 by nested weights": [
    () => conv2d(ints as never, [[[[1]]]]),
    `${operandTypes} x.data but received Int32Array(9)`,
  ],
  "conv2d of int16": [() => conv2d(shorts as never, x), `${operandTypes} x.data but received Int16Array(9)`],
  "weights of int32": [
    () => conv2d(x, ints as never),
    `${operandTypes} weights.data but received Int32Array(9)`,
  ],
  "corr2d of int32": [
    () => corr2d({ ...ints, shape: [3, 3] } as never, [[1]]),
    `${operandTypes} x.data but received Int32Array(9)`,
  ],
  "bias of int16": [
    () => conv2d(x, x, { bias: new Int16Array(1) as never }),
    "Int8Array or Int32Array for bias.data but received Int16Array(1)",
  ],
  "bias of float64": [
    () => conv2d(x, x, { bias: new Float64Array(1) }),
    "Expected float32 elements for bias.data but received Float64Array(1)",
  ],
  "an inputDtype beside bytes of another": [
    () => conv2d({ data: new Uint8Array(9), shape: [1, 1, 3, 3] }, [[[[1]]]], { inputDtype: "int8" }),
    'Expected "uint8", as x has, for inputDtype but received "int8"',
  ],
  "padding of pad": [
    () => pad(x, [1, 2, 3] as never),
    "Expected a whole number >= 0, two or four of them for padding but received [1, 2, 3]",
  ],
  "a rule as padding of pad": [
    () => pad(x, "same" as never),
    'Expected a whole number >= 0, two or four of them for padding but received "same"',
  ],
  "padding of convTranspose2d": [
    () => convTranspose2d(x, x, { padding: "same" as never }),
    'Expected a whole number >= 0, two or four of them, "valid" or "full" for padding but received "same"',
  ],
  "padding of convTranspose1d": [
    () => convTranspose1d(floats(1, 1, 3), floats(1, 1, 1), { padding: [1] as never }),
    'Expected a whole number >= 0, two of them, "valid" or "full" for padding but received [1]',
  ],
  "padding of conv1d": [
    () => conv1d(floats(1, 1, 3), floats(1, 1, 1), { padding: "some" as never }),
    'Expected a whole number >= 0, two of them, "same", "valid" or "full" for padding but received "some"',
  ],
  "padding of corr1d": [
    () => corr1d([1, 2, 3], [1], { padding: [0, -1] }),
    "Expected a whole number from 0 to 2147483647 for padding[1] but received -1",
  ],
  "an empty matrix": [
    () => corr2d(floats(0, 3), [[1]]),
    "Expected sizes of at least 1 for x.shape but received [0, 3]",
  ],
  "an empty signal": [() => corr1d([], [1]), "Expected at least one element for x but received []"],
  "null for an option": [() => conv2d(x, x, { strides: null as never }), "for strides but received null"],
  "an array for options": [() => conv2d(x, x, [] as never), "Expected an object for options but received []"],
  "numbers as out": [
    () => conv2dGradBias(x, { out: [0] as never }),
    "Expected a tensor or typed array for out but received [0]",
  ],
  "holes as padding of a stream": [
    () => streamCorr1d({ kernel: [1], padding: new Array(2) as never }),
    "for padding but received",
  ],
  "holes as a centre": [
    () => kernels.moments([1, 2], { centre: new Array(2) as never }),
    "for centre but received",
  ],
  "an endless shape": [
    () => corr2d({ data: new Float32Array(1), shape: endless() }, [[1]]),
    "Expected at most 32 dimensions for x.shape but received [",
  ],
  "an endless inputShape": [() => planConv2d(endless(), x), "at most 32 dimensions for inputShape"],
  "an endless shape to learn": [
    () => learnKernel([[1]], [[1]], { shape: endless() }),
    "for shape but received",
  ],
  "an endless signal": [() => corr1d(endless(), [1]), "Expected numbers only for x but received undefined"],
  "an endless padding": [() => conv2d(x, x, { padding: endless() as never }), "for padding but received ["],
  "endless layers": [() => new Sequential(endless()), "for layers[0] but received undefined"],
};

describe("messages", () => {
  it.each(Object.entries(rows))("%s", (_, [call, message]) => {
    expect(call).toThrow(expect.objectContaining({ name: "Corr2dError", code: "INVALID_ARGUMENT" }));
    expect(call).toThrow(message);
  });

  it("show hostile values", () => {
    const hostile = new Float32Array(1);
    Object.defineProperty(hostile, "constructor", {
      get() {
        throw new Error("hostile");
      },
    });
    expect(() => conv2d(hostile as never, x)).toThrow("for x but received Float32Array(1)");
  });
});

describe("data beyond the 4 GiB of WebAssembly", async () => {
  const engine = await createEngine({ backend: "wasm", threads: 1 });
  const weights = floats(1, 1, 1, 1);
  const codeOf = (call: () => unknown) => {
    try {
      call();
    } catch (error) {
      return (error as Corr2dError).code;
    }
    return "none";
  };

  it.each(["auto", "direct", "strided"] as const)("is BACKEND_FAILED for a convolution, %s", (algorithm) => {
    expect(codeOf(() => engine.planConv2d([1, 1, 2 ** 15, 2 ** 15], weights, { algorithm }))).toBe(
      "BACKEND_FAILED",
    );
  });

  it("is BACKEND_FAILED for a tensor", () => {
    expect(codeOf(() => engine.alloc([2 ** 31 - 1]))).toBe("BACKEND_FAILED");
  });

  it("leaves UNSUPPORTED to what fits, but that an algorithm is not made for", () => {
    expect(codeOf(() => engine.planConv2d([1, 1, 9, 9], weights, { algorithm: "winograd" }))).toBe(
      "UNSUPPORTED",
    );
  });
});
