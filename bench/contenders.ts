// SPDX-License-Identifier: MIT
// corr2d as a contender. Another library is a file like this one, whose functions return contenders too.
import { type BackendName, backends, type Conv2dOptions, createEngine } from "corr2d";
import { toleranceOf } from "./harness/compare.ts";
import type { Case, Contender, Setting } from "./harness/suite.ts";
import { flopOf, makeOperands, type Operands, productsOf } from "./operands.ts";
import type { Problem } from "./problems.ts";

/** An engine to open; named in full, so that nothing falls back. */
export interface EngineChoice {
  readonly backend: BackendName;
  readonly isa: string;
  readonly threads: number;
}

/** A case of one problem, whose operands all contenders share. */
export function convCase<P extends Problem>(
  problem: P,
  contenders: readonly ((given: Given<P>) => Contender)[],
): Case {
  let operands: Operands | undefined;
  const given = {
    problem,
    operands: () => {
      operands ??= makeOperands(problem);
      return operands;
    },
  };
  return {
    name: problem.name,
    flop: flopOf(problem),
    tolerance: toleranceOf(productsOf(problem)),
    contenders: contenders.map((contender) => contender(given)),
  };
}

export interface Given<P extends Problem = Problem> {
  readonly problem: P;
  /** Made when first asked for: by the process that measures. */
  operands(): Operands;
}

/** A prepared plan that writes to an output of its own: neither packing weights nor allocating is included. */
export function preparedRun(
  name: string,
  { backend, isa, threads }: EngineChoice,
  options: Pick<Conv2dOptions, "algorithm" | "accuracy"> = {},
) {
  return ({ problem, operands }: Given): Contender => ({
    name,
    ...(backend === "native" && { isa }),
    prepare: async () => {
      const engine = await createEngine({ backend, isa, threads });
      const { x, weights } = operands();
      const plan = engine.planConv2d(x.shape, weights, { ...problem.options, ...options });
      const out = plan.run(x);
      const run = () => plan.run(x, { out });
      return { what: plan.explain(), run, result: () => run().data };
    },
  });
}

/** Every backend that there is, with every ISA that it has or with the one that was asked for. */
export function engineChoices({ isa, isaNamed, threads }: Setting): EngineChoice[] {
  return backends().flatMap((report) => {
    if (!report.available) return [];
    const isas = isaNamed ? report.isas.filter((name) => name === isa) : report.isas;
    return isas.map((name) => ({ backend: report.name, isa: name, threads }));
  });
}
