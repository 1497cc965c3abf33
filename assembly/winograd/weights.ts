// SPDX-License-Identifier: MIT
import { Plan } from "../convolution/plan";
import { weightPoints2 } from "./points2";
import { weightPoints4 } from "./points4";

/** Bytes of scratch that `packWinograd` needs: a kernel between its two passes, and after them. */
export const transformBytes: usize = (18 + 36) * 8;

/**
 * Transforms OIHW weights, in float64, and packs them as [oc / 8][position][ic][8]. The last channels of a group form a
 * tile of 4 if they fit there. Channels that do not exist have zeros.
 */
export function packWinograd(p: Plan, weights: usize, scratch: usize): void {
  const positions = (p.squareSize + 2) * (p.squareSize + 2);
  const row = p.groupIn * 9 * 4;
  for (let group = 0; group < p.groups; group++) {
    let to = p.weights + group * p.groupWeightBytes;
    for (let oc = 0; oc < p.groupOut; ) {
      const left = p.groupOut - oc;
      const tile = left > 4 ? 8 : 4;
      const step = p.groupIn * tile * 4;
      for (let ic = 0; ic < p.groupIn; ic++) {
        for (let i = 0; i < tile; i++) {
          const at = to + (ic * tile + i) * 4;
          if (i < left) transform(p.squareSize, weights + i * row + ic * 36, scratch);
          else memory.fill(scratch, 0, transformBytes);
          for (let position = 0; position < positions; position++) {
            store<f32>(at + position * step, <f32>load<f64>(scratch + (18 + position) * 8));
          }
        }
      }
      to += positions * step;
      weights += min(tile, left) * row;
      oc += tile;
    }
  }
}

/** Stores (G w G^T)[y][x] at scratch + 18 * 8, as f64. */
function transform(size: i32, w: usize, scratch: usize): void {
  const result = scratch + 18 * 8;
  for (let x: usize = 0; x < 3; x++) {
    const at = w + x * 4;
    const w0 = <f64>load<f32>(at), w1 = <f64>load<f32>(at, 12), w2 = <f64>load<f32>(at, 24);
    if (size == 4) weightPoints4(w0, w1, w2, scratch + x * 8, 24);
    else weightPoints2(w0, w1, w2, scratch + x * 8, 24);
  }
  for (let y: usize = 0; y < <usize>(size + 2); y++) {
    const at = scratch + y * 24;
    const w0 = load<f64>(at), w1 = load<f64>(at, 8), w2 = load<f64>(at, 16);
    if (size == 4) weightPoints4(w0, w1, w2, result + y * 48, 8);
    else weightPoints2(w0, w1, w2, result + y * 32, 8);
  }
}
