// SPDX-License-Identifier: MIT
import type { FloatArray } from "../../dtype.ts";
import type { ConvSpec } from "../../spec/convolution.ts";
import type { Geometry } from "./geometry.ts";

/** Output pixels whose patches of `depth` elements are gathered at a time: up to 16, within 4 MiB. */
export const tilePixels = (depth: number): number => Math.max(1, Math.min(16, Math.floor(2 ** 19 / depth)));

/**
 * Gathers patches tile by tile as the columns of a matrix [inChannels / groups * kernelHeight * kernelWidth][tile], and
 * multiplies it by the weights as a matrix [outChannels][inChannels / groups * kernelHeight * kernelWidth]. Sums are
 * float64.
 */
export function im2col(
  spec: ConvSpec,
  geometry: Geometry,
  weights: FloatArray,
  bias: FloatArray | null,
  activation: (x: number) => number,
  x: FloatArray,
  out: FloatArray,
): void {
  const { batch, groups, outHeight, outWidth } = spec;
  const { output } = geometry;
  const groupOut = spec.outChannels / groups;
  const depth = (spec.inChannels / groups) * spec.kernelHeight * spec.kernelWidth;
  const pixels = outHeight * outWidth;
  const tile = tilePixels(depth);
  const patches = new Float64Array(depth * tile);
  const sums = new Float64Array(tile);
  for (let n = 0; n < batch; n++) {
    for (let group = 0; group < groups; group++) {
      for (let first = 0; first < pixels; first += tile) {
        const count = Math.min(tile, pixels - first);
        gather(spec, geometry, x, n, group, first, count, patches, tile);
        for (let oc = group * groupOut; oc < (group + 1) * groupOut; oc++) {
          sums.fill(bias === null ? 0 : bias[oc]);
          for (let k = 0; k < depth; k++) {
            const w = weights[oc * depth + k];
            for (let p = 0; p < count; p++) sums[p] += w * patches[k * tile + p];
          }
          for (let p = 0; p < count; p++) {
            const oy = Math.floor((first + p) / outWidth);
            const ox = (first + p) % outWidth;
            out[n * output.batch + oc * output.channel + oy * output.row + ox * output.column] = activation(
              sums[p],
            );
          }
        }
      }
    }
  }
}

function gather(
  spec: ConvSpec,
  { input, sourceRow, sourceColumn }: Geometry,
  x: FloatArray,
  n: number,
  group: number,
  first: number,
  count: number,
  patches: Float64Array,
  tile: number,
): void {
  const { kernelHeight, kernelWidth, outWidth } = spec;
  const groupIn = spec.inChannels / spec.groups;
  for (let p = 0; p < count; p++) {
    const oy = Math.floor((first + p) / outWidth);
    const ox = (first + p) % outWidth;
    let k = 0;
    for (let ic = 0; ic < groupIn; ic++) {
      const plane = n * input.batch + (group * groupIn + ic) * input.channel;
      for (let ky = 0; ky < kernelHeight; ky++) {
        const row = sourceRow[oy * kernelHeight + ky];
        for (let kx = 0; kx < kernelWidth; kx++, k++) {
          const column = sourceColumn[ox * kernelWidth + kx];
          patches[k * tile + p] =
            row < 0 || column < 0 ? 0 : x[plane + row * input.row + column * input.column];
        }
      }
    }
  }
}
