// SPDX-License-Identifier: MIT
// The gradients of every layer, held to finite differences.
import { createEngine } from "corr2d";
import * as learn from "corr2d/learn";
import { describe, expect, it } from "vitest";
import { backends, differences, dot, dtype, randomTensor } from "../helpers/learn.ts";

interface LayerCase {
  readonly name: string;
  readonly make: () => learn.Layer;
  readonly shape: readonly number[];
}

const layerCases: LayerCase[] = [
  { name: "Conv2d", make: () => new learn.Conv2d(2, 3, 3, { dtype }), shape: [2, 2, 5, 6] },
  {
    name: "Conv2d with every option",
    make: () =>
      new learn.Conv2d(4, 6, [3, 2], {
        ...{ strides: [2, 1], padding: [1, 0, 2, 1], dilations: [1, 2], groups: 2, border: "mirror", dtype },
      }),
    shape: [2, 4, 6, 5],
  },
  {
    name: "Conv2d same",
    make: () => new learn.Conv2d(1, 2, 4, { padding: "same", bias: false, dtype }),
    shape: [1, 1, 5, 4],
  },
  { name: "ConvTranspose2d", make: () => new learn.ConvTranspose2d(3, 2, 3, { dtype }), shape: [2, 3, 4, 3] },
  {
    name: "ConvTranspose2d with every option",
    make: () =>
      new learn.ConvTranspose2d(4, 6, [3, 2], {
        ...{ strides: [3, 2], padding: [1, 0], dilations: [2, 1], outputPadding: [2, 1], groups: 2, dtype },
      }),
    shape: [2, 4, 3, 4],
  },
  { name: "MaxPool2d", make: () => new learn.Pool2d("max", 2), shape: [2, 3, 6, 5] },
  {
    name: "MaxPool2d, windows that overlap",
    make: () => new learn.Pool2d("max", [3, 2], { strides: 1, padding: 1, dilations: [1, 2] }),
    shape: [1, 2, 6, 5],
  },
  { name: "AvgPool2d", make: () => new learn.Pool2d("avg", 2), shape: [2, 3, 6, 5] },
  {
    name: "AvgPool2d, windows that overlap",
    make: () => new learn.Pool2d("avg", 3, { strides: 2, padding: 1, countIncludePad: true }),
    shape: [1, 2, 6, 5],
  },
  { name: "Relu", make: () => new learn.Relu(), shape: [3, 4, 2] },
  { name: "Flatten", make: () => new learn.Flatten(), shape: [3, 4, 2] },
  { name: "Linear", make: () => new learn.Linear(5, 4, { dtype }), shape: [3, 5] },
  {
    name: "Linear of one example",
    make: () => new learn.Linear(5, 1, { bias: false, dtype }),
    shape: [1, 5],
  },
  {
    name: "Sequential",
    make: () =>
      new learn.Sequential([
        new learn.Conv2d(1, 2, 3, { padding: 1, dtype }),
        new learn.Relu(),
        new learn.Sequential([new learn.Pool2d("max", 2), new learn.Flatten()]),
        new learn.Linear(12, 3, { dtype }),
      ]),
    shape: [2, 1, 4, 6],
  },
];

for (const backend of backends) {
  describe(`gradients by finite differences, ${backend}`, () => {
    it.each(layerCases)("$name", async ({ make, shape }) => {
      const engine = await createEngine({ backend });
      const layer = make();
      layer.useEngine(engine);
      layer.parameters.forEach(({ value }, i) => {
        value.data.set(randomTensor(value.shape, 10 + i).data);
      });
      const x = randomTensor(shape, 1);
      const y = layer.forward(x);
      expect(y.shape).toEqual([...layer.outputShape(shape)]);
      const weights = randomTensor(y.shape, 2);
      const gradInput = layer.backward(weights);
      expect(gradInput.shape).toEqual(shape);
      const gradients = layer.parameters.map(({ gradient }) => [...gradient.data]);
      const loss = () => dot(layer.forward(x).data, weights.data);
      // Both losses of a difference are rounded: to 1e-13 or less, divided by 2^-16.
      const allowed = 1e-8;
      const expectNear = (actual: ArrayLike<number>, expected: readonly number[]) => {
        expect(actual.length).toBe(expected.length);
        for (let i = 0; i < expected.length; i++) {
          expect(Math.abs(actual[i] - expected[i])).toBeLessThan(allowed);
        }
      };
      expectNear(gradInput.data, differences(x.data, loss));
      layer.parameters.forEach(({ value }, i) => {
        expectNear(gradients[i], differences(value.data as Float64Array, loss));
      });
      engine.dispose();
    });
  });
}
