// SPDX-License-Identifier: MIT
import { IntegerPlan } from "./plan";

/**
 * Packs OIHW weights of int8, group after group: [oc / 8][pair of ic][ky][kx][8] pairs of int16, the last 4 or fewer
 * channels of a group as tiles of 4. Channels that do not exist have zeros.
 */
export function packPairs(p: IntegerPlan, weights: usize): void {
  const taps = p.products / p.pairs;
  const filter = p.groupIn * taps;
  for (let group = 0; group < p.groups; group++) {
    let to = p.weights + group * p.groupWeightBytes;
    for (let oc = 0; oc < p.groupOut; ) {
      const left = p.groupOut - oc;
      const tile = left > 4 ? 8 : 4;
      const channels = min(tile, left);
      for (let ic = 0; ic < p.groupIn; ic += 2) {
        const both = ic + 1 < p.groupIn;
        for (let tap = 0; tap < taps; tap++) {
          for (let i = 0; i < tile; i++, to += 4) {
            const from = weights + i * filter + ic * taps + tap;
            store<i16>(to, i < channels ? <i16>load<i8>(from) : 0);
            store<i16>(to, both && i < channels ? <i16>load<i8>(from + taps) : 0, 2);
          }
        }
      }
      weights += channels * filter;
      oc += tile;
    }
  }
}
