// SPDX-License-Identifier: MIT
import type { Border } from "../../spec/border.ts";
import type { EngineOptions } from "../engine.ts";
import type { JobOptions } from "./job.ts";
import type { OperatorName, OperatorOptions } from "./operators.ts";

export interface FilterOptions extends EngineOptions, OperatorOptions, JobOptions {
  readonly kernel: OperatorName;
  readonly border: Border;
  readonly json?: true;
}
