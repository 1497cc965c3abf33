// SPDX-License-Identifier: MIT
import type { ConvSpec } from "../../spec/convolution.ts";

/** Transformed inputs of a block of squares: they should stay in a second level cache beside the weights. */
const planesTarget = 768 * 1024;
/** Multiply-adds and bytes in the same time, where weights are too many for the caches. */
const multiplyAddsPerByte = 1;
/** Squares in a tile of products, and in a vector. */
const tile = 4;
/** The widest tile of output channels. */
const tileChannels = 8;
/** What assembly/winograd/ needs for the lines of an input or output square. */
const scratchBytes = 1024;

/** Outputs of a square in each direction: 4 takes fewer multiplications, 2 fewer transformed weights. */
export function squareSize(s: ConvSpec): 2 | 4 {
  return cost(s, 4) <= cost(s, 2) ? 4 : 2;
}

function cost(s: ConvSpec, size: number): number {
  const squares = s.batch * Math.ceil(s.outHeight / size) * Math.ceil(s.outWidth / size);
  const weights = (size + 2) ** 2 * s.inChannels * (s.outChannels / s.groups);
  return weights * (Math.max(squares, tile) + 4 * multiplyAddsPerByte);
}

/** How assembly/algorithms/winograd.ts cuts its work. Sizes end in Bytes or are in squares. */
export interface Squares {
  readonly size: number;
  /** In a row of squares. */
  readonly columns: number;
  readonly block: number;
  /** Transformed inputs of one channel at one position: the block, and a vector that may be written past it. */
  readonly lineBytes: number;
  /** Of one position; no power of two, which would share cache sets. */
  readonly planeBytes: number;
  readonly planesBytes: number;
  readonly productBytes: number;
  readonly scratchBytes: number;
  readonly groupWeightBytes: number;
}

/** @param rows of output, in a band */
export function planSquares(s: ConvSpec, rows: number): Squares {
  const size = squareSize(s);
  const positions = (size + 2) ** 2;
  const groupIn = s.inChannels / s.groups;
  const columns = Math.ceil(s.outWidth / size);
  const count = Math.ceil(rows / size) * columns;
  const most = Math.min(Math.max(Math.floor(planesTarget / (positions * groupIn * 4)), tile), 16 * tile);
  const block = roundUp(Math.ceil(count / Math.ceil(count / most)), tile);
  const lineBytes = (block + tile) * 4;
  const planeBytes = groupIn * lineBytes + 64;
  return {
    size,
    columns,
    block,
    lineBytes,
    planeBytes,
    planesBytes: positions * planeBytes,
    // The last tile may reach two squares past the block.
    productBytes: (positions * block + 2) * tileChannels * 4,
    scratchBytes,
    groupWeightBytes: winogradWeights(s, size) / s.groups,
  };
}

/** Bytes of all transformed weights. */
export function winogradWeights(s: ConvSpec, size = squareSize(s)): number {
  return (size + 2) ** 2 * s.inChannels * roundUp(s.outChannels / s.groups, 4) * 4;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
