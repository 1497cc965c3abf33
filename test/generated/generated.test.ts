// SPDX-License-Identifier: MIT
// Generated cases of every operator: layouts, strides, padding, dilations, groups, borders, types, algorithms, data and
// tiny outputs vary together. `npm run test:fuzz` runs more of them, with other seeds.
import { createEngine } from "corr2d";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectedImplementations } from "../helpers/implementations.ts";
import { pairCounter } from "./aspects.ts";
import { families } from "./families.ts";
import { type PoolDraw, poolTrial } from "./pools.ts";
import { type Opened, runFamily } from "./run.ts";
import { runTrial } from "./trial.ts";

/** Of each family: more than 20,000 in all. */
const cases = 900;
const seed = 10;

let opened: Opened[] = [];

beforeAll(async () => {
  opened = await Promise.all(
    expectedImplementations().map(async (implementation) => ({
      implementation,
      engine: await createEngine({ ...implementation, threads: 1 }),
    })),
  );
});
afterAll(() => {
  for (const { engine } of opened) engine.dispose();
});

describe.each(families)("$name", (family) => {
  const pairs = pairCounter();

  it(`follows its definition in ${cases} generated cases on every implementation`, {
    timeout: 120_000,
  }, async () => {
    expect(await runFamily(family, opened, seed, cases, pairs.see)).toBeNull();
  });

  it("was called with each pair of its options", () => {
    expect(pairs.missing()).toEqual([]);
  });
});

/** Branches that no small case enters. */
const large: readonly [name: string, operator: string, draw: PoolDraw][] = [
  [
    "windows of more elements than native notes the places of, channels last",
    "maxPool2dGradInput",
    {
      draws: [
        { out: 2, kernel: 65, stride: 1, dilation: 1, before: 0, after: 0, rest: 0 },
        { out: 3, kernel: 64, stride: 1, dilation: 1, before: 1, after: 0, rest: 0 },
      ],
      ...{
        form: "sides",
        rounding: "floor",
        countIncludePad: false,
        border: "constant",
        batch: 1,
        channels: 3,
      },
      ...{ inputLayout: "nhwc", dtype: "float32", xFilling: "uniform", gradFilling: "uniform", seed: 1 },
      ...{ offset: 1, how: "plain" },
    },
  ],
];

it.each(large)("follows the definition for %s", async (_name, operator, draw) => {
  for (const { engine } of opened) await runTrial(poolTrial(operator, draw), engine);
});
