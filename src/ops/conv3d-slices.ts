// SPDX-License-Identifier: MIT
// How the slices of a volume are laid out for a conv2d that takes those that a kernel sees as channels of one image.

import { allocate, dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import type { Border } from "../spec/border.ts";
import { tapSources } from "../spec/border.ts";
import type { AxisPadding } from "../spec/shape.ts";
import type { TensorLike } from "../tensor.ts";

/** What slides over one volume. Sizes and the like are [depth, height, width]. */
export interface Volume {
  readonly inChannels: number;
  readonly groups: number;
  readonly dtype: FloatDType;
  readonly input: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: readonly AxisPadding[];
  readonly outDepth: number;
}

/** How the padded slices of a volume are laid: by groups, then such that those a dilation apart are neighbours. */
export interface Slices {
  /** Of one group. */
  readonly count: number;
  /** Of all groups, in elements. */
  readonly length: number;
  /** At each place the slice of the volume, or -1 for zeros. */
  readonly sources: Int32Array;
  /** The place of the first slice that the kernel sees at each output depth; the others follow. */
  readonly windows: Int32Array;
}

export function slicesOf(volume: Volume, border: Border): Slices {
  const { input, padding, strides, dilations, outDepth, inChannels } = volume;
  const [dilation] = dilations;
  const [before, after] = padding[0];
  const count = input[0] + before + after;
  const inOrder = tapSources(count, 1, 1, 1, before, input[0], border);
  const places = new Int32Array(count);
  for (let phase = 0, place = 0; phase < dilation && phase < count; phase++) {
    for (let z = phase; z < count; z += dilation) places[z] = place++;
  }
  const sources = new Int32Array(count);
  inOrder.forEach((source, z) => {
    sources[places[z]] = source;
  });
  const windows = Int32Array.from({ length: outDepth }, (_, oz) => places[oz * strides[0]]);
  return { count, length: inChannels * count * input[1] * input[2], sources, windows };
}

/** Lays the slices of volume `n`. Those of zeros are zeros already. */
export function stackSlices(
  { groups, inChannels, input }: Volume,
  { count, sources }: Slices,
  x: FloatArray,
  n: number,
  stack: FloatArray,
): void {
  const [depth, height, width] = input;
  const plane = height * width;
  const groupIn = inChannels / groups;
  for (let g = 0; g < groups; g++) {
    for (let place = 0; place < count; place++) {
      if (sources[place] < 0) continue;
      for (let c = 0; c < groupIn; c++) {
        const from = ((n * inChannels + g * groupIn + c) * depth + sources[place]) * plane;
        stack.set(x.subarray(from, from + plane), ((g * count + place) * groupIn + c) * plane);
      }
    }
  }
}

/** [out, in, depth, height, width] as [out, depth, in, height, width]. */
export function slicesFirst({ data, shape }: TensorLike): FloatArray {
  const [outChannels, groupIn, depth, height, width] = shape;
  const taps = height * width;
  const ordered = allocate(dtypeOf(data, "weights.data"), data.length);
  for (let oc = 0, to = 0; oc < outChannels; oc++) {
    for (let z = 0; z < depth; z++) {
      for (let ic = 0; ic < groupIn; ic++, to += taps) {
        const from = ((oc * groupIn + ic) * depth + z) * taps;
        ordered.set(data.subarray(from, from + taps), to);
      }
    }
  }
  return ordered;
}
