// SPDX-License-Identifier: MIT
import type { FloatArray } from "../../dtype.ts";
import type { ConvSpec } from "../../spec/convolution.ts";
import type { Geometry } from "./geometry.ts";

/**
 * Computes im2col's matrix product without gathering windows. Element k lies at the same offset from the origin of
 * every window inside the input, so taps are looked up only for windows that touch padding. Sums are float64.
 */
export function strided(
  spec: ConvSpec,
  geometry: Geometry,
  weights: FloatArray,
  bias: FloatArray | null,
  activation: (x: number) => number,
  x: FloatArray,
  out: FloatArray,
): void {
  const { batch, outChannels, outHeight, outWidth, kernelHeight, kernelWidth, strides, padding } = spec;
  const { input, output, sourceRow, sourceColumn } = geometry;
  const groupIn = spec.inChannels / spec.groups;
  const groupOut = outChannels / spec.groups;
  const inside = windowOffsets(spec, geometry);
  const touching = new Int32Array(inside.length);
  const depth = inside.length;
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      const rows = sourceRow.subarray(oy * kernelHeight, (oy + 1) * kernelHeight);
      const columns = sourceColumn.subarray(ox * kernelWidth, (ox + 1) * kernelWidth);
      const top = oy * strides[0] - padding[0];
      const left = ox * strides[1] - padding[2];
      let origin = top * input.row + left * input.column;
      let offsets = inside;
      if (!isRun(rows, top, spec.dilations[0]) || !isRun(columns, left, spec.dilations[1])) {
        origin = 0;
        offsets = lookUp(groupIn, input.channel, input.row, input.column, rows, columns, touching);
      }
      for (let n = 0; n < batch; n++) {
        for (let oc = 0; oc < outChannels; oc++) {
          const base = n * input.batch + Math.floor(oc / groupOut) * groupIn * input.channel + origin;
          let sum = bias === null ? 0 : bias[oc];
          for (let k = 0; k < depth; k++) {
            const value = offsets[k] < 0 ? 0 : x[base + offsets[k]];
            sum += weights[oc * depth + k] * value;
          }
          out[n * output.batch + oc * output.channel + oy * output.row + ox * output.column] =
            activation(sum);
        }
      }
    }
  }
}

function windowOffsets(spec: ConvSpec, { input }: Geometry): Int32Array {
  const { kernelHeight, kernelWidth, dilations } = spec;
  const rows = Int32Array.from({ length: kernelHeight }, (_, ky) => ky * dilations[0]);
  const columns = Int32Array.from({ length: kernelWidth }, (_, kx) => kx * dilations[1]);
  const groupIn = spec.inChannels / spec.groups;
  const offsets = new Int32Array(groupIn * kernelHeight * kernelWidth);
  return lookUp(groupIn, input.channel, input.row, input.column, rows, columns, offsets);
}

/** Whether a window's taps along one axis lie inside, in the even steps that `windowOffsets` assumes. */
function isRun(taps: Int32Array, first: number, dilation: number): boolean {
  if (first < 0) return false;
  for (let i = 0; i < taps.length; i++) if (taps[i] !== first + i * dilation) return false;
  return true;
}

function lookUp(
  channels: number,
  channelStep: number,
  rowStep: number,
  columnStep: number,
  rows: Int32Array,
  columns: Int32Array,
  offsets: Int32Array,
): Int32Array {
  let k = 0;
  for (let ic = 0; ic < channels; ic++) {
    for (const row of rows) {
      for (const column of columns) {
        offsets[k++] = row < 0 || column < 0 ? -1 : ic * channelStep + row * rowStep + column * columnStep;
      }
    }
  }
  return offsets;
}
