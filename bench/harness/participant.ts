// SPDX-License-Identifier: MIT
import type { Contender } from "./suite.ts";
import { clockOf, warmUp } from "./timer.ts";

/** A contender that is ready to be timed, in this process or in one of its own. */
export interface Participant {
  readonly what: string;
  result(): Promise<ArrayLike<number>>;
  /** Warms up for at least so many seconds; resolves to how many calls make a batch. */
  warmUp(seconds: number): Promise<number>;
  /** Seconds for so many calls. */
  time(calls: number): Promise<number>;
}

/** Prepares a contender in this process. */
export async function prepare(contender: Contender): Promise<Participant> {
  const runner = await contender.prepare();
  const clock = await clockOf(runner);
  return {
    what: runner.what,
    result: async () => runner.result(),
    warmUp: (seconds) => warmUp(clock, seconds),
    time: async (calls) => clock(calls),
  };
}
