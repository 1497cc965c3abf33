// SPDX-License-Identifier: MIT
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type SuiteName, suites } from "../suites.ts";
import type { Case, Setting } from "./suite.ts";
import type { Timing } from "./timer.ts";

export interface ChildTask {
  readonly suite: SuiteName;
  /** The name of the case. */
  readonly name: string;
  readonly setting: Setting;
}

/** What was measured of one case: plain data. */
export interface Measured {
  readonly case: string;
  readonly group?: string;
  /** benny's relative margin of error, at 95 %, for the mean time of a round of all contenders. */
  readonly roundMargin: number;
  readonly contenders: readonly MeasuredContender[];
}

export interface MeasuredContender extends Timing {
  readonly name: string;
  readonly what: string;
  readonly flop: number;
  readonly isa?: string;
  /** The relative RMS of its results' difference from the first contender's. */
  readonly difference?: number;
}

/** The case of a task. */
export function findCase({ suite, name, setting }: ChildTask): Case {
  const found = suites[suite].cases(setting).find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`The suite ${suite} has no case ${name}`);
  return found;
}

/** Measures one case in a fresh process. Resolves to undefined where that failed; it has said why on stderr. */
export function measure(task: ChildTask): Promise<Measured | undefined> {
  const child = fork(fileURLToPath(new URL("./child.js", import.meta.url)), [JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"], // no stdout: benny writes there unasked
  });
  return new Promise((resolve, reject) => {
    let measured: Measured | undefined;
    child.on("message", (message) => {
      measured = message as Measured;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (measured === undefined && signal !== null) console.error(`${task.name}: stopped by ${signal}`);
      resolve(code === 0 ? measured : undefined);
    });
  });
}
