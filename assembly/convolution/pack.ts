// SPDX-License-Identifier: MIT
import { Algorithm, Plan } from "./plan";
import { tileChannels } from "../tiles/column";

/**
 * Packs OIHW weights for a plan, group after group:
 *
 *   direct, im2col: [oc / n][ic][ky][kx][n] with n = 5, or 6 in builds that fuse; the last channels of a group as
 *                   narrower tiles
 *   depthwise:      [oc][kx][ky]
 *   strided:        [oc / n][ic][ky][kx][n] with n = two vectors, or one for the last channels of a group;
 *                   channels that do not exist have zeros
 */
export function packWeights<T>(p: Plan, weights: usize): void {
  const filter = p.groupIn * p.kernelHeight * p.kernelWidth;
  const lanes = <i32>(16 / sizeof<T>());
  const plane = p.planes || p.algorithm == Algorithm.DEPTHWISE;
  for (let group = 0; group < p.groups; group++) {
    let to = p.weights + group * p.groupWeightBytes;
    for (let oc = 0; oc < p.groupOut; ) {
      const left = p.groupOut - oc;
      let tile = tileChannels(left);
      if (plane) tile = 1;
      else if (p.algorithm == Algorithm.STRIDED) tile = left > lanes ? 2 * lanes : lanes;
      const channels = min(tile, left);
      for (let k = 0; k < filter; k++) {
        // Kernels of single planes go column by column.
        const tap = plane ? (k % p.kernelHeight) * p.kernelWidth + k / p.kernelHeight : k;
        const from = weights + <usize>tap * sizeof<T>();
        for (let i = 0; i < tile; i++, to += sizeof<T>()) {
          store<T>(to, i < channels ? load<T>(from + <usize>(i * filter) * sizeof<T>()) : <T>0);
        }
      }
      weights += <usize>(channels * filter) * sizeof<T>();
      oc += tile;
    }
  }
}
