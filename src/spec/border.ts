// SPDX-License-Identifier: MIT

/**
 * How padding is filled. Names are SciPy's, but for "replicate", its "nearest"; `|` marks the edge of a row `a b c d`.
 */
export const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;
export type Border =
  /** `0 0 0 | a b c d | 0 0 0`: zeros. */
  | "constant"
  /** `a a a | a b c d | d d d`: SciPy's "nearest". */
  | "replicate"
  /** `c b a | a b c d | d c b`: the edge is repeated; OpenCV's REFLECT, NumPy's "symmetric". */
  | "reflect"
  /** `d c b | a b c d | c b a`: the edge is not repeated; OpenCV's REFLECT_101, PyTorch's and NumPy's "reflect". */
  | "mirror"
  /** `b c d | a b c d | a b c`: periodic; PyTorch's "circular". */
  | "wrap";

/** Returns the index that place `i` of a padded axis reads from an axis of `size` elements, or -1 for the constant. */
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

/** Returns, for one axis, the index that tap k of output o reads, at [o * kernel + k]; -1 stands for the constant. */
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
