// SPDX-License-Identifier: MIT
// Cuts work in TypeScript into pieces, between which the event loop gets its turns.
import { allocate, type TypedArray } from "../../dtype.ts";
import { type ConvSpec, multiplyAdds } from "../../spec/convolution.ts";

/** Multiply-adds, or elements read, in one piece: about 10 ms on an ordinary machine. */
const pieceWork = 2 ** 21;

/** Returns how many of `count` equal items make a piece, if all items together take `work`. */
export function countOfPiece(count: number, work: number): number {
  return Math.max(1, Math.min(Math.floor((pieceWork * count) / work), count));
}

/** Runs a few planes at a time. In every array, planes lie one after the other. */
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

/** Runs a few output channels at a time. Each channel has its own part of the gradient, so sums stay the same. */
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

/** Copies some channels of a tensor to a tensor of their own. */
function channelsOf<A extends TypedArray>(
  { batch, dtype, inputLayout }: ConvSpec,
  from: A,
  channels: number,
  pixels: number,
  first: number,
  count: number,
): A {
  if (count === channels) return from;
  // Elements lie in runs of neighbours: one channel of an image in nchw, or of a pixel in nhwc.
  const [runs, length] = inputLayout === "nchw" ? [batch, pixels] : [batch * pixels, 1];
  const part = allocate(dtype, batch * count * pixels) as A;
  for (let i = 0; i < runs; i++) {
    const start = (i * channels + first) * length;
    part.set(from.subarray(start, start + count * length), i * count * length);
  }
  return part;
}
