// SPDX-License-Identifier: MIT
import type { Operand } from "../../spec/task.ts";

type Operands = readonly [a: Operand, b: Operand, c: Operand, out: Operand, out2: Operand];

/** A task made ready in TypeScript. */
export interface ReferenceProgram {
  readonly workspaceBytes: number;
  /** As `run` of a {@link Prepared}. */
  run(...operands: Operands): void;
  /** The same in pieces of some 10 ms; absent where a run is no longer than that. */
  inSteps?(...operands: Operands): Iterable<void>;
}

/** A run piece by piece, or in one piece if the program knows no others. */
export function* stepsOf(program: ReferenceProgram, ...operands: Operands): Generator<void> {
  if (program.inSteps !== undefined) yield* program.inSteps(...operands);
  else program.run(...operands);
}
