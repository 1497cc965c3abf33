// SPDX-License-Identifier: MIT

// The tiles are compiled once for each width and source. Generic functions take types and no constants, so here a type
// stands for a constant.

/** `sizeof<V>()` is the number of vectors in a row of a tile. */
export type One = u8;
export type Two = u16;
export type Four = u32;
export type Eight = u64;

/** `offsetof<M>()` is the number of output channels in a tile that has more than two. */
@unmanaged
export class FourRows {
  a: u32;
}
@unmanaged
export class FiveRows {
  a: u8; b: u8; c: u8; d: u8; e: u8;
}
@unmanaged
export class SixRows {
  a: u16; b: u16; c: u16;
}

/** `isBoolean<M>()` tells tiles that touch an edge from those that do not. */
export type Inside = u8;
export type Masked = bool;

/** x[k] is at source + taps[k]. `isBoolean<X>()` tells the two apart. */
export type Tapped = u8;
/** x[k] is at source + k * (bytes of a row of the tile). */
export type Packed = bool;
