// SPDX-License-Identifier: MIT
// Gradients by their definition in float64, written for the tests alone: nothing of src/ is used here.
import type { ConvCase } from "./conv-case.ts";
import { type DType, type FloatArray, paddingOf, sourceIndex, unitRoundoff } from "./oracle.ts";

/** Exact values (to far less than the bound) and how far from them an implementation may be. */
export interface Bounded {
  readonly values: Float64Array;
  readonly allowed: Float64Array;
}

export interface Gradients {
  readonly outHeight: number;
  readonly outWidth: number;
  /** NCHW. */
  readonly input: Bounded;
  /** OIHW. */
  readonly weights: Bounded;
  readonly bias: Bounded;
}

export function outputSizesOf(c: ConvCase): [number, number] {
  const [top, bottom, left, right] = paddingOf(c);
  const size = (input: number, kernel: number, stride: number, dilation: number) =>
    Math.floor((input - ((kernel - 1) * dilation + 1)) / stride) + 1;
  return [
    size(c.inHeight + top + bottom, c.kernelHeight, c.strides[0], c.dilations[0]),
    size(c.inWidth + left + right, c.kernelWidth, c.strides[1], c.dilations[1]),
  ];
}

/**
 * Each product gradOutput * weight * input of the convolution's output, summed up in three ways: by its input, by its
 * weight, by its output channel. The bound is that of sums in any order: (K + 2) u sum |products|, K of them.
 */
export function gradientsOf(
  c: ConvCase,
  dtype: DType,
  { x, weights, gradOutput }: { x: FloatArray; weights: FloatArray; gradOutput: FloatArray },
): Gradients {
  const [top, , left] = paddingOf(c);
  const [outHeight, outWidth] = outputSizesOf(c);
  const groupIn = c.inChannels / c.groups;
  const groupOut = c.outChannels / c.groups;
  const sums = {
    input: newSums(x.length),
    weights: newSums(weights.length),
    bias: newSums(c.outChannels),
  };
  let at = 0;
  for (let n = 0; n < c.batch; n++) {
    for (let oc = 0; oc < c.outChannels; oc++) {
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          const gradient = gradOutput[at++];
          add(sums.bias, oc, gradient);
          for (let ic = 0; ic < groupIn; ic++) {
            const channel = Math.floor(oc / groupOut) * groupIn + ic;
            for (let ky = 0; ky < c.kernelHeight; ky++) {
              const iy = sourceIndex(oy * c.strides[0] + ky * c.dilations[0] - top, c.inHeight, c.border);
              for (let kx = 0; kx < c.kernelWidth; kx++) {
                const ix = sourceIndex(ox * c.strides[1] + kx * c.dilations[1] - left, c.inWidth, c.border);
                if (iy < 0 || ix < 0) continue;
                const i = ((n * c.inChannels + channel) * c.inHeight + iy) * c.inWidth + ix;
                const w = ((oc * groupIn + ic) * c.kernelHeight + ky) * c.kernelWidth + kx;
                add(sums.input, i, gradient * weights[w]);
                add(sums.weights, w, gradient * x[i]);
              }
            }
          }
        }
      }
    }
  }
  const bound = (s: Sums) => boundOf(s, unitRoundoff[dtype]);
  return {
    outHeight,
    outWidth,
    input: bound(sums.input),
    weights: bound(sums.weights),
    bias: bound(sums.bias),
  };
}

interface Sums {
  readonly values: Float64Array;
  readonly magnitudes: Float64Array;
  readonly counts: Float64Array;
}

const newSums = (length: number): Sums => ({
  values: new Float64Array(length),
  magnitudes: new Float64Array(length),
  counts: new Float64Array(length),
});

function add(sums: Sums, at: number, product: number): void {
  sums.values[at] += product;
  sums.magnitudes[at] += Math.abs(product);
  sums.counts[at]++;
}

/** The oracle's own sums are of float64: their error, as large as that of an implementation in float64, comes on top. */
function boundOf({ values, magnitudes, counts }: Sums, u: number): Bounded {
  const own = unitRoundoff.float64;
  const allowed = values.map((_, i) => (counts[i] + 2) * (u + own) * magnitudes[i]);
  return { values, allowed };
}
