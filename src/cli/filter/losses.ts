// SPDX-License-Identifier: MIT
import { type ImageOperator, weightsOf } from "../../image/operator.ts";
import { colourChannels, type Pixels } from "../../image/pixels.ts";
import type { Decoded, WritableExtension } from "../images.ts";

/** Lists, a sentence each, the losses from input to output file that the command line did not ask for. */
export function lossesOf(
  { pixels, depth, frames }: Decoded,
  operator: ImageOperator,
  filtered: Pixels,
  extension: WritableExtension,
): string[] {
  const losses: string[] = [];
  if (frames > 1) losses.push(`only the first of its ${frames} frames or pages was read`);
  if (depth !== "uchar") losses.push(`its samples (${depth}) were rounded to 8 bits`);
  if (isTransparent(pixels)) losses.push(...transparencyLosses(operator, extension));
  if (extension === ".gif" && coloursOf(filtered) > 256) losses.push("its colours were reduced to GIF's 256");
  return losses;
}

function transparencyLosses(operator: ImageOperator, extension: WritableExtension): string[] {
  if (operator.kind === "gradient")
    return ["its transparency was left out, and hidden colours have edges too"];
  const losses: string[] = [];
  if (weightsOf(operator).data.length > 1) {
    losses.push("colours of its transparent pixels were filtered like all others, and alpha was not");
  }
  if (extension === ".jpg" || extension === ".jpeg") {
    losses.push("its transparency was lost on black, as JPEG has none");
  } else if (extension === ".gif") losses.push("its transparency became all or nothing, as GIF has no more");
  return losses;
}

function isTransparent(pixels: Pixels): boolean {
  const { data, channels } = pixels;
  if (colourChannels(pixels) === channels) return false;
  for (let i = channels - 1; i < data.length; i += channels) if (data[i] < 255) return true;
  return false;
}

/** Counts the colours, but not beyond 257. */
function coloursOf(pixels: Pixels): number {
  const { data, channels } = pixels;
  if (channels < 3) return 256;
  const colours = new Set<number>();
  for (let i = 0; i < data.length && colours.size <= 256; i += channels) {
    colours.add(data[i] * 65536 + data[i + 1] * 256 + data[i + 2]);
  }
  return colours.size;
}
