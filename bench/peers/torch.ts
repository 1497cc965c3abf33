// SPDX-License-Identifier: MIT
// PyTorch's backward pass, by the program of torch.py: Debian's python3-torch (apt-get install python3-torch).
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Given } from "../contenders.ts";
import type { Contender } from "../harness/suite.ts";
import { gradientOf } from "../operands.ts";
import type { Layer } from "../problems.ts";
import { peersFolder } from "./installed.ts";
import { startProgram } from "./program.ts";

const python = "/usr/bin/python3"; // Debian's own, whichever comes first on the path

/** Whether it is installed; it takes a while to ask. */
export const hasTorch = (): boolean => spawnSync(python, ["-c", "import torch"]).status === 0;

/** The gradient of the input or of the weights, from plain arrays to a new one. */
export function torch(of: "input" | "weights", threads: number) {
  return ({ problem, operands }: Given<Layer>): Contender => ({
    name: "torch",
    isa: "best",
    prepare: () => {
      const { x, weights } = operands();
      const { strides, padding, groups } = problem.options;
      const [outChannels, , kernel] = problem.weightsShape;
      const sizes = [...problem.inputShape, outChannels, kernel, strides, padding, groups];
      return startProgram(
        python,
        (folder) => [join(peersFolder, "torch.py"), of, `${threads}`, folder, ...sizes.map(String)],
        { x: x.data, weights: weights.data, gradient: gradientOf(problem).data },
      );
    },
  });
}
