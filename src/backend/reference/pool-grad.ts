// SPDX-License-Identifier: MIT
import type { FloatArray } from "../../dtype.ts";
import { stepsOf } from "../../spec/layout.ts";
import { axisWindows, type PoolSpec } from "../../spec/window.ts";

/**
 * Computes the gradient of a pooling with respect to its input. As in PyTorch, the gradient of a maximum goes to the
 * first of the greatest elements in scan order, or to the last NaN. The gradient of a mean goes to all elements of its
 * window in equal shares.
 *
 * @param x the input; null for a mean
 */
export function poolGrad(
  spec: PoolSpec,
  x: FloatArray | null,
  gradOutput: FloatArray,
  gradX: FloatArray,
): void {
  const { batch, channels, inHeight, inWidth, outHeight, outWidth, inputLayout, countIncludePad } = spec;
  gradX.fill(0);
  const input = stepsOf(inputLayout, channels, inHeight, inWidth);
  const output = stepsOf(inputLayout, channels, outHeight, outWidth);
  const rows = axisWindows(spec, 0);
  const columns = axisWindows(spec, 1);
  const tapRow = spec.dilations[0] * input.row;
  const tapColumn = spec.dilations[1] * input.column;
  const heights = countIncludePad ? rows.paddedTaps : rows.taps;
  const widths = countIncludePad ? columns.paddedTaps : columns.taps;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const plane = n * input.batch + c * input.channel;
      for (let oy = 0; oy < outHeight; oy++) {
        const fromRow = plane + rows.first[oy] * input.row;
        const height = rows.taps[oy];
        let at = n * output.batch + c * output.channel + oy * output.row;
        for (let ox = 0; ox < outWidth; ox++, at += output.column) {
          const from = fromRow + columns.first[ox] * input.column;
          const width = columns.taps[ox];
          if (height === 0 || width === 0) continue;
          if (x !== null) {
            gradX[placeOfGreatest(x, from, height, width, tapRow, tapColumn)] += gradOutput[at];
          } else {
            const share = gradOutput[at] / (heights[oy] * widths[ox]);
            addToAll(gradX, share, from, height, width, tapRow, tapColumn);
          }
        }
      }
    }
  }
}

function placeOfGreatest(
  x: FloatArray,
  from: number,
  height: number,
  width: number,
  tapRow: number,
  tapColumn: number,
): number {
  let best = Number.NEGATIVE_INFINITY;
  let place = from;
  for (let ky = 0; ky < height; ky++) {
    for (let kx = 0, at = from + ky * tapRow; kx < width; kx++, at += tapColumn) {
      const value = x[at];
      // One comparison passes over most values: those that are not greater when neither is NaN.
      if (value <= best) continue;
      // biome-ignore lint/suspicious/noSelfCompare: true for NaN, and faster than to ask
      if (value > best || value !== value) {
        best = value;
        place = at;
      }
    }
  }
  return place;
}

function addToAll(
  gradX: FloatArray,
  share: number,
  from: number,
  height: number,
  width: number,
  tapRow: number,
  tapColumn: number,
): void {
  for (let ky = 0; ky < height; ky++) {
    for (let kx = 0, at = from + ky * tapRow; kx < width; kx++, at += tapColumn) gradX[at] += share;
  }
}
