// SPDX-License-Identifier: MIT
import { createEngine, type IntegerConv2dOptions } from "corr2d";
import { convCase, type EngineChoice, type Given, preparedRun } from "./contenders.ts";
import type { Contender, Suite } from "./harness/suite.ts";
import type { Operands } from "./operands.ts";
import { denseLayers } from "./problems.ts";

export const integers: Suite = {
  about:
    "uint8 by int8 beside float32 without winograd, on the same numbers; prepared plans, output given; OP/s as FLOP/s",
  unit: "ms",
  ratioTo: "first",
  basis: "minSeconds",
  threads: 1,
  cases: (setting) =>
    denseLayers.map((problem) =>
      convCase(
        problem,
        [
          preparedRun("float32 exact", setting, { accuracy: "exact" }),
          integerRun("int32", setting, {}),
          integerRun("float32", setting, { scale: unit ** 2 }),
          integerRun("uint8", setting, requantised),
        ].map((contender) => (given) => contender({ ...given, operands: () => inUnits(given.operands()) })),
      ),
    ),
};

/** What an integer stands for. */
const unit = 1 / 127;
const requantised = { scale: 2 ** -8, outputDtype: "uint8", outputZeroPoint: 128 } as const;

/** Every number rounded to a whole number of units, so that integers can stand for them. */
function inUnits({ x, weights }: Operands): Operands {
  const rounded = (data: Float32Array) => data.map((value) => Math.round(value / unit) * unit);
  return { x: { ...x, data: rounded(x.data) }, weights: { ...weights, data: rounded(weights.data) } };
}

function integerRun(name: string, { backend, isa, threads }: EngineChoice, options: IntegerConv2dOptions) {
  return ({ problem, operands }: Given): Contender => ({
    name: `uint8 -> ${name}`,
    ...(backend === "native" && { isa }),
    prepare: async () => {
      const engine = await createEngine({ backend, isa, threads });
      const { x, weights } = operands();
      const input = { data: Uint8Array.from(x.data, (value) => value / unit + 128.5), shape: x.shape };
      const filters = {
        data: Int8Array.from(weights.data, (value) => Math.round(value / unit)),
        shape: weights.shape,
      };
      const given = { ...problem.options, inputDtype: "uint8", inputZeroPoint: 128 } as const;
      const plan = engine.planConv2d(input.shape, filters, { ...given, ...options });
      const out = plan.run(input);
      const run = () => plan.run(input, { out });
      const result = () => {
        const { data: sums } = engine.planConv2d(input.shape, filters, given).run(input);
        const { data } = run();
        data.forEach((value, i) => {
          if (value !== finished(sums[i], options)) throw new Error(`${sums[i]} became ${value}`);
        });
        return Float64Array.from(sums, (sum) => sum * unit ** 2);
      };
      return { what: plan.explain(), run, result };
    },
  });
}

/** What a sum becomes. */
function finished(sum: number, { scale, outputDtype }: IntegerConv2dOptions): number {
  if (typeof scale !== "number") return sum;
  const scaled = Math.fround(Math.fround(sum) * Math.fround(scale));
  if (outputDtype !== "uint8") return scaled;
  // Adding and subtracting 1.5 * 2^52 rounds half to even.
  const [nearest, magic] = [Math.min(Math.max(scaled, -128), 127), 1.5 * 2 ** 52];
  return nearest + magic - magic + requantised.outputZeroPoint;
}
