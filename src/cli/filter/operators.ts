// SPDX-License-Identifier: MIT
import { gradientOf, type ImageOperator } from "../../image/operator.ts";
import { kernels } from "../../index.ts";
import type { Kernel } from "../../kernels/index.ts";
import { messageOf, UsageError } from "../errors.ts";

export interface OperatorOptions {
  readonly sigma?: number;
  readonly size?: number;
}

const operators = {
  sobel: () => gradientOf(kernels.sobel),
  prewitt: () => gradientOf(kernels.prewitt),
  scharr: () => gradientOf(kernels.scharr),
  laplacian: () => linear(kernels.laplacian()),
  gaussian: ({ sigma = 1, size }: OperatorOptions) =>
    linear(kernels.gaussian(size === undefined ? { sigma } : { sigma, size })),
  box: ({ size = 3 }: OperatorOptions) => linear(kernels.box(size)),
  sharpen: () => linear(kernels.sharpen()),
  emboss: () => linear(kernels.emboss()),
  identity: () => linear(kernels.identity()),
} as const satisfies Record<string, (options: OperatorOptions) => ImageOperator>;

export type OperatorName = keyof typeof operators;
export const operatorNames = Object.keys(operators) as OperatorName[];

/** Creates the operator of that name. Throws UsageError for options that it does not take or refuses. */
export function createOperator(name: OperatorName, options: OperatorOptions): ImageOperator {
  if (options.sigma !== undefined && name !== "gaussian") {
    throw new UsageError(`--sigma goes with --kernel gaussian, not with ${name}`);
  }
  if (options.size !== undefined && name !== "gaussian" && name !== "box") {
    throw new UsageError(`--size goes with --kernel box or gaussian, not with ${name}`);
  }
  try {
    return operators[name](options);
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

function linear(kernel: Kernel): ImageOperator {
  return { kind: "linear", kernel };
}
