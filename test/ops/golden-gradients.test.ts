// SPDX-License-Identifier: MIT
// What PyTorch answers (scripts/fixtures.py) for transposed convolutions and for gradients, against every backend.
import type { Conv2dGradientOptions, ConvTranspose2dOptions } from "corr2d";
import { describe, expect, it } from "vitest";
import { collectFailures, dtypes } from "../helpers/check.ts";
import { type StoredTensor, storedCases } from "../helpers/fixtures.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import type { DType, FloatArray } from "../helpers/oracle.ts";

interface Transposed {
  readonly x: StoredTensor;
  readonly weights: StoredTensor;
  readonly bias?: readonly number[];
  readonly options: ConvTranspose2dOptions;
  readonly y: StoredTensor;
}

interface Gradients {
  readonly x: StoredTensor;
  readonly weights: StoredTensor;
  readonly options: Conv2dGradientOptions;
  readonly gradOutput: StoredTensor;
  readonly gradInput: StoredTensor;
  readonly gradWeights: StoredTensor;
  readonly gradBias: StoredTensor;
}

function load<T>(name: string): [number, T][] {
  return storedCases<T>(name).map((stored, i) => [i, stored]);
}

const transposed = load<Transposed>("torch-transposed");
const gradients = load<Gradients>("torch-gradients");

const array = (dtype: DType, data: readonly number[]): FloatArray =>
  dtype === "float32" ? Float32Array.from(data) : Float64Array.from(data);
const tensor = (dtype: DType, { shape, data }: StoredTensor) => ({ shape, data: array(dtype, data) });

/** Operands are small whole numbers, so that every sum is exact: -0 alone may stand for 0. */
function compare(
  name: string,
  actual: { shape: readonly number[]; data: FloatArray },
  expected: StoredTensor,
) {
  expect([name, ...actual.shape]).toEqual([name, ...expected.shape]);
  expected.data.forEach((value, i) => {
    if (actual.data[i] !== value) throw new Error(`${name}[${i}]: ${actual.data[i]}, not ${value}`);
  });
}

forEachImplementation({ withDefault: true }, (on) => {
  describe.each(dtypes)("%s", (dtype) => {
    it("answers as torch.nn.functional.conv_transpose2d", async () => {
      const check = ([i, { x, weights, bias, options, y }]: [number, Transposed]) => {
        const exact = { ...options, accuracy: "exact" } as const;
        const all = bias === undefined ? exact : { ...exact, bias: array(dtype, bias) };
        compare(`case ${i}`, on.engine.convTranspose2d(tensor(dtype, x), tensor(dtype, weights), all), y);
      };
      expect(await collectFailures(transposed, check)).toEqual([]);
    });

    it("answers as the backward pass of torch.nn.functional.conv2d", async () => {
      const check = ([i, { options, ...c }]: [number, Gradients]) => {
        const all = { ...options, accuracy: "exact" } as const;
        const [x, weights] = [tensor(dtype, c.x), tensor(dtype, c.weights)];
        const gradOutput = tensor(dtype, c.gradOutput);
        const gradInput = on.engine.conv2dGradInput(x.shape, weights, gradOutput, all);
        compare(`case ${i}, input`, gradInput, c.gradInput);
        const gradWeights = on.engine.conv2dGradWeights(x, weights.shape, gradOutput, all);
        compare(`case ${i}, weights`, gradWeights, c.gradWeights);
        compare(`case ${i}, bias`, on.engine.conv2dGradBias(gradOutput, all), c.gradBias);
      };
      expect(await collectFailures(gradients, check)).toEqual([]);
    });
  });
});
