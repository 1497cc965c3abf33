// SPDX-License-Identifier: MIT
import { corr2d, createEngine, type Engine, type NestedArray, Tensor } from "corr2d";
import { convCase, type EngineChoice, engineChoices, type Given, preparedRun } from "./contenders.ts";
import type { Case, Contender, Suite } from "./harness/suite.ts";
import { denseLayers, tiny } from "./problems.ts";

export const overhead: Suite = {
  about: "what calls cost beside their arithmetic, with the garbage collection that they cause",
  unit: "µs",
  ratioTo: "best",
  threads: 1,
  cases: (setting) => {
    const all = engineChoices(setting);
    // Calls cost the same whatever the ISA: the first, which is the best, stands for its backend.
    const choices = all.filter(
      ({ backend }, i) => all.findIndex((choice) => choice.backend === backend) === i,
    );
    const planned = [tiny, ...denseLayers.filter(({ name }) => name === "r50_56_3x3_64")];
    return [
      emptyCall,
      named("corr2d", convCase(tiny, [nestedArrays, tensors, ...choices.map(tensorsOn)])),
      named("run", convCase(tiny, [...choices.map(runIntoOut), ...choices.map(allocatingRun)])),
      ...planned.map((problem) => ({ ...named("plan", convCase(problem, choices.map(planning))), flop: 0 })),
    ];
  },
};

const named = (operator: string, problem: Case): Case => ({
  ...problem,
  name: `${operator}_${problem.name}`,
});

/** What every number of this suite includes: the timer calling a function. */
const emptyCall: Case = {
  name: "empty_call",
  flop: 0,
  contenders: [
    {
      name: "() => {}",
      prepare: async () => ({ what: "an empty function", run: () => {}, result: () => [] }),
    },
  ],
};

// The plain function as users call it, on the default engine: everything from validation to the new result.
const nestedArrays = matrixCall(
  "nested arrays",
  (matrix) => matrix.toArray(),
  async () => corr2d,
);
const tensors = matrixCall(
  "{ data, shape }",
  (matrix) => matrix,
  async () => corr2d,
);

/** An engine whose backend was named never takes the default engine's way round the backend for tiny inputs. */
function tensorsOn(choice: EngineChoice) {
  const open = async () => (await createEngine(choice)).corr2d;
  return matrixCall(`{ data, shape }, ${choice.backend}`, (matrix) => matrix, open);
}

function matrixCall(
  name: string,
  toOperand: (matrix: Tensor) => Tensor | NestedArray,
  open: () => Promise<Engine["corr2d"]>,
) {
  return ({ operands }: Given): Contender => ({
    name,
    prepare: async () => {
      const correlate = await open();
      const { x, weights } = operands();
      const matrix = toOperand(new Tensor(x.data, x.shape.slice(2)));
      const kernel = toOperand(new Tensor(weights.data, weights.shape.slice(2)));
      const run = () => correlate(matrix, kernel);
      return { what: `corr2d of ${name}`, run, result: () => run().data };
    },
  });
}

function runIntoOut(choice: EngineChoice) {
  return preparedRun(`${choice.backend}, out`, choice);
}

function allocatingRun(choice: EngineChoice) {
  return ({ problem, operands }: Given): Contender => ({
    name: `${choice.backend}, new result`,
    prepare: async () => {
      const engine = await createEngine(choice);
      const { x, weights } = operands();
      const plan = engine.planConv2d(x.shape, weights, problem.options);
      const run = () => plan.run(x);
      return { what: plan.explain(), run, result: () => run().data };
    },
  });
}

/** Validation, choice of algorithm, packing of weights, and letting go of them. */
function planning(choice: EngineChoice) {
  return ({ problem, operands }: Given): Contender => ({
    name: choice.backend,
    prepare: async () => {
      const engine = await createEngine(choice);
      const { x, weights } = operands();
      const plan = () => engine.planConv2d(x.shape, weights, problem.options);
      return {
        what: `planConv2d and dispose, ${choice.backend} ${choice.isa}`,
        run: () => plan().dispose(),
        result: () => plan().run(x).data,
      };
    },
  });
}
