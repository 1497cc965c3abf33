// SPDX-License-Identifier: MIT
// Work on the calling thread that lets the event loop breathe: what async calls come to where there are no workers.
import { allocate, type FloatArray, type FloatDType } from "../dtype.ts";
import { type ConvSpec, multiplyAdds } from "../spec.ts";

/** Multiply-adds of a piece: some 10 ms of an ordinary machine. */
export const pieceWork = { wasm: 2 ** 25, reference: 2 ** 21 } as const;

/** Does all steps, each in a turn of the event loop of its own. Rejects with `signal.reason` after an abort. */
export async function inTurns(steps: Iterable<void>, signal: AbortSignal | undefined): Promise<void> {
  await nextTurn();
  signal?.throwIfAborted();
  for (const _ of steps) {
    await nextTurn();
    signal?.throwIfAborted();
  }
}

/** Timers would wait for milliseconds, and promises for nothing. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
    } else if (typeof MessageChannel === "function") {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    } else {
      setTimeout(resolve);
    }
  });
}

/** A part of what an operator is asked for, as operands of one of its kind. */
export interface Piece<T> {
  readonly operator: T;
  readonly inputs: readonly FloatArray[];
  readonly output: FloatArray;
}

/** How many of `count` things of so much work altogether make a piece. */
export function countOfPiece(count: number, work: number, pieceWork: number): number {
  return Math.max(1, Math.min(Math.floor((pieceWork * count) / work), count));
}

/** Some planes at a time, which follow each other in all arrays. */
export function* planePieces<T>(
  planes: number,
  work: number,
  pieceWork: number,
  make: (planes: number) => T,
  inputs: readonly FloatArray[],
  output: FloatArray,
): Generator<Piece<T>, void> {
  const step = countOfPiece(planes, work, pieceWork);
  for (let at = 0; at < planes; at += step) {
    const count = Math.min(step, planes - at);
    const partOf = (array: FloatArray) => {
      const length = array.length / planes;
      return array.subarray(at * length, (at + count) * length);
    };
    yield { operator: make(count), inputs: inputs.map(partOf), output: partOf(output) };
  }
}

/** Some output channels at a time: each has its own part of the gradient, which adds up as in the whole. */
export function* gradWeightsPieces<T>(
  spec: ConvSpec,
  pieceWork: number,
  make: (spec: ConvSpec) => T,
  [x, gradOutput]: readonly FloatArray[],
  output: FloatArray,
): Generator<Piece<T>, void> {
  const { groups, inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = spec;
  const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
  const depth = output.length / outChannels;
  const step = Math.min(groupOut, countOfPiece(outChannels, multiplyAdds(spec), pieceWork));
  for (let group = 0; group < groups; group++) {
    const own = channelsOf(spec, x, inChannels, inHeight * inWidth, group * groupIn, groupIn);
    for (let at = group * groupOut; at < (group + 1) * groupOut; at += step) {
      const count = Math.min(step, (group + 1) * groupOut - at);
      yield {
        operator: make({ ...spec, groups: 1, inChannels: groupIn, outChannels: count }),
        inputs: [own, channelsOf(spec, gradOutput, outChannels, outHeight * outWidth, at, count)],
        output: output.subarray(at * depth, (at + count) * depth),
      };
    }
  }
}

/** A tensor of some of the channels of another. */
function channelsOf(
  { batch, dtype, inputLayout }: ConvSpec,
  from: FloatArray,
  channels: number,
  pixels: number,
  first: number,
  count: number,
): FloatArray {
  if (count === channels) return from;
  // Runs of neighbours: of one image, or of one pixel.
  const [runs, length] = inputLayout === "nchw" ? [batch, pixels] : [batch * pixels, 1];
  const part = allocate(dtype as FloatDType, batch * count * pixels);
  for (let i = 0; i < runs; i++) {
    const start = (i * channels + first) * length;
    part.set(from.subarray(start, start + count * length), i * count * length);
  }
  return part;
}
