// SPDX-License-Identifier: MIT

export const inputLayouts = ["nchw", "nhwc"] as const;
/** The order of the axes of input and output: batch, channels, height, width, with channels second or last. */
export type InputLayout = (typeof inputLayouts)[number];

export const filterLayouts = ["oihw", "hwio", "ohwi", "ihwo"] as const;
/** The order of the axes of weights: o = out channels, i = in channels / groups, height, width. */
export type FilterLayout = (typeof filterLayouts)[number];

/** The distance in elements between neighbours along each axis of a tensor. */
export interface Steps {
  readonly batch: number;
  readonly channel: number;
  readonly row: number;
  readonly column: number;
}

export function stepsOf(layout: InputLayout, channels: number, height: number, width: number): Steps {
  const batch = channels * height * width;
  return layout === "nhwc"
    ? { batch, channel: 1, row: width * channels, column: channels }
    : { batch, channel: height * width, row: width, column: 1 };
}

/** Puts four sizes into the order of `layout`. */
export function shapeOf(
  layout: InputLayout,
  batch: number,
  channels: number,
  height: number,
  width: number,
): [number, number, number, number] {
  return layout === "nhwc" ? [batch, height, width, channels] : [batch, channels, height, width];
}

/** Reads [batch, channels, height, width] from a shape in the order of `layout`. */
export function sizesOf(layout: InputLayout, shape: readonly number[]): [number, number, number, number] {
  const [n, a, b, c] = shape;
  return layout === "nhwc" ? [n, c, a, b] : [n, a, b, c];
}
