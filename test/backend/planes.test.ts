// SPDX-License-Identifier: MIT
// Filters of single planes lie within the bound that holds for direct.
import { expect, it } from "vitest";
import { checkBits, checkCase, collectFailures, dtypes } from "../helpers/check.ts";
import type { ConvCase } from "../helpers/conv-case.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { largePlaneCases, planeCases } from "../helpers/plane-cases.ts";

const cases = [...planeCases(), ...largePlaneCases()];

forEachImplementation({ what: "single planes", threads: [1, 2] }, (on) => {
  it.each(dtypes)("%s is within the error bound in every case", async (dtype) => {
    const [engine] = on.engines;
    const check = (c: ConvCase) => checkCase(engine, on, c, "direct", dtype);
    expect(await collectFailures(cases, check)).toEqual([]);
  });

  it.each(dtypes)("%s gives the same bits on one thread and two, sync and async", async (dtype) => {
    const check = async (c: ConvCase) => checkBits(on.engines, on, c, "direct", dtype);
    expect(
      await collectFailures([...cases.filter(({ seed }) => seed % 8 === 0), ...largePlaneCases()], check),
    ).toEqual([]);
  });
});
