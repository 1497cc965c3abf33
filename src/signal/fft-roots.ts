// SPDX-License-Identifier: MIT

/** cos(2 pi k / length) and sin(2 pi k / length) for k = 0 .. length - 1. */
export interface Roots {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Computes each root from an angle of at most an eighth of a turn, where Math.cos and Math.sin are most exact. */
export function rootsOfUnity(length: number): Roots {
  const cos = new Float64Array(length);
  const sin = new Float64Array(length);
  for (let k = 0; k < length; k++) {
    // The angle is octant / 8 + rest / (8 length) turns; odd octants count back from their end.
    const octant = Math.floor((8 * k) / length);
    const rest = 8 * k - octant * length;
    const angle = ((octant % 2 === 0 ? rest : length - rest) * Math.PI) / (4 * length);
    const c = Math.cos(angle);
    const s = Math.sin(angle);
    const isSwapped = octant % 4 === 1 || octant % 4 === 2;
    cos[k] = (isSwapped ? s : c) * (octant > 1 && octant < 6 ? -1 : 1);
    sin[k] = (isSwapped ? c : s) * (octant > 3 ? -1 : 1);
  }
  return { cos, sin };
}
