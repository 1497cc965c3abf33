// SPDX-License-Identifier: MIT
import { createEngine, type Engine } from "corr2d";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convCases } from "./cases.ts";
import { algorithms, checkBits, checkCase, collectFailures, dtypes } from "./check.ts";
import { expectedImplementations } from "./implementations.ts";
import { checkSpecialValues } from "./special.ts";

const cases = convCases();

it("has at least 300 cases", () => {
  expect(cases.length).toBeGreaterThanOrEqual(300);
});

for (const implementation of expectedImplementations()) {
  const { backend, isa } = implementation;
  describe(`${backend} ${isa}`, () => {
    let one: Engine;
    let two: Engine;

    beforeAll(async () => {
      one = await createEngine({ backend, isa, threads: 1 });
      two = await createEngine({ backend, isa, threads: 2 });
    });

    afterAll(() => {
      one?.dispose();
      two?.dispose();
    });

    it("is the engine that was asked for", () => {
      expect([one.backend, one.isa, one.threads]).toEqual([backend, isa, 1]);
      expect([two.backend, two.isa, two.threads]).toEqual([backend, isa, backend === "native" ? 2 : 1]);
    });

    for (const algorithm of algorithms) {
      for (const dtype of dtypes) {
        describe(`${algorithm} ${dtype}`, () => {
          it("is within the error bound in every case", async () => {
            expect(
              await collectFailures(cases, (c) => checkCase(one, implementation, c, algorithm, dtype)),
            ).toEqual([]);
          });

          it("is exact for whole numbers", async () => {
            expect(
              await collectFailures(cases, (c) =>
                checkCase(two, implementation, c, algorithm, dtype, "integers"),
              ),
            ).toEqual([]);
          });

          it("gives the same bits on one thread and two, sync and async, again and again", async () => {
            const some = cases.filter((c) => c.name.startsWith("many") || c.seed % 5 === 0);
            expect(
              await collectFailures(some, (c) => checkBits([one, two], implementation, c, algorithm, dtype)),
            ).toEqual([]);
          });

          it("carries NaN, infinities and denormals as the definition does", async () => {
            expect(
              await collectFailures(checkSpecialValues(one, algorithm, dtype), (check) => check()),
            ).toEqual([]);
          });
        });
      }
    }
  });
}
