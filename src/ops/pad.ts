// SPDX-License-Identifier: MIT
import { tapSources } from "../border.ts";
import type { EngineCore } from "../core.ts";
import { dtypeOf, type FloatArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { sizesOf } from "../layout.ts";
import { outputTensor, sameShape } from "../output.ts";
import type { RunOptions } from "../plan.ts";
import { checkOneOf, readOptions } from "../resolve.ts";
import { type Padding, resolvePadding } from "../shape.ts";
import { type Border, borders, type InputLayout } from "../spec.ts";
import { checkShape, type NestedArray, type Tensor, type TensorLike, toTensor } from "../tensor.ts";
import { resolveLayout } from "../window.ts";

export type Operand = TensorLike | NestedArray;

export interface PadOptions {
  /** What padding is filled with. Default "constant". */
  readonly border?: Border;
  /** The constant, of border "constant" alone. Default 0. */
  readonly value?: number;
  /** Of an input of four dimensions: default "nchw". */
  readonly inputLayout?: InputLayout;
}

/** What an {@link Engine} offers for padding. */
export interface PadOperators {
  /**
   * An image, [height, width] or [batch, channels, height, width] in the order of `inputLayout`, with rows and columns
   * added around it: the same number on all sides, [vertical, horizontal] or [top, bottom, left, right].
   *
   * Throws INVALID_ARGUMENT, naming the argument; the image must have elements, unless the batch is 0.
   */
  pad(x: Operand, padding: ImagePadding, options?: PadOptions & RunOptions): Tensor;
  /**
   * The gradient of `pad` with respect to `x`, its adjoint: for a gradient of the output of pad, each of its elements
   * added to the element of the input that it was copied from.
   *
   * @param inputShape the shape of x
   */
  padGrad(
    inputShape: readonly number[],
    gradOutput: Operand,
    padding: ImagePadding,
    options?: Omit<PadOptions, "value"> & RunOptions,
  ): Tensor;
}

/** {@link Padding} in numbers. */
export type ImagePadding = Exclude<Padding, string>;

/** An image as a stack of planes whose elements are `depth` neighbouring numbers each. */
export interface PadSpec {
  readonly planes: number;
  readonly height: number;
  readonly width: number;
  readonly depth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** Source row of each output row, or -1 for the constant. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** Output columns [first, end) are the input's own. */
  readonly first: number;
  readonly outShape: readonly number[];
}

export function padOperators(core: EngineCore): PadOperators {
  return {
    pad(x, padding, options) {
      core.assertOpen();
      const given = readOptions(options, ["border", "value", "inputLayout", "out"]);
      const { border = "constant", value = 0, inputLayout, out } = given;
      if (typeof value !== "number") throw invalid("a number", "value", value);
      if (border !== "constant" && given.value !== undefined)
        throw invalid('nothing, as border is not "constant",', "value", value);
      const image = toTensor(x, rankOf(x, "x"), "x");
      const dtype = dtypeOf(image.data, "x.data");
      const spec = resolvePad(image.shape, padding, border, inputLayout, "x.shape");
      const output = outputTensor(out, dtype, spec.outShape, [image.data]);
      padPlanes(spec, image.data, value, output.data);
      return output;
    },
    padGrad(inputShape, gradOutput, padding, options) {
      core.assertOpen();
      const names = ["border", "inputLayout", "out"];
      const { border = "constant", inputLayout, out } = readOptions(options, names);
      const shape = checkShape(inputShape, "inputShape");
      const spec = resolvePad(shape, padding, border, inputLayout, "inputShape");
      const gradient = gradientOf(gradOutput, spec.outShape);
      const dtype = dtypeOf(gradient.data, "gradOutput.data");
      const output = outputTensor(out, dtype, shape, [gradient.data]);
      padPlanesAdjoint(spec, gradient.data, output.data);
      return output;
    },
  };
}

/** A gradient of an output of the given shape. Throws INVALID_ARGUMENT for any other. */
export function gradientOf(gradOutput: Operand, outShape: readonly number[]): TensorLike {
  const gradient = toTensor(gradOutput, outShape.length, "gradOutput");
  if (!sameShape(gradient.shape, outShape)) {
    throw invalid(`[${outShape.join(", ")}], the shape of the output,`, "gradOutput.shape", gradient.shape);
  }
  return gradient;
}

/** 2 or 4, whichever the operand has: toTensor says what is wrong with any other. */
function rankOf(x: Operand, name: string): number {
  if (Array.isArray(x)) return Array.isArray((x[0] as NestedArray | undefined)?.[0]) ? 4 : 2;
  if (typeof x !== "object" || x === null) return 2;
  const { shape } = x as TensorLike;
  if (Array.isArray(shape) && shape.length !== 2 && shape.length !== 4)
    throw invalid("2 or 4 dimensions", `${name}.shape`, shape);
  return Array.isArray(shape) ? shape.length : 2;
}

export function resolvePad(
  shape: readonly number[],
  padding: ImagePadding,
  border: Border,
  layout: InputLayout | undefined,
  name: string,
): PadSpec {
  if (shape.length !== 2 && shape.length !== 4) throw invalid("2 or 4 dimensions", name, shape);
  if (shape.length === 2 && layout !== undefined)
    throw invalid("nothing, as the input has two dimensions,", "inputLayout", layout);
  checkOneOf(border, borders, "border");
  if (typeof padding === "string")
    throw invalid("a whole number >= 0, two or four of them", "padding", padding);
  const inputLayout = resolveLayout(layout);
  const [batch, channels, height, width] =
    shape.length === 2 ? [1, 1, ...shape] : sizesOf(inputLayout, shape);
  if (channels < 1 || height < 1 || width < 1)
    throw invalid(
      shape.length === 2 ? "sizes of at least 1" : "sizes of at least 1 after the batch",
      name,
      shape,
    );
  const pads = resolvePadding(padding, [height, width], [1, 1], [1, 1], [1, 1]);
  const [outHeight, outWidth] = [height + pads[0] + pads[1], width + pads[2] + pads[3]];
  if (outHeight > mostRows || outWidth > mostRows)
    throw invalid(`padded sizes of at most ${mostRows}`, "padding", padding);
  const last = inputLayout === "nhwc";
  const outShape = [...shape];
  const rowAxis = shape.length === 2 ? 0 : last ? 1 : 2;
  outShape[rowAxis] = outHeight;
  outShape[rowAxis + 1] = outWidth;
  return {
    planes: last ? batch : batch * channels,
    ...{ height, width, depth: last ? channels : 1, outHeight, outWidth, outShape },
    rows: tapSources(outHeight, 1, 1, 1, pads[0], height, border),
    columns: tapSources(outWidth, 1, 1, 1, pads[2], width, border),
    first: pads[2],
  };
}

/** More than any image has; turned away before tables are made for it. */
const mostRows = 2 ** 30;

/** Copies of fewer elements than this are faster in a loop than by `set`, which needs a view. Node 20, Zen 5. */
const shortRow = 32;

/** `out` is overwritten. */
export function padPlanes(spec: PadSpec, x: FloatArray, value: number, out: FloatArray): void {
  const { planes, height, width, depth, outHeight, outWidth, rows, columns, first } = spec;
  const end = first + width;
  const length = width * depth;
  for (let p = 0, to = 0; p < planes; p++) {
    for (let oy = 0; oy < outHeight; oy++, to += outWidth * depth) {
      if (rows[oy] < 0) {
        out.fill(value, to, to + outWidth * depth);
        continue;
      }
      const from = (p * height + rows[oy]) * length;
      const inner = to + first * depth;
      if (length < shortRow) for (let i = 0; i < length; i++) out[inner + i] = x[from + i];
      else out.set(x.subarray(from, from + length), inner);
      for (let ox = 0; ox < outWidth; ox++) {
        if (ox === first) ox = end;
        if (ox >= outWidth) break;
        const source = columns[ox];
        for (let d = 0; d < depth; d++)
          out[to + ox * depth + d] = source < 0 ? value : x[from + source * depth + d];
      }
    }
  }
}

/** `gradX` is overwritten. */
export function padPlanesAdjoint(spec: PadSpec, gradOutput: FloatArray, gradX: FloatArray): void {
  const { planes, height, width, depth, outHeight, outWidth, rows, columns } = spec;
  gradX.fill(0);
  for (let p = 0, from = 0; p < planes; p++) {
    for (let oy = 0; oy < outHeight; oy++, from += outWidth * depth) {
      if (rows[oy] < 0) continue;
      const to = (p * height + rows[oy]) * width * depth;
      for (let ox = 0; ox < outWidth; ox++) {
        const target = columns[ox];
        if (target < 0) continue;
        for (let d = 0; d < depth; d++) gradX[to + target * depth + d] += gradOutput[from + ox * depth + d];
      }
    }
  }
}
