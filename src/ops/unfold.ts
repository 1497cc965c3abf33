// SPDX-License-Identifier: MIT
import { tapSources } from "../border.ts";
import type { EngineCore } from "../core.ts";
import { dtypeOf, type FloatArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { outputTensor } from "../output.ts";
import type { RunOptions } from "../plan.ts";
import { checkOneOf, readOptions } from "../resolve.ts";
import { type PerAxis, resolvePerAxis } from "../shape.ts";
import { type Border, borders } from "../spec.ts";
import { type Tensor, toTensor } from "../tensor.ts";
import { resolveWindows, type WindowOptions, type WindowSpec } from "../window.ts";
import type { Operand } from "./pad.ts";

export interface UnfoldOptions extends WindowOptions {
  /** Height and width of the window. */
  readonly windowDimensions: PerAxis;
  /** What padding is filled with. Default "constant": zeros. */
  readonly border?: Border;
}

/** What an {@link Engine} offers for patches. */
export interface UnfoldOperators {
  /**
   * The windows of an image as columns of a matrix (im2col): of [batch, channels, height, width] makes
   * [batch, channels * kernelHeight * kernelWidth, outHeight * outWidth], where
   * out[n, (c * kernelHeight + ky) * kernelWidth + kx, oy * outWidth + ox] = padded[n, c, oy * strideY + ky * dilationY,
   * ox * strideX + kx * dilationX]. The layout is that of `torch.nn.functional.unfold`; weights
   * [outChannels, channels * kernelHeight * kernelWidth] times it are a convolution.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  unfold(x: Operand, options: UnfoldOptions & RunOptions): Tensor;
  /**
   * The adjoint of `unfold` (col2im): each element of `columns` added to the one that `unfold` would have copied it from,
   * in an image of `outputSize`, [height, width]. The sum, not the mean, of windows that overlap, as
   * `torch.nn.functional.fold`; the gradient of `unfold` with respect to its input.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  fold(columns: Operand, outputSize: PerAxis, options: UnfoldOptions & RunOptions): Tensor;
}

const optionNames = ["windowDimensions", "strides", "padding", "dilations", "border", "out"];

export function unfoldOperators(core: EngineCore): UnfoldOperators {
  return {
    unfold(x, options) {
      core.assertOpen();
      const { out, border = "constant", ...given } = readOptions(options, optionNames);
      checkOneOf(border, borders, "border");
      const image = toTensor(x, 4, "x");
      const spec = resolveWindows(image.shape, given, "x.shape");
      const dtype = dtypeOf(image.data, "x.data");
      const output = outputTensor(out, dtype, columnsShape(spec), [image.data]);
      if (spec.batch > 0) copyColumns(spec, border, image.data, output.data);
      return output;
    },
    fold(columns, outputSize, options) {
      core.assertOpen();
      const { out, border = "constant", ...given } = readOptions(options, optionNames);
      checkOneOf(border, borders, "border");
      const matrix = toTensor(columns, 3, "columns");
      const dtype = dtypeOf(matrix.data, "columns.data");
      const shape = imageShape(matrix.shape, outputSize, given.windowDimensions);
      const spec = resolveWindows(shape, given, "the image");
      const windows = spec.outHeight * spec.outWidth;
      if (matrix.shape[2] !== windows)
        throw invalid(
          `${spec.outHeight} x ${spec.outWidth} = ${windows} columns`,
          "columns.shape",
          matrix.shape,
        );
      const output = outputTensor(out, dtype, shape, [matrix.data]);
      output.data.fill(0);
      if (spec.batch > 0) addColumns(spec, border, matrix.data, output.data);
      return output;
    },
  };
}

function columnsShape({
  batch,
  channels,
  kernelHeight,
  kernelWidth,
  outHeight,
  outWidth,
}: WindowSpec): number[] {
  return [batch, channels * kernelHeight * kernelWidth, outHeight * outWidth];
}

function imageShape(shape: readonly number[], outputSize: PerAxis, windowDimensions: PerAxis): number[] {
  const [height, width] = resolvePerAxis(outputSize, "outputSize");
  const [kernelHeight, kernelWidth] = resolvePerAxis(windowDimensions, "windowDimensions");
  const [batch, rows] = shape;
  const channels = rows / (kernelHeight * kernelWidth);
  if (!Number.isInteger(channels) || channels < 1) {
    const taps = kernelHeight * kernelWidth;
    throw invalid(`a multiple of ${kernelHeight} x ${kernelWidth} = ${taps} rows`, "columns.shape", shape);
  }
  return [batch, channels, height, width];
}

/**
 * What one row of windows has at one of its taps.
 *
 * @param from where the row of the image begins, or -1 for a row of zeros
 * @param to where the elements are in the matrix
 * @param kx which column of the window
 */
type Visit = (from: number, to: number, kx: number) => void;

function forEachTap(spec: WindowSpec, border: Border, visit: Visit): void {
  const { batch, channels, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth } = spec;
  const { strides, dilations, padding } = spec;
  const rows = tapSources(outHeight, kernelHeight, strides[0], dilations[0], padding[0], inHeight, border);
  for (let plane = 0, to = 0; plane < batch * channels; plane++) {
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        for (let oy = 0; oy < outHeight; oy++, to += outWidth) {
          const row = rows[oy * kernelHeight + ky];
          visit(row < 0 ? -1 : (plane * inHeight + row) * inWidth, to, kx);
        }
      }
    }
  }
}

