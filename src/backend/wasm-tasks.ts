// SPDX-License-Identifier: MIT
import { type Algorithm, type ConvSpec, multiplyAdds } from "../spec.ts";
import type { Band } from "./wasm-bands.ts";
import { layout } from "./wasm-helper.ts";
import { squareSize } from "./wasm-winograd.ts";

/** A part of the work on one band: of its images, its output rows, its output channels. Ends are exclusive. */
export interface Task {
  readonly item: number;
  readonly items: number;
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
/** Tiles of output channels are 4, 6 or 8 wide. */
const channelUnit = 24;

/** Cuts a band into tasks for `threads`: a single one where it would not pay. Results do not depend on the cut. */
export function cutTasks(
  spec: ConvSpec,
  algorithm: Algorithm,
  { from, to, first, end }: Band,
  items: number,
  threads: number,
): Task[] {
  const { outChannels, outHeight, outWidth, groups, batch } = spec;
  const whole: Task = { item: 0, items, from, to, first, end };
  const share = (items / batch) * ((to - from) / outHeight) * ((end - first) / outChannels);
  if (threads === 1 || multiplyAdds(spec) * share < worthSharing) return [whole];
  const parts = Math.min(threads * partsPerThread, layout.mostJobs);
  if (items >= parts) return cut(items, 1, parts).map(([a, b]) => ({ ...whole, item: a, items: b - a }));
  const unit = algorithm === "winograd" ? squareSize(spec) : 1;
  const rows = Math.ceil((to - from) / unit);
  const pixels = (to - from) * outWidth;
  const byRows = (count: number) =>
    cut(to - from, unit, count).map(([a, b]) => ({ ...whole, from: from + a, to: from + b }));
  if (rows >= parts && pixels >= parts * fewestPixels) return byRows(parts);
  if (spec.inputLayout === "nchw") {
    const byChannels = (channels: number, count: number) =>
      cut(end - first, channels, count).map(([a, b]) => ({ ...whole, first: first + a, end: first + b }));
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

/** [begin, end) of about `count` parts of `size`, as equal as multiples of `unit` can be. */
function cut(size: number, unit: number, count: number): [number, number][] {
  const units = Math.ceil(size / unit);
  const parts = Math.max(1, Math.min(Math.floor(count), units));
  return Array.from({ length: parts }, (_, i) => [
    Math.round((i * units) / parts) * unit,
    Math.min(Math.round(((i + 1) * units) / parts) * unit, size),
  ]);
}
