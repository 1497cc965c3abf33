// SPDX-License-Identifier: MIT

import { invalid } from "../errors.ts";
import { checkArity, checkOneOf, type Names, readObject, readOptions } from "../input/options.ts";
import { type Padding, type PerAxis, resolvePadding, resolvePerAxis } from "../resolve/shape.ts";
import { type Border, borderIndex, borders } from "../spec/border.ts";
import { dilatedSize, outputSize } from "../spec/shape.ts";

/** A layer that slides a window: a convolution or a pooling. */
export interface WindowLayer {
  /** Height and width of the kernel. */
  readonly kernelSize: PerAxis;
  /** Step between neighbouring outputs. Default 1. */
  readonly strides?: PerAxis;
  /** Width of the padding, or a rule for it. Default 0. */
  readonly padding?: Padding;
  /** Distance between neighbouring kernel elements. Default 1. */
  readonly dilations?: PerAxis;
  /** How padding is filled. Default "constant", through which no pixel of the input is seen. */
  readonly border?: Border;
}

export interface ReceptiveFieldOptions {
  /**
   * [height, width] of the input, or one number for both. With it, `of` leaves out the padding of all layers; without
   * it, images have no end. Padding "same" at a stride above 1 needs it, and so does a border.
   */
  readonly inputSize?: PerAxis;
}

const optionNames: Names<ReceptiveFieldOptions> = { inputSize: true };

/** The pixels that one output sees. */
export interface SeenPixels {
  /** The input rows that the output depends on, ascending. Dilations and strides can leave gaps. */
  readonly rows: readonly number[];
  /** The input columns, ascending. The output depends on exactly the pixels where such a row and column cross. */
  readonly columns: readonly number[];
}

/** The part of the input that outputs of a stack of layers depend on. Pairs are [vertical, horizontal]. */
export interface ReceptiveField {
  /** Rows and columns from the first to the last that an output sees, both included. */
  readonly size: readonly [number, number];
  /** Input pixels between the fields of neighbouring outputs: the product of the strides. */
  readonly jump: readonly [number, number];
  /** The first row and column that output (0, 0) sees; negative if its field begins in the padding. */
  readonly start: readonly [number, number];
  /** The middle of the field of output (0, 0): start + (size - 1) / 2. */
  readonly centre: readonly [number, number];
  /** [height, width] of the output; undefined without `inputSize`. */
  readonly outputSize: readonly [number, number] | undefined;
  /** Lists the pixels that output (oy, ox) sees. Throws INVALID_ARGUMENT for an output that does not exist. */
  of(oy: number, ox: number): SeenPixels;
}

/** One axis of one layer. */
interface AxisLayer {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  /** Size of the layer's input; Infinity if it is not known. */
  readonly size: number;
  readonly border: Border;
}

/** The largest field whose pixels `of` lists. */
const mostPixels = 2 ** 20;

const layerNames: Names<WindowLayer> = {
  ...{ kernelSize: true, strides: true, padding: true, dilations: true, border: true },
};

/**
 * Computes the receptive field of a stack of layers, in the order in which data pass them. From layer to layer, along
 * each axis,
 *
 *     size  += ((kernel - 1) * dilation) * jump
 *     start -= paddingBefore * jump
 *     jump  *= stride
 *
 * Source: A. Araujo, W. Norris and J. Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
 * whose recurrences run from the last layer to the first; dilation after V. Dumoulin and F. Visin, "A guide to
 * convolution arithmetic for deep learning" (2016), section 5.1.
 *
 * Throws INVALID_ARGUMENT, naming the layer, for layers that make no sense or do not fit into each other.
 */
