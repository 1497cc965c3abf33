// SPDX-License-Identifier: MIT
import type { Operand } from "../../spec/task.ts";

type Operands = readonly [a: Operand, b: Operand, c: Operand, out: Operand, out2: Operand];

/** A task that is ready to run in TypeScript. */
export interface ReferenceProgram {
  readonly workspaceBytes: number;
  /** Computes like `run` of a {@link Prepared}. */
  run(...operands: Operands): void;
  /** Computes in pieces of about 10 ms; absent if a run takes no longer than that. */
  inSteps?(...operands: Operands): Iterable<void>;
}

/** Runs piece by piece, or in one piece if the program has no smaller ones. */
export function* stepsOf(program: ReferenceProgram, ...operands: Operands): Generator<void> {
  if (program.inSteps !== undefined) yield* program.inSteps(...operands);
  else program.run(...operands);
}
