// SPDX-License-Identifier: MIT
// oneDNN, by the program of onednn.cc, which reads operands from files and then answers questions, a line each.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Given } from "../contenders.ts";
import { endWithThisProcess, freeze, thaw } from "../harness/freeze.ts";
import type { Contender } from "../harness/suite.ts";
import type { Layer } from "../problems.ts";
import { programFile } from "./installed.ts";

/** "nchw": from plain arrays to plain arrays; "blocked": from and to the layouts that oneDNN likes best. */
export function onednn(layout: "nchw" | "blocked", threads: number) {
  return ({ problem, operands }: Given<Layer>): Contender => ({
    name: `oneDNN ${layout}`,
    isa: "best",
    prepare: async () => {
      const folder = mkdtempSync(join(tmpdir(), "corr2d-peers-"));
      const { x, weights } = operands();
      writeFileSync(join(folder, "x"), x.data);
      writeFileSync(join(folder, "weights"), weights.data);
      const { strides, padding, groups } = problem.options;
      const [outChannels, , kernel] = problem.weightsShape;
      const sizes = [...problem.inputShape, outChannels, kernel, strides, padding, groups];
      const child = spawn(programFile("onednn"), [layout, `${threads}`, folder, ...sizes.map(String)], {
        stdio: ["pipe", "pipe", "inherit"],
      });
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
    },
  });
}
