// SPDX-License-Identifier: MIT
// Measures one case, in a process of its own: what ran before has left no compiled code, no heap and no threads behind,
// so a row means the same whichever other cases were asked for. An isolated suite has a further process for each
// contender, and this one only says whose turn it is.
//
// benny and the timer share the work. To benny the whole round is the one thing to repeat: it decides how many rounds
// there are, within its time and its least number of samples, and the margin of error that it gives for the round
// tells how quiet the machine was. The timer, inside the round, times each contender: see timer.ts for why benny is
// not left to compare them. Both look at the same rounds; the trial calls that benny makes and leaves out are rounds
// like any other to the timer.
import b from "benny";
import { suites } from "../suites.ts";
import { relativeRms } from "./compare.ts";
import { exitWhenTold } from "./freeze.ts";
import { startIsolated } from "./isolated.ts";
import { type ChildTask, findCase, type Measured } from "./measure.ts";
import { type Participant, prepare } from "./participant.ts";
import type { Case } from "./suite.ts";
import { summarize } from "./timer.ts";

// initCount and minTime: a sample of benny's is one round. Its times are in seconds.
const thorough = { minSamples: 5, maxTime: 2, initCount: 1, minTime: 1e-9 };
const quick = { ...thorough, minSamples: 2, maxTime: 0.05 };

async function measure(task: ChildTask): Promise<Measured> {
  const { name, flop, group, tolerance, contenders } = findCase(task);
  const isQuick = task.setting.quick;
  const participants = await Promise.all(
    contenders.map((contender) =>
      suites[task.suite].isolated
        ? startIsolated({ ...task, contender: contender.name })
        : prepare(contender),
    ),
  );
  const differences =
    tolerance === undefined ? undefined : await compareResults(participants, contenders, tolerance);
  const batches: number[] = [];
  for (const participant of participants) batches.push(await participant.warmUp(isQuick ? 0.02 : 0.2));
  const samples = contenders.map((): number[] => []);
  const round = async () => {
    for (const [i, participant] of participants.entries()) {
      samples[i].push((await participant.time(batches[i])) / batches[i]);
    }
  };
  // benny tries an asynchronous function and does not wait for the end of that: here a round waits for the one before.
  let last = Promise.resolve();
  const nextRound = () => {
    last = last.then(round);
    return last;
  };
  const summary = await b.suite(
    name,
    b.add("round", () => nextRound, isQuick ? quick : thorough),
  );
  return {
    case: name,
    ...(group !== undefined && { group }),
    roundMargin: summary.results[0].margin / 100,
    contenders: contenders.map((contender, i) => ({
      name: contender.name,
      what: participants[i].what,
      flop: contender.flop ?? flop,
      ...(contender.isa !== undefined && { isa: contender.isa }),
      ...(differences?.[i] !== undefined && { difference: differences[i] }),
      ...summarize(batches[i], samples[i]),
    })),
  };
}

/** Relative RMS differences from the first; throws where one is above the tolerance. */
async function compareResults(
  participants: readonly Participant[],
  contenders: Case["contenders"],
  tolerance: number,
): Promise<(number | undefined)[]> {
  const expected = await participants[0].result();
  const differences: (number | undefined)[] = [0];
  for (const [i, participant] of participants.entries()) {
    if (i === 0) continue;
    if (contenders[i].comparable === false) {
      differences.push(undefined);
      continue;
    }
    const difference = relativeRms(await participant.result(), expected);
    if (!(difference <= tolerance)) {
      const [names, bound] = [[contenders[i].name, contenders[0].name], tolerance.toExponential(1)];
      throw new Error(`${names.join(" and ")} differ by ${difference.toExponential(1)} (RMS), not ${bound}`);
    }
    differences.push(difference);
  }
  return differences;
}

const task = JSON.parse(process.argv[2]) as ChildTask;
exitWhenTold();
try {
  const measured = await measure(task);
  // Exits rather than returns: native threads and workers would keep the process alive.
  process.send?.(measured, () => process.exit(0));
} catch (error) {
  console.error(`${task.name}: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
