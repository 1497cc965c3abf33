// SPDX-License-Identifier: MIT
// A library in a program of its own, which reads operands from files in a folder, writes its result to `y`, and then
// answers questions, a line each.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { endWithThisProcess, freeze, thaw } from "../harness/freeze.ts";
import type { Runner } from "../harness/suite.ts";

/** Starts `command` with the arguments that `argumentsFor` gives for the folder of `files`. */
export async function startProgram(
  command: string,
  argumentsFor: (folder: string) => readonly string[],
  files: Readonly<Record<string, Float32Array>>,
): Promise<Runner> {
  const folder = mkdtempSync(join(tmpdir(), "corr2d-peers-"));
  for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data);
  const child = spawn(command, argumentsFor(folder), { stdio: ["pipe", "pipe", "inherit"] });
  endWithThisProcess(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the program has ended");
    freeze(child);
    return JSON.parse(value);
  };
  const time = async (calls: number): Promise<number> => {
    thaw(child);
    child.stdin.write(`${calls}\n`);
    return (await answer()).seconds;
  };
  try {
    const { what } = await answer(); // by then it has read its operands and written its result
    const { buffer } = Uint8Array.from(readFileSync(join(folder, "y")));
    return { what, run: () => time(1), time, result: () => new Float32Array(buffer) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
