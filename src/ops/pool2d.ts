// SPDX-License-Identifier: MIT

import { foldOperator, poolGradOperator, poolOperator, unfoldOperator } from "../backend/operators.ts";
import type { EngineCore } from "../core.ts";
import { dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { shapeOf, sizesOf } from "../layout.ts";
import { type AnyNames, checkArity, type Names, readOptions } from "../options.ts";
import { allocateOutput } from "../output.ts";
import type { AsyncOptions, RunOptions } from "../plan.ts";
import { checkOneOf } from "../resolve.ts";
import type { PerAxis } from "../shape.ts";
import { type Border, borders, type InputLayout } from "../spec.ts";
import { checkShape, elementCount, type Tensor, type TensorLike, toTensor } from "../tensor.ts";
import {
  type PoolSpec,
  type Rounding,
  resolveLayout,
  resolveWindows,
  type WindowOptions,
} from "../window.ts";
import { gradientOf as gradientFor, type Operand, type PadSpec, resolvePad } from "./pad.ts";
import { runWindowed, runWindowedAsync, type Windowed, type WindowStep } from "./windowed.ts";

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
  /** As `maxPool2d`, off the event loop. */
  maxPool2dAsync(x: Operand, options?: MaxPool2dOptions & RunOptions & AsyncOptions): Promise<Tensor>;
  /** As `avgPool2d`, off the event loop. */
  avgPool2dAsync(x: Operand, options?: AvgPool2dOptions & RunOptions & AsyncOptions): Promise<Tensor>;
  /** As `globalAvgPool2d`, off the event loop. */
  globalAvgPool2dAsync(
    x: Operand,
    options?: GlobalPool2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** As `maxPool2dGrad`, off the event loop. */
  maxPool2dGradAsync(
    x: Operand,
    gradOutput: Operand,
    options?: MaxPool2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** As `avgPool2dGrad`, off the event loop. */
  avgPool2dGradAsync(
    inputShape: readonly number[],
    gradOutput: Operand,
    options?: AvgPool2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** As `globalAvgPool2dGrad`, off the event loop. */
  globalAvgPool2dGradAsync(
    inputShape: readonly number[],
    gradOutput: Operand,
    options?: GlobalPool2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

export interface GlobalPool2dOptions {
  /** Default "nchw". */
  readonly inputLayout?: InputLayout;
}

const maxOptionNames: Names<MaxPool2dOptions> = {
  ...{ windowDimensions: true, strides: true, padding: true, dilations: true, outputShapeRounding: true },
  ...{ inputLayout: true, border: true },
};
const avgOptionNames: Names<AvgPool2dOptions> = { ...maxOptionNames, countIncludePad: true };
const globalOptionNames: Names<GlobalPool2dOptions> = { inputLayout: true };

export function pool2dOperators(core: EngineCore): Pool2dOperators {
  type Asked<O> = (O & RunOptions) | undefined;
  type AskedAsync<O> = (O & RunOptions & AsyncOptions) | undefined;
  const max = (x: Operand) => (given: MaxPool2dOptions) => poolOf("max", x, given);
  const average = (x: Operand) => (given: AvgPool2dOptions) => poolOf("average", x, given);
  const maxGrad = (x: Operand, gradOutput: Operand) => (given: MaxPool2dOptions) =>
    maxGradOf(x, gradOutput, given);
  const averageGrad = (inputShape: readonly number[], gradOutput: Operand) => (given: AvgPool2dOptions) =>
    gradientOf("average", fourSizes(inputShape), undefined, gradOutput, given);
  const once = <O extends object>(names: AnyNames, options: Asked<O>, resolve: (given: O) => Windowed) =>
    runWindowed(core, names, options, resolve);
  const later = async <O extends object>(
    names: AnyNames,
    options: AskedAsync<O>,
    resolve: (given: O) => Windowed,
  ) => runWindowedAsync(core, names, options, resolve);
  return {
    maxPool2d: (x, options) => once(maxOptionNames, options, max(x)),
    maxPool2dAsync: (x, options) => later(maxOptionNames, options, max(x)),
    avgPool2d: (x, options) => once(avgOptionNames, options, average(x)),
    avgPool2dAsync: (x, options) => later(avgOptionNames, options, average(x)),
    globalAvgPool2d: (x, options) => once(globalOptionNames, options, average(x)),
    globalAvgPool2dAsync: (x, options) => later(globalOptionNames, options, average(x)),
    maxPool2dGrad: (x, g, options) => once(maxOptionNames, options, maxGrad(x, g)),
    maxPool2dGradAsync: (x, g, options) => later(maxOptionNames, options, maxGrad(x, g)),
    avgPool2dGrad: (shape, g, options) => once(avgOptionNames, options, averageGrad(shape, g)),
    avgPool2dGradAsync: (shape, g, options) => later(avgOptionNames, options, averageGrad(shape, g)),
    globalAvgPool2dGrad: (shape, g, options) => once(globalOptionNames, options, averageGrad(shape, g)),
    globalAvgPool2dGradAsync: (shape, g, options) => later(globalOptionNames, options, averageGrad(shape, g)),
  };
}

function poolOf(kind: PoolSpec["kind"], x: Operand, options: AvgPool2dOptions): Windowed {
  const image = toTensor(x, 4, "x");
  const dtype = dtypeOf(image.data, "x.data");
  const { spec, frame, outShape } = resolvePool(kind, image.shape, dtype, options, "x.shape");
  return {
    operands: [image],
    outShape,
    *steps([input], output) {
      const inputs = [yield* framed(frame, input)];
      yield { operator: poolOperator(spec), inputs, output };
    },
  };
}

function maxGradOf(x: Operand, gradOutput: Operand, options: MaxPool2dOptions): Windowed {
  const image = toTensor(x, 4, "x");
  return gradientOf("max", image.shape, image, gradOutput, options);
}

function gradientOf(
  kind: PoolSpec["kind"],
  inputShape: readonly number[],
  x: TensorLike | undefined,
  gradOutput: Operand,
  options: AvgPool2dOptions,
): Windowed {
  const name = x === undefined ? "inputShape" : "x.shape";
  const resolved = resolvePool(kind, inputShape, "float32", options, name);
  const gradient = gradientFor(gradOutput, resolved.outShape);
  const dtype = dtypeOf(gradient.data, "gradOutput.data");
  if (x !== undefined && dtypeOf(x.data, "x.data") !== dtype)
    throw invalid(`${dtypeOf(x.data, "x.data")} elements, as x has,`, "gradOutput.data", gradient.data);
  const { frame } = resolved;
  const operator = poolGradOperator({ ...resolved.spec, dtype });
  return {
    operands: x === undefined ? [gradient] : [x, gradient],
    outShape: inputShape,
    *steps(operands, output) {
      const [image, gradientData] = x === undefined ? [undefined, operands[0]] : operands;
      const inputs = image === undefined ? [gradientData] : [yield* framed(frame, image), gradientData];
      if (frame === undefined) {
        yield { operator, inputs, output };
        return;
      }
      const gradPadded = allocateOutput(dtype, elementCount(frame.outShape));
      yield { operator, inputs, output: gradPadded };
      yield { operator: foldOperator(frame.patches), inputs: [gradPadded], output };
    },
  };
}

/** The output shape of a pooling, in the order of its layout. Throws INVALID_ARGUMENT as the pooling does. */
export function pool2dOutputShape(inputShape: readonly number[], options?: AvgPool2dOptions): number[] {
  checkArity("pool2dOutputShape", arguments.length, 2);
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
  const { windowDimensions = [Math.max(height, 1), Math.max(width, 1)] } = options;
  const windows = resolveWindows(inputShape, { ...options, windowDimensions }, inputName);
  const { batch, channels, outHeight, outWidth, padding } = windows;
  const spec = { ...windows, kind, countIncludePad, dtype };
  const outShape = shapeOf(layout, batch, channels, outHeight, outWidth);
  if (border === "constant" || padding.every((pad) => pad === 0)) return { spec, frame: undefined, outShape };
  const frame = resolvePad(inputShape, padding, border, layout, inputName);
  const { outHeight: framedHeight, outWidth: framedWidth } = frame.patches;
  const bare = { inHeight: framedHeight, inWidth: framedWidth, padding: [0, 0, 0, 0] as const };
  return { spec: { ...spec, ...bare }, frame, outShape };
}

/** An image with its border around it. */
function* framed(frame: PadSpec | undefined, x: FloatArray): Generator<WindowStep, FloatArray> {
  if (frame === undefined) return x;
  const padded = allocateOutput(dtypeOf(x, "x.data"), elementCount(frame.outShape));
  yield { operator: unfoldOperator(frame.patches), inputs: [x], output: padded };
  return padded;
}

function fourSizes(inputShape: readonly number[]): readonly number[] {
  const shape = checkShape(inputShape, "inputShape");
  if (shape.length !== 4) throw invalid("4 dimensions", "inputShape", inputShape);
  return shape;
}
