// SPDX-License-Identifier: MIT
// oneDNN, by the program of onednn.cc, which reads operands from files and then answers questions, a line each.
import type { Given } from "../contenders.ts";
import type { Contender } from "../harness/suite.ts";
import type { Layer } from "../problems.ts";
import { programFile } from "./installed.ts";
import { startProgram } from "./program.ts";

/** "nchw": from plain arrays to plain arrays; "blocked": from and to the layouts that oneDNN likes best. */
export function onednn(layout: "nchw" | "blocked", threads: number) {
  return ({ problem, operands }: Given<Layer>): Contender => ({
    name: `oneDNN ${layout}`,
    isa: "best",
    prepare: () => {
      const { x, weights } = operands();
      const { strides, padding, groups } = problem.options;
      const [outChannels, , kernel] = problem.weightsShape;
      const sizes = [...problem.inputShape, outChannels, kernel, strides, padding, groups];
      return startProgram(
        programFile("onednn"),
        (folder) => [layout, `${threads}`, folder, ...sizes.map(String)],
        { x: x.data, weights: weights.data },
      );
    },
  });
}
