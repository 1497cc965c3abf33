// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { shapeOf, sizesOf } from "../layout.ts";
import { allocateOutput, outputTensor } from "../output.ts";
import { backendFailure, type RunOptions } from "../plan.ts";
import { checkOneOf, readOptions } from "../resolve.ts";
import type { PerAxis } from "../shape.ts";
import { type Border, borders, type InputLayout } from "../spec.ts";
import { checkShape, elementCount, type Tensor, toTensor } from "../tensor.ts";
import {
  type PoolSpec,
  type Rounding,
  resolveLayout,
  resolveWindows,
  type WindowOptions,
} from "../window.ts";
import { gradientOf, type Operand, type PadSpec, padPlanes, padPlanesAdjoint, resolvePad } from "./pad.ts";
import { addPoolGradient } from "./pool2d-grad.ts";

/** Options of a pooling; all are optional. Names follow WebNN. */
export interface MaxPool2dOptions extends WindowOptions {
  /** Height and width of the window. Default those of the whole input. */
  readonly windowDimensions?: PerAxis;
  /** Default "floor". */
  readonly outputShapeRounding?: Rounding;
  /** Default "nchw". The output has the same layout. */
  readonly inputLayout?: InputLayout;
  /**
   * What padding is filled with. Default "constant": for a maximum with -Infinity, which never is the greatest, for a
   * mean with zeros that count as `countIncludePad` says.
   */
  readonly border?: Border;
}

export interface AvgPool2dOptions extends MaxPool2dOptions {
  /**
   * Whether a mean divides by all elements of its window in the padded input, or by those in the input alone. Default
   * false, as in WebNN, ONNX and TensorFlow; PyTorch's default is true. Padding of another border than "constant" always
   * counts.
   */
  readonly countIncludePad?: boolean;
}

/** What an {@link Engine} offers for pooling. */
export interface Pool2dOperators {
  /**
   * The greatest element of each window of each channel, of images [batch, channels, height, width] in the order of
   * `inputLayout`. NaN where the window has one; -Infinity where it has nothing but padding.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together; as all of these do.
   */
  maxPool2d(x: Operand, options?: MaxPool2dOptions & RunOptions): Tensor;
  /** The mean of each window of each channel; otherwise as `maxPool2d`. NaN where a mean is of no elements at all. */
  avgPool2d(x: Operand, options?: AvgPool2dOptions & RunOptions): Tensor;
  /** The mean of each channel: an image of one pixel, [batch, channels, 1, 1] or [batch, 1, 1, channels]. */
  globalAvgPool2d(x: Operand, options?: GlobalPool2dOptions & RunOptions): Tensor;
  /**
   * The gradient of `maxPool2d` with respect to `x`, given that of its output. It goes to the greatest element of each
   * window; among equals to the first in rows from the top, and to the last NaN: as in PyTorch.
   */
  maxPool2dGrad(x: Operand, gradOutput: Operand, options?: MaxPool2dOptions & RunOptions): Tensor;
  /** The gradient of `avgPool2d` with respect to its input, given the shape of that and the gradient of the output. */
  avgPool2dGrad(
    inputShape: readonly number[],
    gradOutput: Operand,
    options?: AvgPool2dOptions & RunOptions,
  ): Tensor;
  /** The gradient of `globalAvgPool2d` with respect to its input. */
  globalAvgPool2dGrad(
    inputShape: readonly number[],
    gradOutput: Operand,
    options?: GlobalPool2dOptions & RunOptions,
  ): Tensor;
}

export interface GlobalPool2dOptions {
  /** Default "nchw". */
  readonly inputLayout?: InputLayout;
}

const maxOptionNames = [
  ...["windowDimensions", "strides", "padding", "dilations", "outputShapeRounding", "inputLayout", "border"],
];
const avgOptionNames = [...maxOptionNames, "countIncludePad"];
const globalOptionNames = ["inputLayout"];

