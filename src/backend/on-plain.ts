// SPDX-License-Identifier: MIT
import { elementTypeOf } from "../dtype.ts";
import { plain } from "../input/arrays.ts";
import type { Operand } from "../spec/task.ts";
import type { Prepared } from "./backend.ts";

const plainOperand = (operand: Operand): Operand =>
  operand === null ? null : plain(operand, elementTypeOf(operand, "operand"));

/** A run whose operands are arrays that can be believed. C++ asks arrays for nothing and does without. */
export const onPlain =
  (run: Prepared["run"]): Prepared["run"] =>
  (a, b, c, out, out2) =>
    run(plainOperand(a), plainOperand(b), plainOperand(c), plainOperand(out), plainOperand(out2));
