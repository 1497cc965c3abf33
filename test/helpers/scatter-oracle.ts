// SPDX-License-Identifier: MIT
// A convolution and its adjoints by their definition, written for the tests alone: nothing of src/ is used here.
import { type FloatArray, sourceIndex } from "./oracle.ts";

type Pair = readonly [number, number];

/** A convolution of [batch, inChannels, ...size] into [batch, outChannels, ...sourceSize], which is its adjoint's source. */
export interface ScatterCase {
  readonly batch: number;
  readonly groups: number;
  /** Channels of the source and of the result, in each group. */
  readonly groupOut: number;
  readonly groupIn: number;
  readonly sourceSize: Pair;
  readonly size: Pair;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Of the result: top, bottom, left, right. */
  readonly padding: readonly [number, number, number, number];
  readonly border: "constant" | "replicate" | "reflect" | "mirror" | "wrap";
}

/** An element of the image, -1 for a zero around it, and those of output and weights that belong to it. */
export type Visit = (place: number, source: number, weight: number) => void;

/** Each product of the convolution. Image and output are NCHW, weights OIHW. */
export function visitProducts(c: ScatterCase, visit: Visit): void {
  const { groups, groupOut, groupIn, sourceSize, size, kernel, strides, dilations, padding, border } = c;
  const outChannels = groups * groupOut;
  const taps = kernel[0] * kernel[1];
  let source = 0;
  for (let image = 0; image < c.batch * outChannels; image++) {
    const [n, oc] = [Math.floor(image / outChannels), image % outChannels];
    for (let oy = 0; oy < sourceSize[0]; oy++) {
      for (let ox = 0; ox < sourceSize[1]; ox++, source++) {
        for (let tap = 0; tap < taps; tap++) {
          const [ky, kx] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
          const iy = sourceIndex(oy * strides[0] + ky * dilations[0] - padding[0], size[0], border);
          const ix = sourceIndex(ox * strides[1] + kx * dilations[1] - padding[2], size[1], border);
          for (let i = 0; i < groupIn; i++) {
            const ic = Math.floor(oc / groupOut) * groupIn + i;
            const place = ((n * groups * groupIn + ic) * size[0] + iy) * size[1] + ix;
            visit(iy < 0 || ix < 0 ? -1 : place, source, (oc * groupIn + i) * taps + tap);
          }
        }
      }
    }
  }
}

/**
 * Each element of the source times each weight goes to one place of the padded result, and from there to the element of
 * which it is a copy. Only these products take part: a place that no product reaches is 0 whatever the data is.
 */
export function scattered(c: ScatterCase, source: FloatArray, weights: FloatArray): Float64Array {
  const result = new Float64Array(c.batch * c.groups * c.groupIn * c.size[0] * c.size[1]);
  visitProducts(c, (place, from, weight) => {
    if (place >= 0) result[place] += source[from] * weights[weight];
  });
  return result;
}

/** The convolution of x, whose zeros around the image take part like any other. */
export function gathered(c: ScatterCase, x: FloatArray, weights: FloatArray): Float64Array {
  const result = new Float64Array(c.batch * c.groups * c.groupOut * c.sourceSize[0] * c.sourceSize[1]);
  visitProducts(c, (place, to, weight) => {
    result[to] += (place < 0 ? 0 : x[place]) * weights[weight];
  });
  return result;
}

/** The gradient of the convolution's weights; zeros around the image take part as in the convolution itself. */
export function weightGradient(c: ScatterCase, x: FloatArray, gradOutput: FloatArray): Float64Array {
  const result = new Float64Array(c.groups * c.groupOut * c.groupIn * c.kernel[0] * c.kernel[1]);
  visitProducts(c, (place, source, weight) => {
    result[weight] += (place < 0 ? 0 : x[place]) * gradOutput[source];
  });
  return result;
}