export function pool2dOperators(core: EngineCore): Pool2dOperators {
  const poolWith = (
    kind: PoolSpec["kind"],
    names: readonly string[],
    x: Operand,
    options: (AvgPool2dOptions & RunOptions) | undefined,
  ): Tensor => {
    core.assertOpen();
    const { out, ...given } = readOptions(options, [...names, "out"]);
    const image = toTensor(x, 4, "x");
    const dtype = dtypeOf(image.data, "x.data");
    const { spec, frame, outShape } = resolvePool(kind, image.shape, dtype, given, "x.shape");
    const output = outputTensor(out, dtype, outShape, [image.data]);
    if (spec.batch === 0) return output;
    const input = framed(frame, image.data, dtype);
    try {
      core.backend.pool(spec, input, output.data);
    } catch (cause) {
      throw backendFailure(core.backend.name, cause);
    }
    return output;
  };
  const gradient = (
    names: readonly string[],
    inputShape: readonly number[],
    x: FloatArray | undefined,
    gradOutput: Operand,
    options: (AvgPool2dOptions & RunOptions) | undefined,
  ): Tensor => {
    const { out, ...given } = readOptions(options, [...names, "out"]);
    const kind = x === undefined ? "average" : "max";
    const name = x === undefined ? "inputShape" : "x.shape";
    const resolved = resolvePool(kind, inputShape, "float32", given, name);
    const { data } = gradientOf(gradOutput, resolved.outShape);
    const dtype = dtypeOf(data, "gradOutput.data");
    if (x !== undefined && dtypeOf(x, "x.data") !== dtype)
      throw invalid(`${dtypeOf(x, "x.data")} elements, as x has,`, "gradOutput.data", data);
    const output = outputTensor(out, dtype, inputShape, x === undefined ? [data] : [x, data]);
    writeGradient(resolved, x, data, output.data);
    return output;
  };
  return {
    maxPool2d: (x, options) => poolWith("max", maxOptionNames, x, options),
    avgPool2d: (x, options) => poolWith("average", avgOptionNames, x, options),
    globalAvgPool2d: (x, options) => poolWith("average", globalOptionNames, x, options),
    maxPool2dGrad: (x, gradOutput, options) => {
      core.assertOpen();
      const image = toTensor(x, 4, "x");
      return gradient(maxOptionNames, image.shape, image.data, gradOutput, options);
    },
    avgPool2dGrad: (inputShape, gradOutput, options) => {
      core.assertOpen();
      return gradient(avgOptionNames, fourSizes(inputShape), undefined, gradOutput, options);
    },
    globalAvgPool2dGrad: (inputShape, gradOutput, options) => {
      core.assertOpen();
      return gradient(globalOptionNames, fourSizes(inputShape), undefined, gradOutput, options);
    },
  };
}

/** The output shape of a pooling, in the order of its layout. Throws INVALID_ARGUMENT as the pooling does. */
export function pool2dOutputShape(inputShape: readonly number[], options?: AvgPool2dOptions): number[] {
  const given = readOptions(options, avgOptionNames);
  return [...resolvePool("average", fourSizes(inputShape), "float32", given, "inputShape").outShape];
}

interface ResolvedPool {
  readonly spec: PoolSpec;
  /** The border that is laid around the image first, unless it is the constant one. */
  readonly frame: PadSpec | undefined;
  readonly outShape: readonly number[];
}

function resolvePool(
  kind: PoolSpec["kind"],
  inputShape: readonly number[],
  dtype: FloatDType,
  options: AvgPool2dOptions,
  inputName: string,
): ResolvedPool {
  const { border = "constant", countIncludePad = false } = options;
  checkOneOf(border, borders, "border");
  if (typeof countIncludePad !== "boolean")
    throw invalid("true or false", "countIncludePad", countIncludePad);
  const layout = resolveLayout(options.inputLayout);
  const [, , height, width] = sizesOf(layout, inputShape);
  const windowDimensions = options.windowDimensions ?? [Math.max(height, 1), Math.max(width, 1)];
  const windows = resolveWindows(inputShape, { ...options, windowDimensions }, inputName);
  const { batch, channels, outHeight, outWidth, padding } = windows;
  const spec = { ...windows, kind, countIncludePad, dtype };
  const outShape = shapeOf(layout, batch, channels, outHeight, outWidth);
  if (border === "constant" || padding.every((pad) => pad === 0)) return { spec, frame: undefined, outShape };
  const frame = resolvePad(inputShape, padding, border, layout, inputName);
  const bare = { inHeight: frame.outHeight, inWidth: frame.outWidth, padding: [0, 0, 0, 0] as const };
  return { spec: { ...spec, ...bare }, frame, outShape };
}

function framed(frame: PadSpec | undefined, x: FloatArray, dtype: FloatDType): FloatArray {
  if (frame === undefined) return x;
  const padded = allocateOutput(dtype, elementCount(frame.outShape));
  padPlanes(frame, x, 0, padded);
  return padded;
}

/** `gradX` is overwritten. */
function writeGradient(
  { spec, frame }: ResolvedPool,
  x: FloatArray | undefined,
  gradOutput: FloatArray,
  gradX: FloatArray,
): void {
  const dtype = dtypeOf(gradX, "out");
  if (frame === undefined) {
    gradX.fill(0);
    addPoolGradient(spec, x, gradOutput, gradX);
    return;
  }
  const gradPadded = allocateOutput(dtype, elementCount(frame.outShape));
  addPoolGradient(spec, x === undefined ? undefined : framed(frame, x, dtype), gradOutput, gradPadded);
  padPlanesAdjoint(frame, gradPadded, gradX);
}

function fourSizes(inputShape: readonly number[]): readonly number[] {
  const shape = checkShape(inputShape, "inputShape");
  if (shape.length !== 4) throw invalid("4 dimensions", "inputShape", inputShape);
  return shape;
}
