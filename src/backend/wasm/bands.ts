// SPDX-License-Identifier: MIT
import { bytesOf } from "../../dtype.ts";
import type { Border } from "../../spec/border.ts";
import type { ConvSpec } from "../../spec/convolution.ts";

/** Bytes of a band's input and output, so that they are still cached when the output leaves linear memory. */
const bandTarget = 4 * 2 ** 20;

/** The same for the second-level cache, if output channels share nothing or each element serves few products. */
const smallTarget = 512 * 1024;

/** Output rows [from, to) of channels [first, end), and the input rows and channels that they read. */
export interface Band {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly end: number;
  readonly inFrom: number;
  readonly inTo: number;
  readonly inFirst: number;
  readonly inEnd: number;
}

/** How an image goes through linear memory band by band, so that it needs little memory and stays in the caches. */
export interface Bands {
  readonly list: readonly Band[];
  /** Rows of the largest band, which give its buffers their size. */
  readonly inRows: number;
  readonly outRows: number;
  /** Channels of the largest band. */
  readonly inChannels: number;
  readonly outChannels: number;
  /** Small images of a batch that go together. Larger than 1 only if a band is a whole image. */
  readonly images: number;
  /** Whether bands are some rows of an image. */
  readonly partOfRows: boolean;
}

/**
 * Cuts images into bands.
 *
 * @param unit every band begins at a multiple of this many output rows
 * @param small each element serves only a few products, so memory limits the speed
 * @param wholeRows bands hold all rows of an image, as input or output lies in linear memory already
 */
export function planBands(spec: ConvSpec, unit: number, small: boolean, wholeRows: boolean): Bands {
  const { batch, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth } = spec;
  const inRowBytes = inChannels * inWidth * bytesOf(spec.dtype);
  const outRowBytes = outChannels * outWidth * bytesOf(spec.outputDtype);
  const all = { inChannels, outChannels };
  const bytes = inHeight * inRowBytes + outHeight * outRowBytes;
  const target = small && spec.groups === 1 ? smallTarget : bandTarget;
  if (bytes > 2 * target && !wholeRows) {
    const rows = Math.ceil(outHeight / Math.ceil(bytes / target));
    const list = cut(spec, Math.ceil(rows / unit) * unit);
    const inRows = Math.max(...list.map(({ inFrom, inTo }) => inTo - inFrom));
    // With a border that reads far rows, or a tall kernel, bands would copy the image many times over.
    if (list.length * inRows <= 2 * inHeight)
      return { ...all, list, inRows, outRows: list[0].to, images: 1, partOfRows: true };
  }
  const whole = { from: 0, to: outHeight, inFrom: 0, inTo: inHeight, ...everyChannel(spec) };
  const size = { inRows: inHeight, outRows: outHeight };
  if (spec.inputLayout === "nchw" && spec.groups > 1 && bytes > smallTarget) {
    const list = cutGroups(spec, Math.max(1, Math.floor((spec.groups * smallTarget) / bytes))).map(
      (part) => ({
        ...whole,
        ...part,
      }),
    );
    return {
      ...size,
      list,
      inChannels: list[0].inEnd,
      outChannels: list[0].end,
      images: 1,
      partOfRows: false,
    };
  }
  const images = Math.min(batch, Math.max(1, Math.floor(bandTarget / bytes)));
  return { ...all, ...size, list: [whole], images, partOfRows: false };
}

const everyChannel = ({ inChannels, outChannels }: ConvSpec) => ({
  first: 0,
  end: outChannels,
  inFirst: 0,
  inEnd: inChannels,
});

/** Cuts channels into parts of at most `most` groups. */
function cutGroups({ groups, inChannels, outChannels }: ConvSpec, most: number) {
  return Array.from({ length: Math.ceil(groups / most) }, (_, i) => {
    const begin = i * most;
    const end = Math.min(begin + most, groups);
    const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
    return {
      first: begin * groupOut,
      end: end * groupOut,
      inFirst: begin * groupIn,
      inEnd: end * groupIn,
    };
  });
}

function cut(spec: ConvSpec, rows: number): Band[] {
  const bands: Band[] = [];
  for (let from = 0; from < spec.outHeight; from += rows) {
    const to = Math.min(from + rows, spec.outHeight);
    bands.push({ from, to, ...inputRows(spec, from, to), ...everyChannel(spec) });
  }
  return bands;
}

function inputRows(spec: ConvSpec, from: number, to: number): { inFrom: number; inTo: number } {
  const { border, inHeight, kernelHeight } = spec;
  const first = from * spec.strides[0] - spec.padding[0];
  const last = (to - 1) * spec.strides[0] - spec.padding[0] + (kernelHeight - 1) * spec.dilations[0];
  let inFrom = Math.min(Math.max(first, 0), inHeight - 1);
  let inTo = Math.max(Math.min(last + 1, inHeight), inFrom + 1);
  const above = Math.max(-first, 0);
  const below = Math.max(last + 1 - inHeight, 0);
  // Rows past an edge are copies of rows inside, which the band needs as well.
  if (above > 0) inTo = Math.max(inTo, Math.min(rowsBehindEdge(border, above), inHeight));
  if (below > 0) inFrom = Math.min(inFrom, Math.max(inHeight - rowsBehindEdge(border, below), 0));
  if (border === "wrap" && above + below > 0) return { inFrom: 0, inTo: inHeight };
  return { inFrom, inTo };
}

/** Returns how many rows at the edge are the sources of the `padding` rows past it. */
function rowsBehindEdge(border: Border, padding: number): number {
  switch (border) {
    case "constant":
      return 0;
    case "replicate":
      return 1;
    default:
      return padding + 1;
  }
}
