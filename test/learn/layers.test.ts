// SPDX-License-Identifier: MIT
// What layers compute, what they refuse, and what is told of a model.
import { Corr2dError, createEngine, Tensor } from "corr2d";
import * as learn from "corr2d/learn";
import { describe, expect, it } from "vitest";
import { backends, dot, dtype, randomTensor } from "../helpers/learn.ts";

describe("layers", () => {
  it("Linear is the product of matrices, on every backend", async () => {
    for (const backend of backends) {
      const engine = await createEngine({ backend });
      const layer = new learn.Linear(7, 5, { dtype });
      layer.useEngine(engine);
      layer.bias?.value.data.set([1, 2, 3, 4, 5]);
      const x = randomTensor([9, 7], 3);
      const y = layer.forward(x);
      for (let n = 0; n < 9; n++) {
        for (let o = 0; o < 5; o++) {
          const row = x.data.subarray(7 * n, 7 * n + 7);
          const weights = layer.weight.value.data.subarray(7 * o, 7 * o + 7);
          expect(y.data[5 * n + o]).toBeCloseTo(o + 1 + dot(row, weights), 12);
        }
      }
      engine.dispose();
    }
  });

  it("Relu is max(0, x), also of what is not finite, and so is its gradient", () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const relu = new learn.Relu();
    const tensor = (...values: number[]) => ({ data: Float32Array.from(values), shape: [values.length] });
    expect([...relu.forward(tensor(-1, 0, -0, 2, nan, inf, -inf)).data]).toEqual([0, 0, 0, 2, nan, inf, 0]);
    expect([...relu.backward(tensor(5, inf, nan, -6, -7, inf, -inf)).data]).toEqual([
      0,
      0,
      0,
      -6,
      -7,
      inf,
      0,
    ]);
  });

  it.each<[string, () => unknown, RegExp]>([
    ["no channels", () => new learn.Conv2d(0, 1, 3), /inChannels/],
    ["half a channel", () => new learn.Conv2d(1, 0.5, 3), /outChannels/],
    ["a kernel of nothing", () => new learn.Conv2d(1, 1, 0), /kernelSize/],
    ["groups that do not divide", () => new learn.Conv2d(3, 4, 3, { groups: 2 }), /groups/],
    ["another option", () => new learn.Conv2d(1, 1, 3, { stride: 2 } as object), /"stride"/],
    ["another type", () => new learn.Conv2d(1, 1, 3, { dtype: "int8" as never }), /dtype/],
    ["a bias of 1", () => new learn.Linear(1, 1, { bias: 1 as never }), /bias/],
    ["a seed of half", () => new learn.Linear(1, 1, { seed: 0.5 }), /seed/],
    [
      "an initializer by name",
      () => new learn.Linear(1, 1, { initializer: "zeros" as never }),
      /initializer/,
    ],
    ["no features", () => new learn.Linear(1, 0), /outFeatures/],
    [
      "output padding of a stride",
      () => new learn.ConvTranspose2d(1, 1, 3, { strides: 2, outputPadding: 2 }),
      /outputPadding/,
    ],
    ["another pooling", () => new learn.Pool2d("min" as never, 2), /kind/],
    [
      "padding to count in a maximum",
      () => new learn.Pool2d("max", 2, { countIncludePad: true }),
      /countIncludePad/,
    ],
    ["no layers", () => new learn.Sequential(undefined as never), /layers/],
    ["what is no layer", () => new learn.Sequential([{} as never]), /layers\[0\]/],
    [
      "backward before forward",
      () => new learn.Relu().backward(new Tensor(new Float32Array(1), [1])),
      /forward/,
    ],
    [
      "features that are not its own",
      () => new learn.Linear(2, 1).forward(randomTensor([1, 3], 1)),
      /\[batch, 2\]/,
    ],
    ["input of another type", () => new learn.Linear(2, 1).forward(randomTensor([1, 2], 1)), /float32/],
    [
      "channels that are not its own",
      () => new learn.Conv2d(2, 1, 1).forward(randomTensor([1, 3, 2, 2], 1)),
      /channels/,
    ],
    ["a flat tensor", () => new learn.Flatten().forward(randomTensor([3], 1)), /2 dimensions/],
  ])("refuse %s", (_, make, message) => {
    expect(make).toThrow(Corr2dError);
    expect(make).toThrow(message);
  });

  it("refuse a layer that occurs twice", () => {
    const layer = new learn.Relu();
    expect(() => new learn.Sequential([layer, layer])).toThrow(
      /a layer that occurs once for layers\[0\]|layers\[1\]/,
    );
  });
});

it("trains on a tensor in WebAssembly's memory, which moves between forward and backward", async () => {
  for (const [layer, shape] of [
    [new learn.Linear(6, 2), [4, 6]],
    [new learn.Relu(), [4, 6]],
    [new learn.Conv2d(1, 2, 2), [1, 1, 4, 6]],
    [new learn.Pool2d("max", 2), [1, 1, 4, 6]],
  ] as const) {
    const engine = await createEngine({ backend: "wasm", threads: 1 }); // with more threads the memory is shared, and stays
    const model = new learn.Sequential([layer], { engine });
    const { data } = randomTensor([24], 1);
    const ordinary = { data: Float32Array.from(data), shape };
    const gradient = model.backward(model.forward(ordinary));
    const x = engine.alloc(shape);
    x.data.set(data);
    const y = model.forward(x);
    const before = x.data;
    // 80 MB more than there was: all arrays from before are empty now.
    engine.alloc([20_000_000]);
    expect(before.length).toBe(0);
    expect(model.backward(y)).toEqual(gradient);
    engine.dispose();
  }
});

it("summary is a table of layers", () => {
  const model = new learn.Sequential([
    new learn.Conv2d(1, 6, 5, { padding: 2 }),
    new learn.Relu(),
    new learn.Pool2d("max", 2),
    new learn.Sequential([new learn.ConvTranspose2d(6, 2, 2, { strides: 2 }), new learn.Flatten()]),
    new learn.Linear(1568, 10, { bias: false }),
  ]);
  expect(learn.summary(model, [1, 1, 28, 28]).split("\n")).toEqual([
    "layer            output shape    parameters    FLOPs",
    "Conv2d           [1, 6, 28, 28]         156  235 200",
    "Relu             [1, 6, 28, 28]           0        0",
    "MaxPool2d        [1, 6, 14, 14]           0        0",
    "ConvTranspose2d  [1, 2, 28, 28]          50   18 816",
    "Flatten          [1, 1568]                0        0",
    "Linear           [1, 10]             15 680   31 360",
    "total                                15 886  285 376",
    "",
  ]);
  expect(() => learn.summary(model, [1, 2, 28, 28])).toThrow(Corr2dError);
});
