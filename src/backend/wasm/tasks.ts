// SPDX-License-Identifier: MIT
import { type Algorithm, type ConvSpec, multiplyAdds } from "../../spec/convolution.ts";
import type { Band, Bands } from "./bands.ts";
import { layout } from "./helper.ts";
import { squareSize } from "./winograd.ts";

/** A part of the work on one band: some of its images, output rows and output channels. Ends are exclusive. */
export interface Task {
  readonly image: number;
  readonly images: number;
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly end: number;
}

/** Waking a helper takes longer than half of this many multiply-adds. */
const worthSharing = 1e6;
/** Parts for each thread, so that none waits long for the others. */
const partsPerThread = 4;
/** Fewer pixels in a part would leave tiles of pixels unfilled. */
const fewestPixels = 256;

/**
 * Cuts a band into tasks for `threads`, or a single task if sharing does not pay. Results do not depend on the cut.
 *
 * @param channelUnit output channels of a whole tile, as the module has them
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
    // Every algorithm but these two gathers or transforms all inputs again for each task.
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

/** Cuts like `cut`, but no part is smaller than `unit`: the last takes the rest. */
function cutWhole(size: number, unit: number, count: number): [number, number][] {
  const whole = size - (size % unit);
  const parts = cut(whole, unit, count);
  parts[parts.length - 1][1] = size;
  return parts;
}

/** Cuts `size` into about `count` parts [begin, end), as equal as multiples of `unit` can be. */
export function cut(size: number, unit: number, count: number): [number, number][] {
  const units = Math.ceil(size / unit);
  const parts = Math.max(1, Math.min(Math.floor(count), units));
  return Array.from({ length: parts }, (_, i) => [
    Math.round((i * units) / parts) * unit,
    Math.min(Math.round(((i + 1) * units) / parts) * unit, size),
  ]);
}

/** Returns for how many threads to cut bands, so that each job has about `work` multiply-adds. */
export function threadsFor(spec: ConvSpec, { list, images }: Bands, work: number): number {
  const bandWork = multiplyAdds(spec) / list.length / Math.ceil(spec.batch / images);
  return Math.max(1, Math.ceil(bandWork / work / partsPerThread));
}
