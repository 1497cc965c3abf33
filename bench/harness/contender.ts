// SPDX-License-Identifier: MIT
// The process of one contender: prepares it, then answers questions, one at a time.
import { exitWhenTold } from "./freeze.ts";
import type { Answer, ContenderTask, Question } from "./isolated.ts";
import { findCase } from "./measure.ts";
import { type Participant, prepare } from "./participant.ts";

async function answer(participant: Participant, question: Question): Promise<unknown> {
  switch (question.ask) {
    case "ready":
      return participant.what;
    case "result":
      return participant.result();
    case "warmUp":
      return participant.warmUp(question.seconds);
    case "time":
      // Others have had the caches, and threads have gone to sleep: the first calls of a turn are not warm ones.
      await participant.time(question.calls);
      return participant.time(question.calls);
  }
}

const task = JSON.parse(process.argv[2]) as ContenderTask;
const reply = (value: unknown) => process.send?.({ value } satisfies Answer);
const fail = (error: unknown) => {
  console.error(`${task.name}: ${task.contender}: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
};
exitWhenTold();
try {
  const contender = findCase(task).contenders.find(({ name }) => name === task.contender);
  if (contender === undefined) throw new Error("there is no such contender");
  const participant = await prepare(contender);
  process.on("message", (question) => answer(participant, question as Question).then(reply, fail));
  reply(await answer(participant, { ask: "ready" }));
} catch (error) {
  fail(error);
}
