// SPDX-License-Identifier: MIT
import { convCase, engineChoices, preparedRun } from "./contenders.ts";
import type { Suite } from "./harness/suite.ts";
import { flopOf } from "./operands.ts";
import { filters, layers, type Problem } from "./problems.ts";

/** Above this a call of plain TypeScript takes about a second. */
const referenceLimit = 3e8;

export const backends: Suite = {
  about:
    "every backend and ISA on the same problems, reference up to 0.3 GFLOP; prepared plans, output given",
  unit: "ms",
  ratioTo: "best",
  threads: 1,
  cases: (setting) =>
    [...layers, ...filters.filter(fitsInCache)].map((problem) =>
      convCase(
        problem,
        engineChoices(setting)
          .filter(({ backend }) => backend !== "reference" || flopOf(problem) <= referenceLimit)
          .map((choice) => preparedRun(`${choice.backend} ${choice.isa}`, choice)),
      ),
    ),
};

/** The largest images say more about memory than about a backend. */
function fitsInCache({ inputShape: [, , height, width] }: Problem): boolean {
  return height * width <= 2 ** 20;
}
