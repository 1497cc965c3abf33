// SPDX-License-Identifier: MIT
// What PyTorch answers (scripts/fixtures.py) for pooling and its gradients.
import type * as corr2d from "corr2d";
import type { AvgPool2dOptions } from "corr2d";
import { describe, expect, it } from "vitest";
import { collectFailures, dtypes } from "../helpers/check.ts";
import { storedCases } from "../helpers/fixtures.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { type DType, unitRoundoff } from "../helpers/oracle.ts";
import { array } from "../helpers/pool-oracle.ts";

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Fixture {
  readonly function: "maxPool2d" | "avgPool2d";
  readonly x: Stored;
  readonly options: AvgPool2dOptions;
  readonly y: Stored;
  readonly gradOutput: Stored;
  readonly gradX: Stored;
}

const golden = storedCases<Fixture>("torch-pool2d");

const tensor = (dtype: DType, { shape, data }: Stored) => ({ shape, data: array(dtype, data) });

/** Whole numbers are summed exactly; then comes one division, or a reciprocal and a product, in gradients summed up. */
function compareStored(actual: corr2d.Tensor, expected: Stored, dtype: DType, roundings: number): void {
  if (actual.shape.join() !== expected.shape.join())
    throw new Error(`shape [${actual.shape}], not [${expected.shape}]`);
  expected.data.forEach((value, i) => {
    // Gradients of means are sums of fractions of up to 9 that may cancel.
    const allowed = roundings * unitRoundoff[dtype] * Math.max(Math.abs(value), roundings > 3 ? 9 : 0);
    if (!(Math.abs(actual.data[i] - value) <= allowed))
      throw new Error(`element ${i}: ${actual.data[i]}, not ${value}`);
  });
}

forEachImplementation({ threads: [1] }, (on) => {
  describe.each(dtypes)("%s", (dtype) => {
    it("pools as PyTorch does", async () => {
      expect(
        await collectFailures(golden, (c) => {
          const y = on.engine[c.function](tensor(dtype, c.x), c.options);
          compareStored(y, c.y, dtype, c.function === "maxPool2d" ? 0 : 3);
        }),
      ).toEqual([]);
    });

    it("has PyTorch's gradients", async () => {
      expect(
        await collectFailures(golden, (c) => {
          const [x, gradOutput] = [tensor(dtype, c.x), tensor(dtype, c.gradOutput)];
          const actual =
            c.function === "maxPool2d"
              ? on.engine.maxPool2dGradInput(x, gradOutput, c.options)
              : on.engine.avgPool2dGradInput(x.shape, gradOutput, c.options);
          compareStored(actual, c.gradX, dtype, c.function === "maxPool2d" ? 0 : 64);
        }),
      ).toEqual([]);
    });
  });
});
