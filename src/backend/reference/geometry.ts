// SPDX-License-Identifier: MIT
import { borderIndex } from "../../border.ts";
import type { ConvSpec } from "../../spec.ts";

/** Elements from one step to the next along each axis of a tensor. */
export interface Steps {
  readonly batch: number;
  readonly channel: number;
  readonly row: number;
  readonly column: number;
}

function stepsOf(nhwc: boolean, channels: number, height: number, width: number): Steps {
  const batch = channels * height * width;
  return nhwc
    ? { batch, channel: 1, row: width * channels, column: channels }
    : { batch, channel: height * width, row: width, column: 1 };
}

/** Everything about a spec that does not depend on data: computed once, when a convolution is prepared. */
export interface Geometry {
  readonly input: Steps;
  readonly output: Steps;
  /** Source row of tap ky of output row oy at [oy * kernelHeight + ky]; -1 for a row of zeros. */
  readonly sourceRow: Int32Array;
  /** Source column of tap kx of output column ox at [ox * kernelWidth + kx]; -1 for a zero. */
  readonly sourceColumn: Int32Array;
}

export function geometryOf(spec: ConvSpec): Geometry {
  const nhwc = spec.inputLayout === "nhwc";
  const { border, strides, padding, dilations } = spec;
  const taps = (
    out: number,
    kernel: number,
    stride: number,
    dilation: number,
    before: number,
    size: number,
  ) => {
    const sources = new Int32Array(out * kernel);
    for (let o = 0, i = 0; o < out; o++) {
      for (let k = 0; k < kernel; k++)
        sources[i++] = borderIndex(o * stride + k * dilation - before, size, border);
    }
    return sources;
  };
  return {
    input: stepsOf(nhwc, spec.inChannels, spec.inHeight, spec.inWidth),
    output: stepsOf(nhwc, spec.outChannels, spec.outHeight, spec.outWidth),
    sourceRow: taps(spec.outHeight, spec.kernelHeight, strides[0], dilations[0], padding[0], spec.inHeight),
    sourceColumn: taps(spec.outWidth, spec.kernelWidth, strides[1], dilations[1], padding[2], spec.inWidth),
  };
}
