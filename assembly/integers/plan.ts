// SPDX-License-Identifier: MIT

/**
 * A prepared convolution of uint8 or int8 by int8. src/backend/wasm/integer-plan.ts fills it in, in this
 * order. Up to elementBytes the fields are those of Plan. What ends in Step is in bytes. Input channels go in pairs
 * of int16, 32 bits: the strip and the weights consist of them.
 */
@unmanaged
export class IntegerPlan {
  /** Limits of a scaled output, those of its type among them. Of sums low is 0 for relu. */
  low: f64;
  high: f64;
  alpha: f64;
  activation: i32;
  /** 1, by which it is told from Plan. */
  elementBytes: i32;

  /** 1: sums are multiplied by the scale. Bytes of an output element: those of 1 are rounded. */
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
  /** From one output pixel to the next in its row, and to the one below. */
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
  /** In the workspace, which begins with a Frame and scratch. */
  windowsOffset: i32;
  stripOffset: i32;

  /** For each product of an output, in the order of the weights, where its pair lies from the first one (i32). */
  taps: usize;
  weights: usize;
  /** i32, one for each output channel; f32 likewise. */
  bias: usize;
  scale: usize;
}
