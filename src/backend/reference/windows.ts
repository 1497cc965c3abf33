// SPDX-License-Identifier: MIT
import type { FloatArray } from "../../dtype.ts";
import type { WindowOperator } from "../backend.ts";
import { fold, unfold } from "./patches.ts";
import { pool } from "./pool.ts";
import { poolGrad } from "./pool-grad.ts";

export function runWindows(
  { kind, spec }: WindowOperator,
  inputs: readonly FloatArray[],
  output: FloatArray,
): void {
  switch (kind) {
    case "pool":
      pool(spec, inputs[0], output);
      break;
    case "poolGrad":
      poolGrad(spec, inputs.at(-2), inputs[inputs.length - 1], output);
      break;
    case "unfold":
      unfold(spec, inputs[0], output);
      break;
    case "fold":
      fold(spec, inputs[0], output);
  }
}
