// SPDX-License-Identifier: MIT
import type { ConvSpec } from "../../spec/convolution.ts";

/** Bytes of a block's transformed inputs, which should stay in a second-level cache beside the weights. */
const planesTarget = 768 * 1024;
/** Multiply-adds in the time that a byte of weights takes, if the weights are too many for the caches. */
const multiplyAddsPerByte = 1;
/** Squares in a tile of products, and in a vector. */
const tile = 4;
/** The widest tile of output channels. */
const tileChannels = 8;
/** Bytes that assembly/winograd/ needs for the lines of an input or output square. */
const scratchBytes = 1024;

/** Returns the outputs of a square in each direction: 4 takes fewer multiplications, 2 fewer transformed weights. */
export function squareSize(s: ConvSpec): 2 | 4 {
  return cost(s, 4) <= cost(s, 2) ? 4 : 2;
}

function cost(s: ConvSpec, size: number): number {
  const squares = s.batch * Math.ceil(s.outHeight / size) * Math.ceil(s.outWidth / size);
  const weights = (size + 2) ** 2 * s.inChannels * (s.outChannels / s.groups);
  return weights * (Math.max(squares, tile) + 4 * multiplyAddsPerByte);
}

/** How assembly/algorithms/winograd.ts cuts its work. Sizes are in squares unless their names end in Bytes. */
export interface Squares {
  readonly size: number;
  /** Squares in a row. */
  readonly columns: number;
  readonly block: number;
  /** The transformed inputs of one channel at one position: a block, and a vector that may be written past it. */
  readonly lineBytes: number;
  /** The transformed inputs of one position; not a power of two, which would share cache sets. */
  readonly planeBytes: number;
  readonly planesBytes: number;
  readonly productBytes: number;
  readonly scratchBytes: number;
  readonly groupWeightBytes: number;
}

/**
 * Cuts the squares of a band into blocks.
 *
 * @param rows of output, in a band
 */
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
