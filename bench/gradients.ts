// SPDX-License-Identifier: MIT
import { createEngine } from "corr2d";
import { convCase, type Given, preparedRun } from "./contenders.ts";
import { toleranceOf } from "./harness/compare.ts";
import type { Contender, Setting, Suite } from "./harness/suite.ts";
import { gradientOf, outputShapeOf, product, productsOf } from "./operands.ts";
import { hasTorch, torch } from "./peers/torch.ts";
import { denseLayers, type Layer } from "./problems.ts";

type Contestant = (given: Given<Layer>) => Contender;

export const gradients: Suite = {
  about:
    "how fast are the gradients of input and weights, beside the convolution itself and PyTorch's backward pass?",
  unit: "ms",
  ratioTo: ["forward", "torch"],
  basis: "minSeconds",
  threads: 1,
  isolated: true,
  notes: () => (hasTorch() ? [] : ["missing   torch: apt-get install python3-torch (Debian)"]),
  cases: (setting) => {
    const others = (of: "input" | "weights") => (torchIsThere() ? [torch(of, setting.threads)] : []);
    return denseLayers.flatMap((problem) => [
      {
        ...convCase(problem, [
          gradInput(setting, false),
          gradInput(setting, true),
          forward(setting),
          ...others("input"),
        ]),
        name: `${problem.name} input`,
        group: "input",
        tolerance: toleranceOf(problem.weightsShape[0] * productsOf(problem)),
      },
      {
        ...convCase(problem, [
          gradWeights(setting, false),
          gradWeights(setting, true),
          forward(setting),
          ...others("weights"),
        ]),
        name: `${problem.name} weights`,
        group: "weights",
        tolerance: toleranceOf(product(outputShapeOf(problem))),
      },
    ]);
  },
};

let found: boolean | undefined;
function torchIsThere(): boolean {
  found ??= hasTorch();
  return found;
}

/** The convolution, with its weights packed before: what a gradient of as many FLOP could take. */
function forward({ backend, isa, threads }: Setting): Contestant {
  const run = preparedRun("forward", { backend, isa, threads }, { accuracy: "exact" });
  return (given) => ({ ...run(given), comparable: false });
}

/** From plain arrays; `planned`: with the weights packed before. */
function gradInput({ backend, isa, threads }: Setting, planned: boolean): Contestant {
  return ({ problem, operands }) => ({
    name: planned ? "corr2d planned" : "corr2d",
    prepare: async () => {
      const engine = await createEngine({ backend, isa, threads });
      const { x, weights } = operands();
      const gradient = gradientOf(problem);
      const options = { ...problem.options, accuracy: "exact" } as const;
      const out = new Float32Array(x.data.length);
      const plan = engine.planConv2dGradInput(x.shape, weights, options);
      const run = planned
        ? () => plan.run(gradient, { out })
        : () => engine.conv2dGradInput(x.shape, weights, gradient, { ...options, out });
      return { what: plan.explain(), run, result: () => run().data };
    },
  });
}

/** From plain arrays; `planned`: with room to work in kept from call to call. */
function gradWeights({ backend, isa, threads }: Setting, planned: boolean): Contestant {
  return ({ problem, operands }) => ({
    name: planned ? "corr2d planned" : "corr2d",
    prepare: async () => {
      const engine = await createEngine({ backend, isa, threads });
      const { x, weights } = operands();
      const gradient = gradientOf(problem);
      const out = new Float32Array(weights.data.length);
      const plan = engine.planConv2dGradWeights(x.shape, weights.shape, problem.options);
      const run = planned
        ? () => plan.run(x, gradient, { out })
        : () => engine.conv2dGradWeights(x, weights.shape, gradient, { ...problem.options, out });
      return { what: plan.explain(), run, result: () => run().data };
    },
  });
}
