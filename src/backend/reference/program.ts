// SPDX-License-Identifier: MIT
import type { Operand } from "../../spec/task.ts";

/** A task made ready in TypeScript. */
export interface ReferenceProgram {
  readonly workspaceBytes: number;
  /** As `run` of a {@link Prepared}. */
  run(a: Operand, b: Operand, c: Operand, out: Operand, out2: Operand): void;
}
