// SPDX-License-Identifier: MIT
// Measures one case, in a process of its own: what ran before has left no compiled code, no heap and no threads behind,
// so a row means the same whichever other cases were asked for.
//
// benny and the timer share the work. To benny the whole round is the one thing to repeat: it decides how many rounds
// there are, within its time and its least number of samples, and the margin of error that it gives for the round
// tells how quiet the machine was. The timer, inside the round, times each contender: see timer.ts for why benny is
// not left to compare them. Both look at the same rounds; the trial call that benny makes
// before each sample and leaves out is a round like any other to the timer.
import b from "benny";
import { suites } from "../suites.ts";
import type { ChildTask, Measured } from "./measure.ts";
import type { Case } from "./suite.ts";
import { round, summarize, warmUp } from "./timer.ts";

// initCount and minTime: a sample of benny's is one round. Its times are in seconds.
const thorough = { minSamples: 5, maxTime: 2, initCount: 1, minTime: 1e-9 };
const quick = { ...thorough, minSamples: 2, maxTime: 0.05 };

async function measure({ name, flop, contenders }: Case, isQuick: boolean): Promise<Measured> {
  const runners = await Promise.all(contenders.map((contender) => contender.prepare()));
  const expected = runners[0].result();
  runners.forEach(({ result }, i) => {
    if (i > 0) checkEqual(result(), expected, contenders[i].name, contenders[0].name);
  });
  const timed = runners.map(({ run }) => warmUp(run, isQuick ? 0.02 : 0.2));
  // Set-up has happened before, because benny would call an asynchronous set-up function twice.
  const summary = await b.suite(
    name,
    b.add("round", () => round(timed), isQuick ? quick : thorough),
  );
  return {
    case: name,
    flop,
    roundMargin: summary.results[0].margin / 100,
    contenders: timed.map((contender, i) => ({
      name: contenders[i].name,
      what: runners[i].what,
      ...summarize(contender),
    })),
  };
}

/**
 * Operands are whole numbers whose sums float32 holds exactly in any order (operands.ts), so results must be equal. An
 * algorithm that computes with fractions will need a tolerance here.
 */
function checkEqual(
  result: ArrayLike<number>,
  expected: ArrayLike<number>,
  name: string,
  first: string,
): void {
  if (result.length !== expected.length) {
    throw new Error(`"${name}" gives ${result.length} outputs but "${first}" ${expected.length}`);
  }
  for (let i = 0; i < expected.length; i++) {
    if (result[i] === expected[i]) continue;
    throw new Error(`output ${i} is ${result[i]} by "${name}" but ${expected[i]} by "${first}"`);
  }
}

const { suite, name, setting } = JSON.parse(process.argv[2]) as ChildTask;
const found = suites[suite].cases(setting).find((candidate) => candidate.name === name);
if (found === undefined) throw new Error(`The suite ${suite} has no case ${name}`);
try {
  const measured = await measure(found, setting.quick);
  // Exits rather than returns: native threads and workers would keep the process alive.
  process.send?.(measured, () => process.exit(0));
} catch (error) {
  console.error(`${name}: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
