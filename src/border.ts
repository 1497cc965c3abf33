// SPDX-License-Identifier: MIT
import type { Border } from "./spec.ts";

/** Where index `i` of a padded axis reads from an axis of `size` elements, or -1 for the constant. */
export function borderIndex(i: number, size: number, border: Border): number {
  if (i >= 0 && i < size) return i;
  switch (border) {
    case "constant":
      return -1;
    case "replicate":
      return i < 0 ? 0 : size - 1;
    case "wrap":
      return modulo(i, size);
    case "reflect": {
      const j = modulo(i, 2 * size);
      return j < size ? j : 2 * size - 1 - j;
    }
    case "mirror": {
      if (size === 1) return 0;
      const j = modulo(i, 2 * size - 2);
      return j < size ? j : 2 * size - 2 - j;
    }
  }
}

const modulo = (i: number, n: number): number => ((i % n) + n) % n;

/** Of one axis: the element that tap k of output o reads, at [o * kernel + k]; -1 for the constant. */
export function tapSources(
  out: number,
  kernel: number,
  stride: number,
  dilation: number,
  before: number,
  size: number,
  border: Border,
): Int32Array {
  const sources = new Int32Array(out * kernel);
  for (let o = 0, i = 0; o < out; o++) {
    for (let k = 0; k < kernel; k++)
      sources[i++] = borderIndex(o * stride + k * dilation - before, size, border);
  }
  return sources;
}
