// SPDX-License-Identifier: MIT

import type { Border } from "./border.ts";
import { tapSources } from "./border.ts";

/**
 * Windows whose elements are copied out, or added back to their sources. `unfold` and `fold` reach a backend as this;
 * `pad` and its gradient do too, with windows of one element. Images are planes of pixels, each of `depth` neighbouring
 * numbers:
 *
 *     patches[plane, ky, kx, oy, ox, d] = image[plane, rows[oy * kernelHeight + ky], columns[ox * kernelWidth + kx], d]
 */
export interface PatchSpec {
  readonly planes: number;
  readonly depth: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** The source of each row and column of a window; -1 stands for `value`. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** For each kx, outputs [first, end) come from columns inside the image that lie `strideX` apart. */
  readonly first: Int32Array;
  readonly end: Int32Array;
  /** 1 unless `depth` is 1. */
  readonly strideX: number;
  readonly value: number;
}

/** The windows along one axis. */
interface Axis {
  readonly size: number;
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
}

/** Builds the spec for windows along two axes. */
export function patchesOf(
  planes: number,
  depth: number,
  y: Axis,
  x: Axis,
  border: Border,
  value: number,
): PatchSpec {
  const first = new Int32Array(x.kernel);
  const end = new Int32Array(x.kernel);
  for (let kx = 0; kx < x.kernel; kx++) {
    first[kx] = reaching(x, kx, 0);
    end[kx] = Math.max(reaching(x, kx, x.size), first[kx]);
  }
  return {
    planes,
    depth,
    inHeight: y.size,
    inWidth: x.size,
    outHeight: y.out,
    outWidth: x.out,
    kernelHeight: y.kernel,
    kernelWidth: x.kernel,
    rows: sourcesOf(y, border),
    columns: sourcesOf(x, border),
    first,
    end,
    strideX: x.stride,
    value,
  };
}

function sourcesOf({ size, out, kernel, stride, dilation, before }: Axis, border: Border): Int32Array {
  return tapSources(out, kernel, stride, dilation, before, size, border);
}

/** Returns the first output whose element k lies at place `at` of the image or beyond. */
function reaching({ out, stride, dilation, before }: Axis, k: number, at: number): number {
  return Math.min(Math.max(Math.ceil((at + before - k * dilation) / stride), 0), out);
}
