// SPDX-License-Identifier: MIT
// One suite, run under the name of each implementation that must be here.
import { createEngine, type Engine } from "corr2d";
import { afterAll, beforeAll, describe } from "vitest";
import type { Implementation } from "./check.ts";
import { expectedImplementations, integerImplementations } from "./implementations.ts";

/** What a suite runs on. */
export interface Subject extends Implementation {
  /** One engine for each number of threads that was asked for. Open while tests run. */
  readonly engines: readonly Engine[];
  /** The first of them. */
  readonly engine: Engine;
}

interface Scope {
  /** Follows the implementation in the suite's name, where a file has several suites. */
  readonly what?: string;
  /** One engine is opened for each number; by default one engine, with the threads that it chooses. */
  readonly threads?: readonly number[];
  /** Adds implementations that differ from others in their kernels of integers alone. */
  readonly integers?: boolean;
  /** Adds the engine that opens where nothing is asked for, as "default any". */
  readonly withDefault?: boolean;
  /** A backend that does not have what the suite tests. */
  readonly without?: Implementation["backend"];
}

/**
 * Runs `suite` on each implementation that this machine's processor and Node must offer. One that does not open fails each
 * of its tests.
 */
export function forEachImplementation(scope: Scope, suite: (on: Subject) => void): void {
  const describeOn = (name: string, asked?: Implementation) =>
    describe(scope.what === undefined ? name : `${name} ${scope.what}`, () => suite(subjectOf(asked, scope)));
  if (scope.withDefault) describeOn("default any");
  for (const asked of scope.integers ? integerImplementations() : expectedImplementations()) {
    if (asked.backend !== scope.without) describeOn(`${asked.backend} ${asked.isa}`, asked);
  }
}

/** Opens engines before the tests of the suite around this call, and disposes of them after. */
function subjectOf(asked: Implementation | undefined, { threads }: Scope): Subject {
  const opened: Engine[] = [];
  let failure: unknown = new Error("Engines are open in tests alone");
  beforeAll(async () => {
    try {
      for (const wish of threads?.map((count) => ({ threads: count })) ?? [{}]) {
        const engine = await createEngine({ ...asked, ...wish });
        opened.push(engine);
        const got = `${engine.backend} ${engine.isa}`;
        if (asked !== undefined && got !== `${asked.backend} ${asked.isa}`)
          throw new Error(`asked for ${asked.backend} ${asked.isa}, but got ${got}`);
      }
      failure = undefined;
    } catch (error) {
      failure = error;
    }
  });
  afterAll(() => {
    for (const engine of opened) engine.dispose();
  });
  const engines = () => {
    if (failure !== undefined) throw failure;
    return opened;
  };
  return {
    get backend() {
      return asked?.backend ?? engines()[0].backend;
    },
    get isa() {
      return asked?.isa ?? engines()[0].isa;
    },
    get engines() {
      return engines();
    },
    get engine() {
      return engines()[0];
    },
  };
}