/** Where columns of windows read from, in a row of the image. */
interface Columns {
  /** Of tap kx of window ox at [ox * kernelWidth + kx]; -1 for a zero. */
  readonly sources: Int32Array;
  /** The windows [first, end) whose tap kx lies in the image: neighbours are a stride apart. */
  readonly first: Int32Array;
  readonly end: Int32Array;
}

function columnsOf(spec: WindowSpec, border: Border): Columns {
  const { inWidth, outWidth, kernelWidth, padding } = spec;
  const [stride, dilation, before] = [spec.strides[1], spec.dilations[1], padding[2]];
  const clamp = (value: number) => Math.min(Math.max(value, 0), outWidth);
  const first = Int32Array.from({ length: kernelWidth }, (_, kx) =>
    clamp(Math.ceil((before - kx * dilation) / stride)),
  );
  const end = first.map((from, kx) =>
    Math.max(clamp(Math.ceil((inWidth + before - kx * dilation) / stride)), from),
  );
  return {
    ...{ first, end },
    sources: tapSources(outWidth, kernelWidth, stride, dilation, before, inWidth, border),
  };
}

/** Rows from here on are copied faster by `set`, which takes 35 ns to begin with; a loop 1 ns each. Node 20, Zen 5. */
const longRow = 32;

function copyColumns(spec: WindowSpec, border: Border, x: FloatArray, out: FloatArray): void {
  const { outWidth, kernelWidth } = spec;
  const stride = spec.strides[1];
  const { sources, first, end } = columnsOf(spec, border);
  forEachTap(spec, border, (from, to, kx) => {
    if (from < 0) {
      out.fill(0, to, to + outWidth);
      return;
    }
    const inside = first[kx];
    const length = end[kx] - inside;
    if (length > 0) {
      const at = from + sources[inside * kernelWidth + kx];
      if (stride === 1 && length >= longRow) out.set(x.subarray(at, at + length), to + inside);
      else for (let i = 0, p = at; i < length; i++, p += stride) out[to + inside + i] = x[p];
    }
    for (let ox = 0; ox < outWidth; ox++) {
      if (ox === inside) ox += length;
      if (ox >= outWidth) break;
      const source = sources[ox * kernelWidth + kx];
      out[to + ox] = source < 0 ? 0 : x[from + source];
    }
  });
}

function addColumns(spec: WindowSpec, border: Border, columns: FloatArray, image: FloatArray): void {
  const { outWidth, kernelWidth } = spec;
  const stride = spec.strides[1];
  const { sources, first, end } = columnsOf(spec, border);
  forEachTap(spec, border, (row, from, kx) => {
    if (row < 0) return;
    const inside = first[kx];
    const length = end[kx] - inside;
    if (length > 0)
      addSpaced(image, row + sources[inside * kernelWidth + kx], stride, columns, from + inside, length);
    for (let ox = 0; ox < outWidth; ox++) {
      if (ox === inside) ox += length;
      if (ox >= outWidth) break;
      const source = sources[ox * kernelWidth + kx];
      if (source >= 0) image[row + source] += columns[from + ox];
    }
  });
}

/** Adds neighbours in `columns` to elements of `image` that lie `stride` apart. */
function addSpaced(
  image: FloatArray,
  to: number,
  stride: number,
  columns: FloatArray,
  from: number,
  length: number,
): void {
  for (let i = from, p = to; i < from + length; i++, p += stride) image[p] += columns[i];
}
