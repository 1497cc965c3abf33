// SPDX-License-Identifier: MIT
import { createEngine, outputShape } from "corr2d";
import { type EngineChoice, engineChoices } from "./contenders.ts";
import { toleranceOf } from "./harness/compare.ts";
import type { Contender, Suite } from "./harness/suite.ts";
import { fractions, product } from "./operands.ts";
import { hasPackage, missingPeers } from "./peers/installed.ts";
import { onnxruntimePool } from "./peers/onnxruntime.ts";
import { type Pooling, poolings } from "./problems.ts";

export const pooling: Suite = {
  about: "maxPool2d and avgPool2d on every backend and ISA, beside onnxruntime; one call each, output given",
  unit: "ms",
  ratioTo: "first",
  basis: "minSeconds",
  threads: 1,
  isolated: true,
  notes: missingPeers,
  cases: (setting) =>
    poolings.map((problem) => ({
      name: problem.name,
      flop: product(shapeOf(problem)) * problem.window ** 2,
      tolerance: toleranceOf(problem.window ** 2),
      contenders: [
        ...engineChoices(setting).map((choice) => ours(problem, choice)),
        ...(["onnxruntime-node", "onnxruntime-web"] as const)
          .filter(hasPackage)
          .map((name) => onnxruntimePool(name, setting.threads, problem, shapeOf(problem))),
      ],
    })),
};

const optionsOf = ({ window, strides, padding }: Pooling) => ({ windowDimensions: window, strides, padding });

const shapeOf = (problem: Pooling) => outputShape.avgPool2d(problem.inputShape, optionsOf(problem));

function ours(problem: Pooling, { backend, isa, threads }: EngineChoice): Contender {
  return {
    name: `${backend} ${isa}`,
    prepare: async () => {
      const engine = await createEngine({ backend, isa, threads });
      const x = fractions(problem.inputShape, 1);
      const options = optionsOf(problem);
      const out = engine[problem.operator](x, options);
      const run = () => engine[problem.operator](x, { ...options, out });
      return { what: `${problem.operator} on ${backend} ${isa}`, run, result: () => run().data };
    },
  };
}
