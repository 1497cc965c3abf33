// SPDX-License-Identifier: MIT
// Filters of single planes lie within the bound that holds for direct.
import { createEngine, type Engine } from "corr2d";
import { afterAll, describe, expect, it } from "vitest";
import { checkBits, checkCase, collectFailures, dtypes } from "../helpers/check.ts";
import type { ConvCase } from "../helpers/conv-case.ts";
import { expectedImplementations } from "../helpers/implementations.ts";
import { largePlaneCases, planeCases } from "../helpers/plane-cases.ts";

const cases = [...planeCases(), ...largePlaneCases()];

for (const implementation of expectedImplementations()) {
  const { backend, isa } = implementation;
  describe(`${backend} ${isa} single planes`, () => {
    let opened: Promise<[Engine, Engine]> | undefined;
    const engines = () => {
      opened ??= Promise.all([
        createEngine({ backend, isa, threads: 1 }),
        createEngine({ backend, isa, threads: backend === "reference" ? 1 : 2 }),
      ]);
      return opened;
    };
    afterAll(async () => {
      for (const engine of await engines().catch(() => [])) engine.dispose();
    });

    it.each(dtypes)("%s is within the error bound in every case", async (dtype) => {
      const [engine] = await engines();
      const check = (c: ConvCase) => checkCase(engine, implementation, c, "direct", dtype);
      expect(await collectFailures(cases, check)).toEqual([]);
    });

    it.each(dtypes)("%s gives the same bits on one thread and two, sync and async", async (dtype) => {
      const check = async (c: ConvCase) => checkBits(await engines(), implementation, c, "direct", dtype);
      expect(
        await collectFailures([...cases.filter(({ seed }) => seed % 8 === 0), ...largePlaneCases()], check),
      ).toEqual([]);
    });
  });
}
