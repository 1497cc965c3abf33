// SPDX-License-Identifier: MIT
// Lays out the slices of a volume for a conv2d, to which the slices that a kernel sees are channels of one image.

import { allocate, dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import type { Border } from "../spec/border.ts";
import { tapSources } from "../spec/border.ts";
import type { AxisPadding } from "../spec/shape.ts";
import type { TensorLike } from "../tensor.ts";

/** A volume and the kernel's way through it. Arrays are [depth, height, width]. */
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

/**
 * The order of a volume's padded slices: by groups, and within a group so that slices a dilation apart are neighbours.
 */
export interface Slices {
  /** Slices of one group. */
  readonly count: number;
  /** Elements of all groups. */
  readonly length: number;
  /** The slice of the volume at each place, or -1 for zeros. */
  readonly sources: Int32Array;
  /** The place of the first slice that the kernel sees at each output depth; its other slices follow. */
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

/** Lays out the slices of volume `n`. Places of zeros are zero already. */
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

/** Reorders weights from [out, in, depth, height, width] to [out, depth, in, height, width]. */
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
