// SPDX-License-Identifier: MIT

/**
 * A prepared convolution in linear memory. src/backend/wasm/conv-plan.ts fills it in, in this order, which
 * test/backend/layouts.test.ts compares. Fields that end in Step count bytes, all others elements. A `usize` is an address.
 */
@unmanaged
export class Plan {
  /** Limits of the clamp that ends every convolution: none is [-inf, inf], relu is [0, inf]. */
  low: f64;
  high: f64;
  alpha: f64;
  activation: i32;

  elementBytes: i32;
  algorithm: i32;
  channelsLast: i32;
  border: i32;

  groups: i32;
  groupIn: i32;
  groupOut: i32;
  inHeight: i32;
  inWidth: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideY: i32;
  strideX: i32;
  padTop: i32;
  padLeft: i32;
  dilationY: i32;
  dilationX: i32;

  /** One block of work: an inner product over icBlock x kyBlock x kxBlock for rowBlock x colBlock output pixels. */
  icBlock: i32;
  kyBlock: i32;
  kxBlock: i32;
  rowBlock: i32;
  colBlock: i32;

  /** 1: the algorithm reads the input as it lies. 0: it reads a strip. */
  straight: i32;
  /** 1: direct computes single planes as depthwise does, from a strip. */
  planes: i32;
  /** 1: where the algorithm reads, the next output row follows the last pixel of this one. */
  flat: i32;
  /** Input rows from one strip row to the next. */
  rowSample: i32;
  /** Input columns from one element of a phase to the next. */
  phaseSample: i32;
  /** Parts of a strip row, one for each phase of the horizontal stride that a tap has. */
  phases: i32;
  /** Elements of a phase beyond those of its first pixels. */
  reach: i32;

  /** Steps in the strip or in the input itself, whichever the algorithm reads. */
  channelStep: i32;
  rowStep: i32;
  phaseStep: i32;
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
  /** Offsets in the workspace, which begins with a Frame. */
  panelOffset: i32;
  stripOffset: i32;
  productsOffset: i32;

  /** Only winograd has them: outputs of a square in each direction, squares in a row of squares and in a block. */
  squareSize: i32;
  squareColumns: i32;
  squareBlock: i32;
  /** Steps from one position's transformed inputs to the next's, and from one channel to the next within them. */
  planeStep: i32;
  lineStep: i32;

  /** Offsets (i32) of the element of each product of a block from the first one, in the order of the weights. */
  taps: usize;
  weights: usize;
  bias: usize;
  /** Zeros, one for each element of the bias, which all blocks of a sum but the last add in its place. */
  zeros: usize;
}

export namespace Algorithm {
  export const DIRECT = 0;
  export const IM2COL = 1;
  export const STRIDED = 2;
  export const WINOGRAD = 3;
  export const DEPTHWISE = 4;
}

export namespace Activation {
  export const CLAMP = 0;
  export const LEAKY_RELU = 1;
  export const SIGMOID = 2;
  export const TANH = 3;
}

/** The state that the tiles of one block share. */
@unmanaged
export class Frame {
  /** Vectors of the limits: see `low` and `high` below. */
  low0: f64;
  low1: f64;
  high0: f64;
  high1: f64;
  alpha: f64;
  /** Activation.CLAMP with infinite limits unless this block ends the sum. */
  activation: i32;
  /** 1: the destination holds the sum of earlier blocks. */
  accumulate: i32;
  /** 1: tiles of channel rows store their vectors themselves. */
  planar: i32;
  channelsLast: i32;
  channelStep: i32;
  colStep: i32;
  /** A tile of at most 12 vectors on its way to the destination. */
  scratch: usize;

  /** The block has so many output rows and columns, and products of each sum; the filter has so many products. */
  rows: i32;
  cols: i32;
  products: i32;
  filter: i32;
  /** First product of the block. */
  first: i32;
  outChannels: i32;
  taps: usize;
  weights: usize;
  bias: usize;
  source: usize;
  pixelStep: i32;
  lineAdvance: i32;
  target: usize;
  outRowStep: i32;
  panel: usize;

  /**
   * Only depthwise has them: the size and row step of the input channel at `source`, where the first tap of the first
   * output pixel lies in it, and the row that stands in for one outside.
   */
  planeHeight: i32;
  planeWidth: i32;
  planeStep: i32;
  planeTop: i32;
  planeLeft: i32;
  noRow: usize;
}

// @ts-ignore: decorator
@inline
export function low(f: Frame): v128 {
  return v128.load(changetype<usize>(f), offsetof<Frame>("low0"));
}

// @ts-ignore: decorator
@inline
export function high(f: Frame): v128 {
  return v128.load(changetype<usize>(f), offsetof<Frame>("high0"));
}

export const frameBytes: usize = 256;
export const scratchBytes: usize = 192;
