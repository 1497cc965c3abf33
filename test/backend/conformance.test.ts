// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { convCases } from "../helpers/cases.ts";
import { algorithms, checkBits, checkCase, collectFailures, dtypes } from "../helpers/check.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { checkSpecialValues } from "../helpers/special.ts";

const cases = convCases();

it("has at least 300 cases", () => {
  expect(cases.length).toBeGreaterThanOrEqual(300);
});

forEachImplementation({ threads: [1, 2] }, (on) => {
  it("is the engine that was asked for", async () => {
    const [one, two] = on.engines;
    expect([one.backend, one.isa, one.threads]).toEqual([on.backend, on.isa, 1]);
    expect([two.backend, two.isa, two.threads]).toEqual([
      on.backend,
      on.isa,
      on.backend === "reference" ? 1 : 2,
    ]);
  });

  for (const algorithm of algorithms) {
    for (const dtype of dtypes) {
      describe(`${algorithm} ${dtype}`, () => {
        it("is within the error bound in every case", async () => {
          const [one] = on.engines;
          expect(await collectFailures(cases, (c) => checkCase(one, on, c, algorithm, dtype))).toEqual([]);
        });

        it("is exact for whole numbers", async () => {
          const [, two] = on.engines;
          expect(
            await collectFailures(cases, (c) => checkCase(two, on, c, algorithm, dtype, "integers")),
          ).toEqual([]);
        });

        it("gives the same bits on one thread and two, sync and async, again and again", async () => {
          const both = on.engines;
          // The reference backend cuts no image into pieces: there is less that could differ.
          const some = cases.filter(
            (c) => c.seed % 7 === 0 || (on.backend !== "reference" && c.name.startsWith("many")),
          );
          expect(await collectFailures(some, (c) => checkBits(both, on, c, algorithm, dtype))).toEqual([]);
        });

        it("carries NaN, infinities and denormals as the definition does", async () => {
          const [one] = on.engines;
          expect(
            await collectFailures(checkSpecialValues(one, algorithm, dtype), (check) => check()),
          ).toEqual([]);
        });
      });
    }
  }
});
