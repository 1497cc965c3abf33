// SPDX-License-Identifier: MIT
// Plans of operators that consist of one operation, or of a few in a row.
import type { Backend, Operation, Prepared } from "../backend/backend.ts";
import { allocate, type FloatDType } from "../dtype.ts";
import type { Operand } from "../spec/task.ts";
import type { PlanOperand } from "./operands.ts";
import { describeThreads, GradPlan, nothing, type Plan, UnaryPlan } from "./plan.ts";
import type { PlanningOn } from "./planning.ts";

/** One operation of a row, and where its operands are. */
export interface Step {
  readonly operation: Operation;
  readonly from: readonly (Place | null)[];
  readonly to: Place;
}

export type Place = "a" | "b" | "out" | "scratch" | "scratch2";

/** Operations one after the other, the last of which writes the output. */
export interface Row {
  /** The name that `explain` gives it. */
  readonly name: string;
  readonly dtype: FloatDType;
  readonly steps: readonly Step[];
  /** The sizes in elements of the arrays between steps. */
  readonly scratch: readonly number[];
}

/** A row of operations on one input. */
export class OperationPlan extends UnaryPlan {
  readonly #name: string;

  constructor(on: PlanningOn, backend: Backend, row: Row, input: PlanOperand, output: PlanOperand) {
    super({
      backend,
      inputs: [input],
      output,
      assertOpen: on.assertOpen,
      prepare: () => prepareRow(backend, row, output),
    });
    this.#name = row.name;
  }

  override explain(): string {
    return describe(this, this.#name, this.inputShape);
  }
}

/** The gradient of max pooling: a row of operations on the image and the gradient of the pooling's output. */
export class PoolGradPlan extends GradPlan {
  readonly #name: string;

  constructor(
    on: PlanningOn,
    backend: Backend,
    row: Row,
    [x, gradOutput]: readonly [PlanOperand, PlanOperand],
    output: PlanOperand,
  ) {
    super({
      backend,
      inputs: [x, gradOutput],
      output,
      assertOpen: on.assertOpen,
      prepare: () => prepareRow(backend, row, output),
    });
    this.#name = row.name;
  }

  override explain(): string {
    return describe(this, this.#name, this.inputShape);
  }
}

function describe(plan: Plan, name: string, inputShape: readonly number[]): string {
  const { backend, isa, outputShape } = plan;
  return `${name} on ${backend} (${isa}, ${describeThreads(plan)}): [${inputShape.join(", ")}] -> [${outputShape.join(", ")}]`;
}

function prepareRow(backend: Backend, { dtype, steps, scratch }: Row, output: PlanOperand): Prepared {
  if (output.length === 0) return nothing;
  const prepared: Prepared[] = [];
  const dispose = () => {
    for (const step of prepared) step.dispose();
  };
  try {
    for (const { operation } of steps) prepared.push(backend.prepare(operation));
  } catch (error) {
    dispose();
    throw error;
  }
  // A single operation has the plan's own operands; returning it directly saves the smallest runs a call.
  if (steps.length === 1 && steps[0].from[0] === "a") return prepared[0];
  const arrays = () => scratch.map((length) => allocate(dtype, length));
  const at = (a: Operand, b: Operand, out: Operand, [scratch, scratch2]: readonly Operand[]) => {
    const places = { a, b, out, scratch, scratch2 };
    return (place: Place | null | undefined) => (place ? places[place] : null);
  };
  /** Kept from run to run, as touching fresh memory is slow. */
  let kept: readonly Operand[] | undefined;
  return {
    workspaceBytes: prepared.reduce((most, step) => Math.max(most, step.workspaceBytes), 0),
    run(a, b, _, out) {
      kept ??= arrays();
      const operand = at(a, b, out, kept);
      steps.forEach(({ from, to }, i) => {
        prepared[i].run(operand(from[0]), operand(from[1]), null, operand(to), null);
      });
    },
    async runAsync(a, b, _c, out, _out2, signal) {
      const operand = at(a, b, out, arrays());
      for (const [i, { from, to }] of steps.entries()) {
        const [first, second] = [operand(from[0]), operand(from[1])];
        await prepared[i].runAsync(first, second, null, operand(to), null, signal);
      }
    },
    dispose,
  };
}
