// SPDX-License-Identifier: MIT
import { type Algorithm, type ConvSpec, multiplyAdds } from "../../spec/convolution.ts";
import type { Band, Bands } from "./bands.ts";
import { layout } from "./helper.ts";
import { squareSize } from "./winograd.ts";

/** A part of the work on one band: of its images, its output rows, its output channels. Ends are exclusive. */
export interface Task {
  readonly image: number;
  readonly images: number;
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly end: number;
}

/** Waking a helper takes longer than half of so many multiply-adds. */
const worthSharing = 1e6;
/** Parts for each thread, so that none waits long for the others. */
const partsPerThread = 4;
/** Fewer pixels in a part would leave tiles of pixels unfilled. */
const fewestPixels = 256;

/**
 * Cuts a band into tasks for `threads`: a single one where it would not pay. Results do not depend on the cut.
 *
 * @param channelUnit whole tiles of output channels, as the module has them
 */
export function cutTasks(
  spec: ConvSpec,
  algorithm: Algorithm,
  { from, to, first, end }: Band,
  images: number,
  threads: number,
  channelUnit: number,
): Task[] {
  const { outChannels, outHeight, outWidth, groups, batch } = spec;
  const whole: Task = { image: 0, images, from, to, first, end };
  const share = (images / batch) * ((to - from) / outHeight) * ((end - first) / outChannels);
  if (threads === 1 || multiplyAdds(spec) * share < worthSharing) return [whole];
  const parts = Math.min(threads * partsPerThread, layout.mostJobs);
  if (images >= parts) return cut(images, 1, parts).map(([a, b]) => ({ ...whole, image: a, images: b - a }));
  const unit = algorithm === "winograd" ? squareSize(spec) : 1;
  const rows = Math.ceil((to - from) / unit);
  const pixels = (to - from) * outWidth;
  const byRows = (count: number) =>
    cut(to - from, unit, count).map(([a, b]) => ({ ...whole, from: from + a, to: from + b }));
  if (rows >= parts && pixels >= parts * fewestPixels) return byRows(parts);
  if (spec.inputLayout === "nchw") {
    const byChannels = (channels: number, count: number) =>
      cutWhole(end - first, channels, count).map(([a, b]) => ({
        ...whole,
        first: first + a,
        end: first + b,
      }));
    const groupOut = outChannels / groups;
    if ((end - first) / groupOut >= parts) return byChannels(groupOut, parts);
    // Each task gathers or transforms all inputs again, but for these two.
    const cheap = algorithm === "direct" || algorithm === "strided";
    if (groups === 1 && groupOut >= 2 * threads * channelUnit) {
      return byChannels(
        channelUnit,
        cheap ? Math.min(parts, groupOut / channelUnit / 2) : Math.min(threads, parts),
      );
    }
    if (groups === 1 && groupOut >= 16 * threads && pixels < 2 * fewestPixels * threads) {
      return byChannels(channelUnit, Math.min(threads, parts));
    }
  }
  return byRows(Math.min(rows, parts, Math.max(threads, Math.floor(pixels / fewestPixels))));
}

/** As `cut`, where no part may be smaller than `unit`: the last takes what is left. */
function cutWhole(size: number, unit: number, count: number): [number, number][] {
  const whole = size - (size % unit);
  const parts = cut(whole, unit, count);
  parts[parts.length - 1][1] = size;
  return parts;
}

/** [begin, end) of about `count` parts of `size`, as equal as multiples of `unit` can be. */
export function cut(size: number, unit: number, count: number): [number, number][] {
  const units = Math.ceil(size / unit);
  const parts = Math.max(1, Math.min(Math.floor(count), units));
  return Array.from({ length: parts }, (_, i) => [
    Math.round((i * units) / parts) * unit,
    Math.min(Math.round(((i + 1) * units) / parts) * unit, size),
  ]);
}

/** For how many threads bands are cut into jobs of about so many multiply-adds. */
export function threadsFor(spec: ConvSpec, { list, images }: Bands, work: number): number {
  const bandWork = multiplyAdds(spec) / list.length / Math.ceil(spec.batch / images);
  return Math.max(1, Math.ceil(bandWork / work / partsPerThread));
}
