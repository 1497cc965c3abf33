// SPDX-License-Identifier: MIT
import type { FloatArray } from "../../dtype.ts";
import type { ConvSpec } from "../../spec/convolution.ts";
import type { Geometry } from "./geometry.ts";

// F(4, 3) at the points 0, +-sqrt(1/2), +-sqrt(2) and infinity. These matrices multiply weights and inputs (one row for
// each point) and products (one row for each output).
const half = Math.SQRT1_2;
const root = Math.SQRT2;
const forWeights = [
  [1, 0, 0],
  [-2 / 3, (-2 / 3) * half, -1 / 3],
  [-2 / 3, (2 / 3) * half, -1 / 3],
  [1 / 6, half / 3, 1 / 3],
  [1 / 6, -half / 3, 1 / 3],
  [0, 0, 1],
];
const forInputs = [
  [1, 0, -2.5, 0, 1, 0],
  [0, -root, -2, half, 1, 0],
  [0, root, -2, -half, 1, 0],
  [0, -half, -0.5, root, 1, 0],
  [0, half, -0.5, -root, 1, 0],
  [0, 1, 0, -2.5, 0, 1],
];
const forOutputs = [
  [1, 1, 1, 1, 1, 0],
  [0, half, -half, root, -root, 0],
  [0, 0.5, 0.5, 2, 2, 0],
  [0, half / 2, -half / 2, 2 * root, -2 * root, 1],
];
const [size, points] = [4, 6];
const positions = points * points;

/** Bytes of the transformed weights, and of the transformed inputs and products of one square. */
export function winogradBytes({ inChannels, outChannels, groups }: ConvSpec): number {
  return 8 * positions * ((outChannels * inChannels) / groups + inChannels / groups + 1);
}

/**
 * Computes each square of 4 x 4 outputs from 6 x 6 inputs (Lavin & Gray, 2015):
 *
 *   Y = A^T [ sum over ic of (G w G^T) * (B^T d B) ] A        * element by element
 *
 * This takes 36 products for each pair of channels, where the definition takes 144. Sums are float64.
 */
export function winograd(
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
  const groupIn = spec.inChannels / groups;
  const groupOut = spec.outChannels / groups;
  const kernels = Array.from({ length: spec.outChannels * groupIn }, (_, i) =>
    transform(forWeights, weights.subarray(9 * i, 9 * i + 9)),
  );
  const products = new Float64Array(positions);
  for (let n = 0; n < batch; n++) {
    for (let group = 0; group < groups; group++) {
      for (let top = 0; top < outHeight; top += size) {
        for (let left = 0; left < outWidth; left += size) {
          const inputs = Array.from({ length: groupIn }, (_, ic) =>
            transform(forInputs, readSquare(spec, geometry, x, n, group * groupIn + ic, top, left)),
          );
          for (let oc = group * groupOut; oc < (group + 1) * groupOut; oc++) {
            products.fill(0);
            for (let ic = 0; ic < groupIn; ic++) {
              const w = kernels[oc * groupIn + ic];
              const d = inputs[ic];
              for (let i = 0; i < positions; i++) products[i] += w[i] * d[i];
            }
            const square = transform(forOutputs, products);
            const to = n * output.batch + oc * output.channel;
            for (let oy = top; oy < Math.min(top + size, outHeight); oy++) {
              for (let ox = left; ox < Math.min(left + size, outWidth); ox++) {
                const sum = square[(oy - top) * size + ox - left] + (bias === null ? 0 : bias[oc]);
                out[to + oy * output.row + ox] = activation(sum);
              }
            }
          }
        }
      }
    }
  }
}

/** Returns M square M^T. */
function transform(m: readonly number[][], square: ArrayLike<number>): Float64Array {
  const width = m[0].length;
  const rows = m.length;
  const half = new Float64Array(rows * width);
  const result = new Float64Array(rows * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      for (let i = 0; i < width; i++) half[y * width + x] += m[y][i] * square[i * width + x];
    }
    for (let x = 0; x < rows; x++) {
      for (let i = 0; i < width; i++) result[y * rows + x] += half[y * width + i] * m[x][i];
    }
  }
  return result;
}

/** Reads the 6 x 6 inputs of a square of outputs. Inputs that its outputs do not need are zero. */
function readSquare(
  { outHeight, outWidth }: ConvSpec,
  { input, sourceRow, sourceColumn }: Geometry,
  x: FloatArray,
  n: number,
  channel: number,
  top: number,
  left: number,
): Float64Array {
  const square = new Float64Array(positions);
  const plane = n * input.batch + channel * input.channel;
  for (let y = 0; y < Math.min(points, outHeight + 2 - top); y++) {
    // Row y of the square is tap y - oy of any output row oy that reads it.
    const oy = Math.min(top + y, outHeight - 1);
    const row = sourceRow[oy * 3 + top + y - oy];
    for (let column = 0; column < Math.min(points, outWidth + 2 - left); column++) {
      const ox = Math.min(left + column, outWidth - 1);
      const from = sourceColumn[ox * 3 + left + column - ox];
      if (row >= 0 && from >= 0) square[y * points + column] = x[plane + row * input.row + from];
    }
  }
  return square;
}
