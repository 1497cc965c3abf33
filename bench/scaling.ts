// SPDX-License-Identifier: MIT
import { availableParallelism } from "node:os";
import { convCase, preparedRun } from "./contenders.ts";
import { UsageError } from "./harness/errors.ts";
import type { Suite } from "./harness/suite.ts";
import { denseLayers } from "./problems.ts";

export const scaling: Suite = {
  about: "one thread, two, and all of them (or N with --threads); prepared plans, output given",
  unit: "ms",
  ratioTo: "first",
  threads: Math.max(2, availableParallelism()),
  cases: ({ backend, isa, threads }) => {
    if (threads < 2)
      throw new UsageError(`Expected at least 2 threads to compare; ${backend} uses ${threads} here`);
    const counts = [...new Set([1, 2, threads])];
    return denseLayers.map((problem) =>
      convCase(
        problem,
        counts.map((count) =>
          preparedRun(`${count} thread${count === 1 ? "" : "s"}`, { backend, isa, threads: count }),
        ),
      ),
    );
  },
};
