// SPDX-License-Identifier: MIT
// The clock behind every published number.
//
// Contenders take turns: one round times each of them once, so that a machine that slows down for a while slows all of
// them. (Measuring one after the other, as benny would, credits such a while to whoever had it.) Times are of warm
// calls: code compiled, threads started, operands in cache as far as they fit beside those of the other contenders.
import type { Runner } from "./suite.ts";

/** Seconds for so many calls. */
export type Clock = (calls: number) => number | Promise<number>;

export interface Timing {
  readonly batch: number;
  readonly samples: number;
  readonly minSeconds: number;
  readonly medianSeconds: number;
  readonly maxSeconds: number;
  /** The range of the middle half of the samples, relative to the median. */
  readonly spread: number;
}

/** Far above the cost of reading the clock, tens of nanoseconds; far below what rounds of a second would need. */
const batchSeconds = 1e-3;

/** Keeps results alive, so that no compiler finds out that nobody wants them. */
const sink: { last?: unknown } = {};

/** The clock for a runner. Calls it once, to see whether it returns promises. */
export async function clockOf(runner: Runner): Promise<Clock> {
  if (runner.time !== undefined) return (calls) => (runner.time as Clock)(calls);
  const { run } = runner;
  const first = run();
  await first;
  return first instanceof Promise ? (calls) => timeAwaited(run, calls) : (calls) => timeCalls(run, calls);
}

/** Warms up for at least so many seconds, and finds how many calls make a batch when warm. */
export async function warmUp(clock: Clock, seconds: number): Promise<number> {
  const start = performance.now();
  for (let batch = 1; ; ) {
    const elapsed = await clock(batch);
    if (elapsed < batchSeconds) batch *= 2;
    else if (performance.now() - start >= 1e3 * seconds) return batch;
  }
}

function timeCalls(run: () => unknown, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) sink.last = run();
  return (performance.now() - start) / 1e3;
}

async function timeAwaited(run: () => unknown, calls: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < calls; i++) sink.last = await run();
  return (performance.now() - start) / 1e3;
}

// Teaches the engine that many functions are called up there, so that none is inlined into the loop, not even where a
// case has one contender only: a call is a call.
for (const run of [() => 1, () => 2]) timeCalls(run, 1000);

/** @param samples seconds for one call, the mean of a batch */
export function summarize(batch: number, samples: readonly number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  return {
    batch,
    samples: sorted.length,
    minSeconds: sorted[0],
    medianSeconds: median,
    maxSeconds: sorted[sorted.length - 1],
    spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / median,
  };
}

/** Linear between neighbours. */
function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
