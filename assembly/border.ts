// SPDX-License-Identifier: MIT

export namespace Border {
  export const CONSTANT = 0;
  export const REPLICATE = 1;
  export const REFLECT = 2;
  export const MIRROR = 3;
  export const WRAP = 4;
}

/** Returns the index below `size` that stands in for `index`, whatever its distance, or -1 for a zero. */
export function borderIndex(border: i32, index: i32, size: i32): i32 {
  if (<u32>index < <u32>size) return index;
  if (border == Border.CONSTANT) return -1;
  if (border == Border.REPLICATE) return index < 0 ? 0 : size - 1;
  if (border == Border.WRAP) return modulo(index, size);
  if (border == Border.REFLECT) {
    // The period is 2 size: a b c d d c b a.
    const at = modulo(index, 2 * size);
    return at < size ? at : 2 * size - 1 - at;
  }
  // The period is 2 size - 2: a b c d c b.
  if (size == 1) return 0;
  const at = modulo(index, 2 * size - 2);
  return at < size ? at : 2 * size - 2 - at;
}

// @ts-ignore: decorator
@inline
function modulo(value: i32, by: i32): i32 {
  const rest = value % by;
  return rest < 0 ? rest + by : rest;
}
