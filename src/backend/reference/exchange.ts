// SPDX-License-Identifier: MIT
import type { FloatArray } from "../../dtype.ts";
import type { ExchangeTask } from "../../spec/task.ts";

/**
 * Computes an {@link ExchangeTask} square by square, as going along either side alone would leave the cache. Returns
 * whether the weights that it moved are finite.
 */
export function exchange(how: ExchangeTask, from: FloatArray, to: FloatArray): boolean {
  const { groups, groupOut, groupIn, kernel, window, sources, targets } = how;
  const count = sources.length;
  const square = 16;
  let areFinite = true;
  for (let group = 0; group < groups; group++) {
    const start = group * groupIn * groupOut;
    for (let firstIc = 0; firstIc < groupIn; firstIc += square) {
      const lastIc = Math.min(firstIc + square, groupIn);
      for (let firstOc = 0; firstOc < groupOut; firstOc += square) {
        const lastOc = Math.min(firstOc + square, groupOut);
        for (let ic = firstIc; ic < lastIc; ic++) {
          for (let oc = firstOc; oc < lastOc; oc++) {
            const source = (start + oc * groupIn + ic) * kernel;
            const target = (start + ic * groupOut + oc) * window;
            for (let k = 0; k < count; k++) {
              const value = from[source + sources[k]];
              to[target + targets[k]] = value;
              if (!Number.isFinite(value)) areFinite = false;
            }
          }
        }
      }
    }
  }
  return areFinite;
}
