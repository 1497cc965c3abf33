// SPDX-License-Identifier: MIT
import type fc from "fast-check";
import { convolutionDraws, convolutionNames, convolutionTrial } from "./convolutions.ts";
import { integerDraws, integerTrial } from "./integers.ts";
import { patchDraws, patchNames, patchTrial } from "./patches.ts";
import { planarDraws, planarNames, planarTrial } from "./planar.ts";
import { poolDraws, poolNames, poolTrial } from "./pools.ts";
import type { Trial } from "./trial.ts";

/** An operator's cases: plain data, which shrinks, and the call that it stands for. */
export interface Family {
  readonly name: string;
  readonly draws: fc.Arbitrary<object>;
  trial(draw: object): Trial;
}

function family<D extends object>(name: string, draws: fc.Arbitrary<D>, trial: (draw: D) => Trial): Family {
  return { name, draws, trial: trial as (draw: object) => Trial };
}

export const families: readonly Family[] = [
  ...convolutionNames.map((name) => family(name, convolutionDraws(name), (d) => convolutionTrial(name, d))),
  ...planarNames.map((name) => family(name, planarDraws(name), (d) => planarTrial(name, d))),
  ...poolNames.map((name) => family(name, poolDraws, (d) => poolTrial(name, d))),
  ...patchNames.map((name) => family(name, patchDraws, (d) => patchTrial(name, d))),
  family("conv2d of integers", integerDraws, integerTrial),
];
