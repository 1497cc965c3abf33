// SPDX-License-Identifier: MIT
import { createEngine, type Engine } from "corr2d";
import { afterAll, describe, expect, it } from "vitest";
import { convCases } from "../helpers/cases.ts";
import { algorithms, checkBits, checkCase, collectFailures, dtypes } from "../helpers/check.ts";
import { expectedImplementations } from "../helpers/implementations.ts";
import { checkSpecialValues } from "../helpers/special.ts";

const cases = convCases();

it("has at least 300 cases", () => {
  expect(cases.length).toBeGreaterThanOrEqual(300);
});

for (const implementation of expectedImplementations()) {
  const { backend, isa } = implementation;
  describe(`${backend} ${isa}`, () => {
    /** Engines of one thread and of two. Opened by the tests, each of which fails where there is none. */
    let opened: Promise<[Engine, Engine]> | undefined;
    const engines = () => {
      opened ??= Promise.all([
        createEngine({ backend, isa, threads: 1 }),
        createEngine({ backend, isa, threads: 2 }),
      ]);
      return opened;
    };

    afterAll(async () => {
      for (const engine of await engines().catch(() => [])) engine.dispose();
    });

    it("is the engine that was asked for", async () => {
      const [one, two] = await engines();
      expect([one.backend, one.isa, one.threads]).toEqual([backend, isa, 1]);
      expect([two.backend, two.isa, two.threads]).toEqual([backend, isa, backend === "reference" ? 1 : 2]);
    });

    for (const algorithm of algorithms) {
      for (const dtype of dtypes) {
        describe(`${algorithm} ${dtype}`, () => {
          it("is within the error bound in every case", async () => {
            const [one] = await engines();
            expect(
              await collectFailures(cases, (c) => checkCase(one, implementation, c, algorithm, dtype)),
            ).toEqual([]);
          });

          it("is exact for whole numbers", async () => {
            const [, two] = await engines();
            expect(
              await collectFailures(cases, (c) =>
                checkCase(two, implementation, c, algorithm, dtype, "integers"),
              ),
            ).toEqual([]);
          });

          it("gives the same bits on one thread and two, sync and async, again and again", async () => {
            const both = await engines();
            // The reference backend cuts no image into pieces: there is less that could differ.
            const some = cases.filter(
              (c) => c.seed % 7 === 0 || (backend !== "reference" && c.name.startsWith("many")),
            );
            expect(
              await collectFailures(some, (c) => checkBits(both, implementation, c, algorithm, dtype)),
            ).toEqual([]);
          });

          it("carries NaN, infinities and denormals as the definition does", async () => {
            const [one] = await engines();
            expect(
              await collectFailures(checkSpecialValues(one, algorithm, dtype), (check) => check()),
            ).toEqual([]);
          });
        });
      }
    }
  });
}
