// SPDX-License-Identifier: MIT
import { createEngine, type Engine, outputShape, type Tensor, type TensorLike } from "corr2d";
import { type EngineChoice, engineChoices } from "./contenders.ts";
import { toleranceOf } from "./harness/compare.ts";
import type { Contender, Setting, Suite } from "./harness/suite.ts";
import { fractions, product } from "./operands.ts";
import { hasPackage, missingPeers } from "./peers/installed.ts";
import { onnxruntimePad } from "./peers/onnxruntime.ts";
import { type WindowProblem, windowProblems } from "./problems.ts";

export const windows: Suite = {
  about: "gradients of poolings, unfold, fold and pad beside their TypeScript; one call each, output given",
  unit: "ms",
  ratioTo: "first",
  basis: "minSeconds",
  threads: 1,
  isolated: true,
  notes: missingPeers,
  cases: (setting) =>
    windowProblems.map((problem) => ({
      name: problem.name,
      // An addition for each element of all windows.
      flop: 2 * product(operationOf(problem).windows),
      tolerance: toleranceOf(9),
      contenders: [
        ...choicesOf(setting).map((choice) => ours(problem, choice)),
        ...(problem.operator === "pad" ? (["onnxruntime-node", "onnxruntime-web"] as const) : [])
          .filter(hasPackage)
          .map((name) =>
            onnxruntimePad(name, setting.threads, problem.imageShape, problem.options.padding as number),
          ),
      ],
    })),
};

/** TypeScript first: all are compared with it. */
function choicesOf(setting: Setting): EngineChoice[] {
  const choices = engineChoices({ ...setting, isaNamed: false });
  const isBase = ({ backend }: EngineChoice) => backend === "reference";
  return [
    ...choices.filter(isBase),
    ...choices.filter((choice) => !isBase(choice) && (!setting.isaNamed || choice.isa === setting.isa)),
  ];
}

interface Operation {
  /** Of the elements of all windows. */
  readonly windows: readonly number[];
  /** The operand, and the call on it. */
  readonly operand: readonly number[];
  call(engine: Engine, operand: TensorLike, image: TensorLike, out: Tensor | undefined): Tensor;
}

function operationOf({ operator, imageShape, options }: WindowProblem): Operation {
  const given = (out: Tensor | undefined) => ({ ...options, ...(out !== undefined && { out }) });
  if (operator === "pad" || operator === "padGradInput") {
    const padding = options.padding as number;
    const outer = imageShape.map((size, axis) => (axis < 2 ? size : size + 2 * padding));
    const out = (to: Tensor | undefined) => (to === undefined ? {} : { out: to });
    return operator === "pad"
      ? { windows: outer, operand: imageShape, call: (e, x, _, to) => e.pad(x, padding, out(to)) }
      : {
          windows: outer,
          operand: outer,
          call: (e, g, _, to) => e.padGradInput(imageShape, g, padding, out(to)),
        };
  }
  const outShape = outputShape.avgPool2d(imageShape, options);
  const { windowDimensions } = options;
  const taps = typeof windowDimensions === "number" ? windowDimensions ** 2 : imageShape[2] * imageShape[3];
  const windows = [...outShape, taps];
  switch (operator) {
    case "maxPool2dGradInput":
      return { windows, operand: outShape, call: (e, g, x, to) => e.maxPool2dGradInput(x, g, given(to)) };
    case "avgPool2dGradInput":
      return {
        windows,
        operand: outShape,
        call: (e, g, _, to) => e.avgPool2dGradInput(imageShape, g, given(to)),
      };
    case "globalAvgPool2dGradInput":
      return {
        windows,
        operand: outShape,
        call: (e, g, _, to) => e.globalAvgPool2dGradInput(imageShape, g, given(to)),
      };
    default: {
      const [batch, channels, height, width] = imageShape;
      const columns = [batch, channels * taps, outShape[2] * outShape[3]];
      const all = (to: Tensor | undefined) => ({
        ...given(to),
        windowDimensions: windowDimensions as number,
      });
      return operator === "unfold"
        ? { windows, operand: imageShape, call: (e, x, _, to) => e.unfold(x, all(to)) }
        : { windows, operand: columns, call: (e, c, _, to) => e.fold(c, [height, width], all(to)) };
    }
  }
}

function ours(problem: WindowProblem, { backend, isa, threads }: EngineChoice): Contender {
  return {
    name: `${backend} ${isa}`,
    prepare: async () => {
      const engine = await createEngine({ backend, isa, threads });
      const { operand: shape, call } = operationOf(problem);
      const operand = fractions(shape, 1);
      const image = fractions(problem.imageShape, 2);
      const out = call(engine, operand, image, undefined);
      const run = () => call(engine, operand, image, out);
      return { what: `${problem.operator} on ${backend} ${isa}`, run, result: () => run().data };
    },
  };
}
