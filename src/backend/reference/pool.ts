// SPDX-License-Identifier: MIT
import type { FloatArray } from "../../dtype.ts";
import { stepsOf } from "../../spec/layout.ts";
import { axisWindows, type PoolSpec } from "../../spec/window.ts";

/**
 * Computes the definition: the greatest element or the mean of each window's elements in the input. Sums are float64.
 */
export function pool(spec: PoolSpec, x: FloatArray, out: FloatArray): void {
  const { batch, channels, inHeight, inWidth, outHeight, outWidth, inputLayout, countIncludePad } = spec;
  const input = stepsOf(inputLayout, channels, inHeight, inWidth);
  const output = stepsOf(inputLayout, channels, outHeight, outWidth);
  const rows = axisWindows(spec, 0);
  const columns = axisWindows(spec, 1);
  const window = spec.kind === "max" ? greatest : sum;
  const tapRow = spec.dilations[0] * input.row;
  const tapColumn = spec.dilations[1] * input.column;
  const heights = countIncludePad ? rows.paddedTaps : rows.taps;
  const widths = countIncludePad ? columns.paddedTaps : columns.taps;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const plane = n * input.batch + c * input.channel;
      for (let oy = 0; oy < outHeight; oy++) {
        const fromRow = plane + rows.first[oy] * input.row;
        let at = n * output.batch + c * output.channel + oy * output.row;
        for (let ox = 0; ox < outWidth; ox++, at += output.column) {
          const from = fromRow + columns.first[ox] * input.column;
          const value = window(x, from, rows.taps[oy], columns.taps[ox], tapRow, tapColumn);
          out[at] = spec.kind === "max" ? value : value / (heights[oy] * widths[ox]);
        }
      }
    }
  }
}

/** Returns the greatest element of a window, NaN if there is one, or -Infinity if the window is empty. */
function greatest(
  x: FloatArray,
  from: number,
  height: number,
  width: number,
  tapRow: number,
  tapColumn: number,
): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let ky = 0; ky < height; ky++) {
    for (let kx = 0, at = from + ky * tapRow; kx < width; kx++, at += tapColumn) {
      const value = x[at];
      // biome-ignore lint/suspicious/noSelfCompare: true for NaN, and faster than to ask
      if (value > best || value !== value) best = value;
    }
  }
  return best;
}

function sum(
  x: FloatArray,
  from: number,
  height: number,
  width: number,
  tapRow: number,
  tapColumn: number,
): number {
  let total = 0;
  for (let ky = 0; ky < height; ky++) {
    for (let kx = 0, at = from + ky * tapRow; kx < width; kx++, at += tapColumn) total += x[at];
  }
  return total;
}
