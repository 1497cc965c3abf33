// SPDX-License-Identifier: MIT
// Work in TypeScript cut into pieces, between which the event loop takes its turns.
import { allocate, type TypedArray } from "../../dtype.ts";
import { type ConvSpec, multiplyAdds } from "../../spec/convolution.ts";

/** Multiply-adds, or elements that are read, of a piece: some 10 ms of an ordinary machine. */
const pieceWork = 2 ** 21;

/** How many of `count` things of so much work altogether make a piece. */
export function countOfPiece(count: number, work: number): number {
  return Math.max(1, Math.min(Math.floor((pieceWork * count) / work), count));
}

/** Runs some planes at a time, which follow each other in all arrays. */
export function* inPlanes<A extends TypedArray | null>(
  planes: number,
  work: number,
  arrays: readonly A[],
  run: (planes: number, parts: readonly A[]) => void,
): Generator<void> {
  const step = countOfPiece(planes, work);
  for (let at = 0; at < planes; at += step) {
    const count = Math.min(step, planes - at);
    const partOf = (array: A) => {
      if (array === null) return array;
      const length = array.length / planes;
      return array.subarray(at * length, (at + count) * length) as A;
    };
    run(count, arrays.map(partOf));
    yield;
  }
}

/** Runs some output channels at a time: each has its own part of the gradient, which adds up as in the whole. */
export function* gradWeightsInPieces<A extends TypedArray>(
  spec: ConvSpec,
  x: A,
  gradOutput: A,
  output: A,
  run: (spec: ConvSpec, x: A, gradOutput: A, output: A) => void,
): Generator<void> {
  const { groups, inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = spec;
  const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
  const depth = output.length / outChannels;
  const step = Math.min(groupOut, countOfPiece(outChannels, multiplyAdds(spec)));
  for (let group = 0; group < groups; group++) {
    const own = channelsOf(spec, x, inChannels, inHeight * inWidth, group * groupIn, groupIn);
    for (let at = group * groupOut; at < (group + 1) * groupOut; at += step) {
      const count = Math.min(step, (group + 1) * groupOut - at);
      run(
        { ...spec, groups: 1, inChannels: groupIn, outChannels: count },
        own,
        channelsOf(spec, gradOutput, outChannels, outHeight * outWidth, at, count),
        output.subarray(at * depth, (at + count) * depth) as A,
      );
      yield;
    }
  }
}

/** A tensor of some of the channels of another. */
function channelsOf<A extends TypedArray>(
  { batch, dtype, inputLayout }: ConvSpec,
  from: A,
  channels: number,
  pixels: number,
  first: number,
  count: number,
): A {
  if (count === channels) return from;
  // Runs of neighbours: of one image, or of one pixel.
  const [runs, length] = inputLayout === "nchw" ? [batch, pixels] : [batch * pixels, 1];
  const part = allocate(dtype, batch * count * pixels) as A;
  for (let i = 0; i < runs; i++) {
    const start = (i * channels + first) * length;
    part.set(from.subarray(start, start + count * length), i * count * length);
  }
  return part;
}
