// SPDX-License-Identifier: MIT
import { createEngine } from "corr2d";
import { type EngineChoice, type Given, preparedRun } from "./contenders.ts";
import { relativeRms, toleranceOf } from "./harness/compare.ts";
import type { Case, Contender, Suite } from "./harness/suite.ts";
import { type OddProblem, oddProblems } from "./odd-problems.ts";
import { flopOf, makeOperands, productsOf } from "./operands.ts";
import type { Problem } from "./problems.ts";

export const sweep: Suite = {
  about: "odd channel counts, shapes, dilations and groups, each beside its well-shaped neighbour, per FLOP",
  unit: "ms",
  ratioTo: "first",
  slowBelow: 0.5,
  threads: 1,
  cases: (setting) => oddProblems.map((problem) => besideNeighbour(problem, setting)),
};

/** The two compute different things, so each is compared with the TypeScript backend instead of with the other. */
function besideNeighbour({ odd, neighbour, accuracy }: OddProblem, choice: EngineChoice): Case {
  const contender = (problem: Problem): Contender => {
    const run = verified(preparedRun(problem.name, choice, { accuracy }));
    return { ...run({ problem, operands: () => makeOperands(problem) }), flop: flopOf(problem) };
  };
  return { name: odd.name, flop: flopOf(odd), contenders: [contender(neighbour), contender(odd)] };
}

function verified(contestant: (given: Given) => Contender) {
  return (given: Given): Contender => {
    const contender = contestant(given);
    const prepare = async () => {
      const runner = await contender.prepare();
      const { x, weights } = given.operands();
      const reference = await createEngine({ backend: "reference" });
      const { data } = reference.conv2d(x, weights, { ...given.problem.options, algorithm: "direct" });
      const difference = relativeRms(await runner.result(), data);
      if (difference <= toleranceOf(productsOf(given.problem))) return runner;
      throw new Error(
        `${given.problem.name} differs from the reference by ${difference.toExponential(1)} (RMS)`,
      );
    };
    return { ...contender, prepare };
  };
}
