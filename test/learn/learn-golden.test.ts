// SPDX-License-Identifier: MIT
// Training as PyTorch does it (scripts/fixtures_learn.py): layers, losses, gradients and optimisers together.
import { createEngine, type TensorLike } from "corr2d";
import * as learn from "corr2d/learn";
import { expect, it } from "vitest";
import { storedCases } from "../helpers/fixtures.ts";

interface Case {
  readonly loss: "mse" | "softmaxCrossEntropy";
  readonly optimiser: "sgd" | "adam";
  readonly options: learn.SgdOptions;
  readonly x: readonly number[];
  readonly targets: readonly number[];
  readonly before: Readonly<Record<string, readonly number[]>>;
  readonly losses: readonly number[];
  readonly after: Readonly<Record<string, readonly number[]>>;
}

const cases = storedCases<Case>("torch-learn");
const backends = ["native", "wasm", "reference"] as const;

const dtype = "float64";
const layers = () => [
  new learn.Conv2d(2, 4, 3, { padding: 1, groups: 2, dtype }),
  new learn.Relu(),
  new learn.Pool2d("max", 2),
  new learn.ConvTranspose2d(4, 3, 3, { strides: 2, padding: 1, outputPadding: 1, dtype }),
  new learn.Relu(),
  new learn.Pool2d("avg", 3, { strides: 2 }),
  new learn.Flatten(),
  new learn.Linear(27, 5, { dtype }),
];

/** Numbers of the fixture have 12 digits; a few steps multiply what is rounded there and here by little. */
function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i] - expected[i])).toBeLessThan(1e-10 * (1 + Math.abs(expected[i])));
  }
}

for (const backend of backends) {
  it.each(cases)(`$loss by $optimiser $options on ${backend}`, async (c) => {
    const engine = await createEngine({ backend });
    const model = new learn.Sequential(layers(), { engine });
    expect(model.parameters.map(({ name }) => name)).toEqual(Object.keys(c.before));
    for (const { name, value } of model.parameters) value.data.set(c.before[name]);
    const optimiser = c.optimiser === "sgd" ? learn.sgd(c.options) : learn.adam(c.options);
    const x = { data: Float64Array.from(c.x), shape: [6, 2, 8, 8] };
    const loss = (y: TensorLike) =>
      c.loss === "mse"
        ? learn.mse(y, { data: Float64Array.from(c.targets), shape: [6, 5] })
        : learn.softmaxCrossEntropy(y, c.targets);
    const losses = c.losses.map(() => {
      const { value, gradient } = loss(model.forward(x));
      model.backward(gradient);
      optimiser.step(model.parameters);
      return value;
    });
    engine.dispose();
    expectClose(losses, c.losses);
    for (const { name, value } of model.parameters) expectClose(value.data, c.after[name]);
  });
}
