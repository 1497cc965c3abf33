// SPDX-License-Identifier: MIT
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { SuiteName } from "../suites.ts";
import type { Setting } from "./suite.ts";
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
  readonly flop: number;
  /** benny's relative margin of error, at 95 %, for the mean time of a round of all contenders. */
  readonly roundMargin: number;
  readonly contenders: readonly (Timing & { readonly name: string; readonly what: string })[];
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
