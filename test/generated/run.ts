// SPDX-License-Identifier: MIT
// Draws cases of a family and runs each on every implementation, against one computation of what must come of it.
import type { Engine } from "corr2d";
import fc from "fast-check";
import type { Implementation } from "../helpers/check.ts";
import { codeOf } from "./code.ts";
import type { Family } from "./families.ts";
import { runTrial, type Trial } from "./trial.ts";

export interface Opened {
  readonly implementation: Implementation;
  readonly engine: Engine;
}

class Failure extends Error {
  readonly implementation: Implementation;

  constructor(implementation: Implementation, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.implementation = implementation;
  }
}

/**
 * Runs `cases` of a family, and shows `see` each. Returns the first failure, minimised: as the code of the call, what
 * was wrong, and the draw; or null.
 */
export async function runFamily(
  family: Family,
  opened: readonly Opened[],
  seed: number,
  cases: number,
  see: (trial: Trial) => void = () => {},
): Promise<string | null> {
  let last: Failure | undefined;
  const property = fc.asyncProperty(family.draws, async (draw) => {
    const trial = family.trial(draw);
    see(trial);
    for (const { implementation, engine } of opened) {
      try {
        await runTrial(trial, engine);
      } catch (cause) {
        last = new Failure(implementation, cause);
        throw last;
      }
    }
  });
  const result = await fc.check(property, { seed, numRuns: cases });
  if (!result.failed) return null;
  const [draw] = result.counterexample ?? [{}];
  if (last === undefined) return `${family.name}: ${result.errorInstance}\n${JSON.stringify(draw)}`;
  const { backend, isa } = last.implementation;
  return [
    `${family.name} on ${backend} ${isa}: ${last.message}`,
    codeOf(family.trial(draw), last.implementation),
    `// seed ${seed}, ${JSON.stringify(draw)}`,
  ].join("\n");
}