export function receptiveField(
  layers: readonly WindowLayer[],
  options?: ReceptiveFieldOptions,
): ReceptiveField {
  checkArity("receptiveField", arguments.length, 2);
  const { inputSize } = readOptions(options, optionNames);
  if (!Array.isArray(layers)) throw invalid("an array of layers", "layers", layers);
  const input = inputSize === undefined ? undefined : resolvePerAxis(inputSize, "inputSize");
  const { axes, output } = resolveLayers(layers as readonly WindowLayer[], input);
  const [y, x] = axes.map(fieldOfAxis);
  return {
    size: [y.size, x.size],
    jump: [y.jump, x.jump],
    start: [y.start, x.start],
    centre: [y.start + (y.size - 1) / 2, x.start + (x.size - 1) / 2],
    outputSize: output,
    of: (oy, ox) => {
      if (Math.max(y.size, x.size) > mostPixels) {
        throw invalid(`layers whose field spans at most ${mostPixels} pixels`, "layers", layers);
      }
      return {
        rows: seen(axes[0], checkPosition(oy, "oy", output?.[0])),
        columns: seen(axes[1], checkPosition(ox, "ox", output?.[1])),
      };
    },
  };
}

/** Resolves the layers along each axis, and the output size of the last layer if the input size is known. */
function resolveLayers(layers: readonly WindowLayer[], input: [number, number] | undefined) {
  const axes: [AxisLayer[], AxisLayer[]] = [[], []];
  let size = input;
  for (let i = 0; i < layers.length; i++) {
    const name = `layers[${i}]`;
    const layer = resolveLayer(layers[i], name, size);
    axes.forEach((axis, a) => {
      axis.push(layer[a]);
    });
    if (size === undefined) continue;
    const [height, width] = layer.map(({ size: rows, kernel, stride, dilation, before }, a) =>
      outputSize(rows, kernel, stride, dilation, [before, layer[a].after]),
    );
    if (height < 1 || width < 1) {
      throw invalid(`a kernel that fits into its padded input of ${size.join(" x ")}`, name, layers[i]);
    }
    size = [height, width];
  }
  return { axes, output: size };
}

function resolveLayer(layer: WindowLayer, name: string, size: [number, number] | undefined) {
  const {
    kernelSize,
    strides = 1,
    padding = 0,
    dilations = 1,
    border = "constant",
  } = readObject(layer, name, layerNames);
  checkOneOf(border, borders, `${name}.border`);
  const kernel = resolvePerAxis(kernelSize, `${name}.kernelSize`);
  const stride = resolvePerAxis(strides, `${name}.strides`);
  const dilation = resolvePerAxis(dilations, `${name}.dilations`);
  if (size === undefined && padding === "same" && stride.some((step) => step > 1)) {
    throw invalid('an inputSize, which padding: "same" depends on at strides above 1,', "options", undefined);
  }
  if (size === undefined && border !== "constant") {
    throw invalid("an inputSize, which a border depends on,", "options", undefined);
  }
  // At stride 1 "same" does not depend on the size of the input.
  const sides = resolvePadding(padding, size ?? [1, 1], kernel, stride, dilation);
  return ([0, 1] as const).map((axis) => ({
    kernel: kernel[axis],
    stride: stride[axis],
    dilation: dilation[axis],
    before: sides[2 * axis],
    after: sides[2 * axis + 1],
    size: size?.[axis] ?? Number.POSITIVE_INFINITY,
    border,
  }));
}

function fieldOfAxis(layers: readonly AxisLayer[]) {
  let size = 1;
  let jump = 1;
  let start = 0;
  for (const { kernel, stride, dilation, before } of layers) {
    size += (dilatedSize(kernel, dilation) - 1) * jump;
    start -= before * jump;
    jump *= stride;
  }
  return { size, jump, start };
}

/** Walks from an output back to the input, layer by layer. */
function seen(layers: readonly AxisLayer[], output: number): number[] {
  let indices = [output];
  for (let l = layers.length - 1; l >= 0; l--) {
    const { kernel, stride, dilation, before, size, border } = layers[l];
    const sources = new Set<number>();
    for (const o of indices) {
      for (let k = 0; k < kernel; k++) {
        const at = o * stride + k * dilation - before;
        const source = size === Number.POSITIVE_INFINITY ? at : borderIndex(at, size, border);
        if (size === Number.POSITIVE_INFINITY || source >= 0) sources.add(source);
      }
    }
    indices = [...sources];
  }
  return indices.sort((a, b) => a - b);
}

function checkPosition(value: unknown, name: string, size: number | undefined): number {
  const last = (size ?? 2 ** 31) - 1;
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > last) {
    throw invalid(`a whole number from 0 to ${last}`, name, value);
  }
  return value as number;
}
