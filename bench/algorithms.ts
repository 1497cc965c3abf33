// SPDX-License-Identifier: MIT
import type { Algorithm } from "corr2d";
import { convCase, preparedRun } from "./contenders.ts";
import type { Suite } from "./harness/suite.ts";
import { filters, grid, layers } from "./problems.ts";

const contenders: readonly Algorithm[] = ["direct", "im2col", "strided"];

export const algorithms: Suite = {
  about: "direct, im2col and strided on the same problems; prepared plans, output given",
  unit: "ms",
  ratioTo: "best",
  threads: 1,
  cases: (setting) =>
    [...grid, ...layers, ...filters].map((problem) =>
      convCase(
        problem,
        contenders.map((algorithm) => preparedRun(algorithm, setting, { algorithm })),
      ),
    ),
};
