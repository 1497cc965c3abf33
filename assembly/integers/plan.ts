// SPDX-License-Identifier: MIT

/**
 * A prepared convolution of uint8 or int8 by int8. src/backend/wasm/integer-plan.ts fills it in, in this order. The
 * fields up to elementBytes are the same as in Plan, which the test of layouts checks too. Fields that end in Step
 * count bytes. The strip and the weights consist of pairs of input channels: two int16 in 32 bits.
 */
@unmanaged
export class IntegerPlan {
  /** Limits of a scaled output, within the limits of its type. For sums, only low matters: it is 0 for relu. */
  low: f64;
  high: f64;
  alpha: f64;
  activation: i32;
  /** It is always 1, which tells an IntegerPlan from a Plan. */
  elementBytes: i32;

  /** scaled 1: sums are multiplied by the scale. outputBytes: an output element of 1 byte is rounded. */
  scaled: i32;
  outputBytes: i32;
  outputZeroPoint: i32;
  signed: i32;
  inputZeroPoint: i32;
  channelsLast: i32;
  border: i32;

  groups: i32;
  groupIn: i32;
  groupOut: i32;
  /** Pairs of input channels of a group, and products of pairs of one output. */
  pairs: i32;
  products: i32;
  inHeight: i32;
  inWidth: i32;
  outWidth: i32;
  strideY: i32;
  strideX: i32;
  padTop: i32;
  padLeft: i32;

  /** Output rows and columns that are computed from one strip. */
  rowBlock: i32;
  colBlock: i32;
  /** The strip takes every rowSample-th row and colSample-th column, and reaches so many rows and columns further. */
  rowSample: i32;
  colSample: i32;
  rowReach: i32;
  colReach: i32;
  pairStep: i32;
  rowStep: i32;
  /** Steps from one output pixel to the next in its row, and to the one below. */
  pixelStep: i32;
  lineAdvance: i32;

  inImageStep: i32;
  inChannelStep: i32;
  inRowStep: i32;
  inColStep: i32;
  outImageStep: i32;
  outChannelStep: i32;
  outRowStep: i32;
  outColStep: i32;

  groupWeightBytes: i32;
  /** Offsets in the workspace, which begins with a Frame and scratch. */
  windowsOffset: i32;
  stripOffset: i32;

  /** Offsets (i32) of the pair of each product of an output from the first one, in the order of the weights. */
  taps: usize;
  weights: usize;
  /** Each output channel has one bias (i32) and one scale (f32). */
  bias: usize;
  scale: usize;
}
