// SPDX-License-Identifier: MIT
import { invalid } from "../errors.ts";
import { lengthOf, tagOf } from "../input/intrinsics.ts";

/** An image of 8-bit samples, channels interleaved, rows from top to bottom without gaps. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
  readonly channels: 1 | 2 | 3 | 4;
}

/** Counts the channels that carry colour: all but alpha, which an even number of channels ends with. */
export function colourChannels({ channels }: Pixels): number {
  return channels - ((channels + 1) % 2);
}

/** Throws INVALID_ARGUMENT unless `pixels` is an image of this size. */
export function checkPixels(pixels: Pixels, width: number, height: number): void {
  const { data, channels } = pixels;
  if (pixels.width !== width || pixels.height !== height) {
    throw invalid(`an image of ${width} x ${height}`, "pixels", `${pixels.width} x ${pixels.height}`);
  }
  if (![1, 2, 3, 4].includes(channels)) throw invalid("a number from 1 to 4", "pixels.channels", channels);
  if (!["Uint8Array", "Uint8ClampedArray"].includes(tagOf(data) ?? "")) {
    throw invalid("a Uint8Array or Uint8ClampedArray", "pixels.data", data);
  }
  if (lengthOf(data) !== width * height * channels) {
    throw invalid(`${width * height * channels} samples (width x height x channels)`, "pixels.data", data);
  }
}

/** Copies channel `channel` of each pixel to `plane`. */
export function readChannel(plane: Float32Array, pixels: Pixels, channel: number): void {
  const { data, channels } = pixels;
  for (let i = 0, from = channel; i < plane.length; i++, from += channels) plane[i] = data[from];
}

/**
 * Copies the luma of each pixel to `plane`: 0.2126 R + 0.7152 G + 0.0722 B of the gamma-encoded samples (Rec. ITU-R
 * BT.709, the primaries of sRGB), or the grey channel of an image without colour.
 */
export function readLuma(plane: Float32Array, pixels: Pixels): void {
  const { data, channels } = pixels;
  if (channels < 3) {
    readChannel(plane, pixels, 0);
    return;
  }
  for (let i = 0, from = 0; i < plane.length; i++, from += channels) {
    plane[i] = 0.2126 * data[from] + 0.7152 * data[from + 1] + 0.0722 * data[from + 2];
  }
}

/** Copies `plane` to channel `channel` of each pixel; storing to a clamped array rounds half to even and saturates. */
export function writeChannel(
  data: Uint8ClampedArray,
  channels: number,
  channel: number,
  plane: Float32Array,
): void {
  for (let i = 0, to = channel; i < plane.length; i++, to += channels) data[to] = plane[i];
}

/** Copies the alpha channel of `pixels`, if there is one, to `data`, which has the same channels. */
export function copyAlpha(data: Uint8ClampedArray, pixels: Pixels): void {
  const { channels } = pixels;
  if (colourChannels(pixels) === channels) return;
  for (let i = channels - 1; i < data.length; i += channels) data[i] = pixels.data[i];
}
