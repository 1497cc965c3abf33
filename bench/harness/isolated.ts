// SPDX-License-Identifier: MIT
// A contender in a process of its own, which is stopped unless it is its turn.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { endWithThisProcess, freeze, thaw } from "./freeze.ts";
import type { ChildTask } from "./measure.ts";
import type { Participant } from "./participant.ts";

export interface ContenderTask extends ChildTask {
  /** The name of the contender. */
  readonly contender: string;
}

/** What a contender's process is asked. The answer to "ready" is what runs; it comes unasked. */
export type Question =
  | { readonly ask: "ready" | "result" }
  | { readonly ask: "warmUp"; readonly seconds: number }
  | { readonly ask: "time"; readonly calls: number };

export interface Answer {
  readonly value: unknown;
}

/** Starts a contender's process. Rejects where it ends before it is ready; it has said why on stderr. */
export async function startIsolated(task: ContenderTask): Promise<Participant> {
  const child = fork(fileURLToPath(new URL("./contender.js", import.meta.url)), [JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"], // no stdout: libraries greet there
    serialization: "advanced", // results are typed arrays
  });
  endWithThisProcess(child);
  const ask = async <T>(question: Question): Promise<T> => {
    thaw(child);
    if (question.ask !== "ready") child.send(question);
    const answer = await nextAnswer(child, task.contender);
    freeze(child);
    return answer as T;
  };
  return {
    what: await ask<string>({ ask: "ready" }),
    result: () => ask({ ask: "result" }),
    warmUp: (seconds) => ask({ ask: "warmUp", seconds }),
    time: (calls) => ask({ ask: "time", calls }),
  };
}

function nextAnswer(child: ChildProcess, contender: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`the process of "${contender}" has ended`));
    child.once("exit", ended);
    child.once("message", (answer) => {
      child.off("exit", ended);
      resolve((answer as Answer).value);
    });
  });
}
