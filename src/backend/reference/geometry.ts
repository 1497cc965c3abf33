// SPDX-License-Identifier: MIT
import { tapSources } from "../../spec/border.ts";
import type { ConvSpec } from "../../spec/convolution.ts";
import { type Steps, stepsOf } from "../../spec/layout.ts";

/** The parts of a spec that do not depend on data; computed once for each prepared convolution. */
export interface Geometry {
  readonly input: Steps;
  readonly output: Steps;
  /** The source row of tap ky of output row oy at [oy * kernelHeight + ky]; -1 stands for a row of zeros. */
  readonly sourceRow: Int32Array;
  /** The source column of tap kx of output column ox at [ox * kernelWidth + kx]; -1 stands for a zero. */
  readonly sourceColumn: Int32Array;
}

export function geometryOf(spec: ConvSpec): Geometry {
  const { border, strides, padding, dilations, inputLayout, outHeight, outWidth } = spec;
  const { inHeight, inWidth, kernelHeight, kernelWidth } = spec;
  return {
    input: stepsOf(inputLayout, spec.inChannels, inHeight, inWidth),
    output: stepsOf(inputLayout, spec.outChannels, outHeight, outWidth),
    sourceRow: tapSources(outHeight, kernelHeight, strides[0], dilations[0], padding[0], inHeight, border),
    sourceColumn: tapSources(outWidth, kernelWidth, strides[1], dilations[1], padding[2], inWidth, border),
  };
}
