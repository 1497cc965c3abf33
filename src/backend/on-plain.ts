// SPDX-License-Identifier: MIT
import { elementTypeOf } from "../dtype.ts";
import { plain } from "../input/arrays.ts";
import type { Operand } from "../spec/task.ts";
import type { Prepared } from "./backend.ts";

const plainOperand = (operand: Operand): Operand =>
  operand === null ? null : plain(operand, elementTypeOf(operand, "operand"));

/** Runs on arrays of this realm's own classes. C++ uses no property of an array, so the native backend needs no such copy. */
export const onPlain =
  (run: Prepared["run"]): Prepared["run"] =>
  (a, b, c, out, out2) =>
    run(plainOperand(a), plainOperand(b), plainOperand(c), plainOperand(out), plainOperand(out2));
