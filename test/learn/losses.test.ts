// SPDX-License-Identifier: MIT
// Losses against finite differences, optimisers, and what both refuse. PyTorch's answers are in learn-golden.test.ts.
import { Corr2dError, type TensorLike } from "corr2d";
import * as learn from "corr2d/learn";
import { describe, expect, it } from "vitest";
import { differences, dtype, randomTensor } from "../helpers/learn.ts";

describe("losses", () => {
  it("softmaxCrossEntropy is stable: huge logits neither overflow nor lose the others", () => {
    const logits = { data: Float64Array.of(1e4, 0, -1e4, 1e300, 0, 0, -1e4, -1e4, -1e4), shape: [3, 3] };
    const { value, gradient } = learn.softmaxCrossEntropy(logits, [1, 0, 2]);
    expect(value).toBeCloseTo((1e4 + 0 + Math.log(3)) / 3, 9);
    const third = 1 / 3;
    const expected = [third, -third, 0, 0, 0, 0, third / 3, third / 3, third / 3 - third];
    gradient.data.forEach((element, i) => {
      expect(element).toBeCloseTo(expected[i], 15);
    });
  });

  it.each<[string, (y: TensorLike) => learn.LossValue]>([
    ["mse", (y) => learn.mse(y, randomTensor([4, 3], 2))],
    ["mse sum", (y) => learn.mse(y, randomTensor([4, 3], 2), { reduction: "sum" })],
    ["softmaxCrossEntropy", (y) => learn.softmaxCrossEntropy(y, Uint8Array.of(0, 2, 1, 2))],
  ])("gradient of %s", (_, loss) => {
    const y = randomTensor([4, 3], 1);
    const { gradient } = loss(y);
    differences(y.data, () => loss(y).value).forEach((expected, i) => {
      expect(Math.abs(gradient.data[i] - expected)).toBeLessThan(1e-8);
    });
  });

  it("accuracy counts", () => {
    const logits = { data: Float32Array.of(1, 2, 3, 1, Number.NaN, Number.NaN), shape: [3, 2] };
    expect(learn.accuracy(logits, [1, 0, 0])).toBe(2 / 3);
    expect(learn.accuracy(logits, [0, 1, 1])).toBe(0);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "a label that is no class",
      () => learn.softmaxCrossEntropy(randomTensor([1, 3], 1), [3]),
      /labels\[0\]/,
    ],
    ["a label of half", () => learn.softmaxCrossEntropy(randomTensor([1, 3], 1), [0.5]), /labels\[0\]/],
    ["labels too few", () => learn.softmaxCrossEntropy(randomTensor([2, 3], 1), [0]), /2 of them/],
    ["an image", () => learn.softmaxCrossEntropy(randomTensor([1, 3, 1], 1), [0]), /\[batch, classes\]/],
    ["an empty batch", () => learn.softmaxCrossEntropy(randomTensor([0, 3], 1), []), /one example/],
    ["shapes that differ", () => learn.mse(randomTensor([2, 3], 1), randomTensor([3, 2], 1)), /\[2, 3\]/],
    [
      "another reduction",
      () => learn.mse(randomTensor([1], 1), randomTensor([1], 1), { reduction: "max" as never }),
      /reduction/,
    ],
    ["the mean of nothing", () => learn.mse(randomTensor([0], 1), randomTensor([0], 1)), /one element/],
  ])("refuse %s", (_, compute, message) => {
    expect(compute).toThrow(Corr2dError);
    expect(compute).toThrow(message);
  });
});

describe("optimisers", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["sgd without a rate", () => learn.sgd({} as never), /learningRate/],
    ["a negative rate", () => learn.sgd({ learningRate: -1 }), /learningRate/],
    ["momentum of 1", () => learn.sgd({ learningRate: 1, momentum: 1 }), /momentum/],
    ["negative decay", () => learn.adam({ weightDecay: -1 }), /weightDecay/],
    ["a beta of 1", () => learn.adam({ beta1: 1 }), /beta1/],
    ["another option", () => learn.adam({ momentum: 1 } as object), /"momentum"/],
  ])("refuse %s", (_, make, message) => {
    expect(make).toThrow(Corr2dError);
    expect(make).toThrow(message);
  });

  it("adam's first step is the learning rate, whatever the gradient", () => {
    const layer = new learn.Linear(1, 1, { bias: false, dtype });
    const [{ value, gradient }] = layer.parameters;
    value.data[0] = 1;
    gradient.data[0] = 1e-3;
    learn.adam({ learningRate: 0.1, epsilon: 1e-12 }).step(layer.parameters);
    expect(value.data[0]).toBeCloseTo(0.9, 8);
  });
});
