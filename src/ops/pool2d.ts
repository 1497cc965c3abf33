// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { dtypeOf, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { type AnyNames, checkOneOf, type Names, readOptions } from "../input/options.ts";
import { patchOperation } from "../operations/patches.ts";
import { poolGradOperation, poolOperation } from "../operations/pooling.ts";
import { planOperand } from "../plan/operands.ts";
import { OperationPlan, PoolGradPlan, type Row, type Step } from "../plan/operation-plan.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import { backendFor } from "../plan/planning.ts";
import type { PerAxis } from "../resolve/shape.ts";
import { type Rounding, resolveLayout, resolveWindows, type WindowOptions } from "../resolve/window.ts";
import { type Border, borders } from "../spec/border.ts";
import { type InputLayout, shapeOf, sizesOf } from "../spec/layout.ts";
import type { PoolSpec } from "../spec/window.ts";
import { elementCount, shapeOfRank, type Tensor, toTensor } from "../tensor.ts";
import { gradientOf, type Operand, type PadSpec, resolvePad } from "./pad.ts";
import { runOnce, runOnceAsync } from "./planned.ts";

/** Options of a pooling; all are optional. Names follow WebNN. */
export interface MaxPool2dOptions extends WindowOptions {
  /** Height and width of the window. Default: those of the whole input. */
  readonly windowDimensions?: PerAxis;
  /** How the size of the output is rounded. Default "floor". */
  readonly outputShapeRounding?: Rounding;
  /** The order of the input's axes, and of the output's. Default "nchw". */
  readonly inputLayout?: InputLayout;
  /**
   * How padding is filled. Default "constant". A maximum then ignores padding; a mean has zeros there, which count as
   * `countIncludePad` says.
   */
  readonly border?: Border;
}

export interface AvgPool2dOptions extends MaxPool2dOptions {
  /**
   * Whether a mean divides by the number of all elements of its window in the padded input, or only of those in the
   * input. Default false, as in WebNN, ONNX and TensorFlow; PyTorch's default is true. Padding of a border other than
   * "constant" always counts.
   */
  readonly countIncludePad?: boolean;
}

/** The additional options of poolings' plans, which see no elements that tell their type. */
export interface PlanPool2dOptions {
  /** The element type. Default "float32". */
  readonly dtype?: FloatDType;
}

/** The operators of an {@link Engine} for pooling. */
export interface Pool2dOperators {
  /**
   * Computes the greatest element of each window of each channel. Images [batch, channels, height, width] in the order
   * of `inputLayout` give [batch, channels, outHeight, outWidth]. A window that holds a NaN gives NaN; a window that
   * holds only padding gives -Infinity.
   *
   * Throws INVALID_ARGUMENT, naming the argument, if operands and options do not fit together; so do all operators
   * here.
   */
  maxPool2d(x: Operand, options?: MaxPool2dOptions & RunOptions): Tensor;
  /** Computes the mean of each window of each channel, with the shapes of `maxPool2d`. A mean of no elements is NaN. */
  avgPool2d(x: Operand, options?: AvgPool2dOptions & RunOptions): Tensor;
  /** Computes the mean of each channel: an image of one pixel, [batch, channels, 1, 1] or [batch, 1, 1, channels]. */
  globalAvgPool2d(x: Operand, options?: GlobalPool2dOptions & RunOptions): Tensor;
  /** Prepares a maxPool2d for many images of one shape. Like the plans below, it throws the errors of its operator. */
  planMaxPool2d(inputShape: readonly number[], options?: MaxPool2dOptions & PlanPool2dOptions): OperationPlan;
  planAvgPool2d(inputShape: readonly number[], options?: AvgPool2dOptions & PlanPool2dOptions): OperationPlan;
  planGlobalAvgPool2d(
    inputShape: readonly number[],
    options?: GlobalPool2dOptions & PlanPool2dOptions,
  ): OperationPlan;
  /**
   * Computes the gradient of `maxPool2d` with respect to `x`, which has the shape of x. Each window's gradient goes to
   * its greatest element. As in PyTorch, it goes to the first of equal elements, in rows from the top, or to the last
   * NaN.
   */
  maxPool2dGradInput(x: Operand, gradOutput: Operand, options?: MaxPool2dOptions & RunOptions): Tensor;
  /** Computes the gradient of `avgPool2d` with respect to its input, a tensor of `inputShape`. */
  avgPool2dGradInput(
    inputShape: readonly number[],
    gradOutput: Operand,
    options?: AvgPool2dOptions & RunOptions,
  ): Tensor;
  /** Computes the gradient of `globalAvgPool2d` with respect to its input, a tensor of `inputShape`. */
  globalAvgPool2dGradInput(
    inputShape: readonly number[],
    gradOutput: Operand,
    options?: GlobalPool2dOptions & RunOptions,
  ): Tensor;
  /** Computes `maxPool2d` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  maxPool2dAsync(x: Operand, options?: MaxPool2dOptions & RunOptions & AsyncOptions): Promise<Tensor>;
  /** Computes `avgPool2d` off the event loop. Rejects as `maxPool2dAsync` does. */
  avgPool2dAsync(x: Operand, options?: AvgPool2dOptions & RunOptions & AsyncOptions): Promise<Tensor>;
  /** Computes `globalAvgPool2d` off the event loop. Rejects as `maxPool2dAsync` does. */
  globalAvgPool2dAsync(
    x: Operand,
    options?: GlobalPool2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Computes `maxPool2dGradInput` off the event loop. Rejects as `maxPool2dAsync` does. */
  maxPool2dGradInputAsync(
    x: Operand,
    gradOutput: Operand,
    options?: MaxPool2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Computes `avgPool2dGradInput` off the event loop. Rejects as `maxPool2dAsync` does. */
  avgPool2dGradInputAsync(
    inputShape: readonly number[],
    gradOutput: Operand,
    options?: AvgPool2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Computes `globalAvgPool2dGradInput` off the event loop. Rejects as `maxPool2dAsync` does. */
  globalAvgPool2dGradInputAsync(
    inputShape: readonly number[],
    gradOutput: Operand,
    options?: GlobalPool2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

export interface GlobalPool2dOptions {
  /** The order of the input's axes, and of the output's. Default "nchw". */
  readonly inputLayout?: InputLayout;
}

const maxOptionNames: Names<MaxPool2dOptions> = {
  ...{ windowDimensions: true, strides: true, padding: true, dilations: true, outputShapeRounding: true },
  ...{ inputLayout: true, border: true },
};
const avgOptionNames: Names<AvgPool2dOptions> = { ...maxOptionNames, countIncludePad: true };
const globalOptionNames: Names<GlobalPool2dOptions> = { inputLayout: true };
const planOptionNames: Names<PlanPool2dOptions> = { dtype: true };

export function pool2dOperators(core: EngineCore): Pool2dOperators {
  type Kind = PoolSpec["kind"];
  const pool = (kind: Kind, x: Operand) => (given: AvgPool2dOptions) => {
    const image = toTensor(x, 4, "x");
    const dtype = dtypeOf(image.data, "x.data");
    return { plan: planPool(core, kind, image.shape, dtype, given, "x.shape"), operands: [image] };
  };
  const plan =
    (kind: Kind, names: AnyNames) =>
    (inputShape: readonly number[], options: PlanPool2dOptions | undefined) => {
      const { dtype = "float32", ...given } = readOptions(options, names, planOptionNames);
      checkOneOf(dtype, ["float32", "float64"], "dtype");
      return planPool(core, kind, shapeOfRank(inputShape, 4, "inputShape"), dtype, given, "inputShape");
    };
  const maxGrad = (x: Operand, gradOutput: Operand) => (given: MaxPool2dOptions) => {
    const image = toTensor(x, 4, "x");
    const dtype = dtypeOf(image.data, "x.data");
    const resolved = resolvePool("max", image.shape, dtype, given, "x.shape");
    const gradient = gradientOf(gradOutput, resolved.outShape);
    if (dtypeOf(gradient.data, "gradOutput.data") !== dtype)
      throw invalid(`${dtype} elements, as x has,`, "gradOutput.data", gradient.data);
    return { plan: planMaxGrad(core, image.shape, resolved), operands: [image, gradient] };
  };
  const avgGrad = (inputShape: readonly number[], gradOutput: Operand) => (given: AvgPool2dOptions) => {
    const shape = shapeOfRank(inputShape, 4, "inputShape");
    // Only the gradient has elements, so shapes are resolved before the element type is known.
    const { outShape } = resolvePool("average", shape, "float32", given, "inputShape");
    const gradient = gradientOf(gradOutput, outShape);
    const dtype = dtypeOf(gradient.data, "gradOutput.data");
    const resolved = resolvePool("average", shape, dtype, given, "inputShape");
    return { plan: planAvgGrad(core, shape, resolved), operands: [gradient] };
  };
  const [max, avg, global] = [maxOptionNames, avgOptionNames, globalOptionNames];
  return {
    maxPool2d: (x, options) => runOnce(max, options, pool("max", x)),
    maxPool2dAsync: (x, options) => runOnceAsync(max, options, pool("max", x)),
    planMaxPool2d: (shape, options) => plan("max", max)(shape, options),
    avgPool2d: (x, options) => runOnce(avg, options, pool("average", x)),
    avgPool2dAsync: (x, options) => runOnceAsync(avg, options, pool("average", x)),
    planAvgPool2d: (shape, options) => plan("average", avg)(shape, options),
    globalAvgPool2d: (x, options) => runOnce(global, options, pool("average", x)),
    globalAvgPool2dAsync: (x, options) => runOnceAsync(global, options, pool("average", x)),
    planGlobalAvgPool2d: (shape, options) => plan("average", global)(shape, options),
    maxPool2dGradInput: (x, g, options) => runOnce(max, options, maxGrad(x, g)),
    maxPool2dGradInputAsync: (x, g, options) => runOnceAsync(max, options, maxGrad(x, g)),
    avgPool2dGradInput: (shape, g, options) => runOnce(avg, options, avgGrad(shape, g)),
    avgPool2dGradInputAsync: (shape, g, options) => runOnceAsync(avg, options, avgGrad(shape, g)),
    globalAvgPool2dGradInput: (shape, g, options) => runOnce(global, options, avgGrad(shape, g)),
    globalAvgPool2dGradInputAsync: (shape, g, options) => runOnceAsync(global, options, avgGrad(shape, g)),
  };
}

function planPool(
  core: EngineCore,
  kind: PoolSpec["kind"],
  shape: readonly number[],
  dtype: FloatDType,
  options: AvgPool2dOptions,
  name: string,
): OperationPlan {
  const { spec, frame, outShape } = resolvePool(kind, shape, dtype, options, name);
  const input = planOperand("x", dtype, shape, "");
  const output = planOperand("out", dtype, outShape, "as x has");
  const pool: Step = {
    operation: poolOperation(spec),
    from: [frame === undefined ? "a" : "scratch"],
    to: "out",
  };
  const row = {
    name: kind === "max" ? "the maximum of windows" : "the mean of windows",
    dtype,
    steps: frame === undefined ? [pool] : [framing(frame, dtype), pool],
    scratch: frame === undefined ? [] : [elementCount(frame.outShape)],
  };
  return new OperationPlan(core, backendFor(core, workOf(spec)), row, input, output);
}

function planMaxGrad(
  core: EngineCore,
  shape: readonly number[],
  { spec, frame, outShape }: ResolvedPool,
): PoolGradPlan {
  const { dtype } = spec;
  const x = planOperand("x", dtype, shape, "");
  const gradOutput = planOperand("gradOutput", dtype, outShape, "as x has");
  const output = planOperand("out", dtype, shape, "as x has");
  const operation = poolGradOperation(spec);
  const length = frame === undefined ? 0 : elementCount(frame.outShape);
  const row: Row = {
    name: "the gradient of a maximum",
    dtype,
    steps:
      frame === undefined
        ? [{ operation, from: ["a", "b"], to: "out" }]
        : [
            framing(frame, dtype),
            { operation, from: ["scratch", "b"], to: "scratch2" },
            { operation: patchOperation("fold", frame.patches, dtype), from: ["scratch2"], to: "out" },
          ],
    scratch: frame === undefined ? [] : [length, length],
  };
  return new PoolGradPlan(core, backendFor(core, workOf(spec)), row, [x, gradOutput], output);
}

function planAvgGrad(
  core: EngineCore,
  shape: readonly number[],
  { spec, frame, outShape }: ResolvedPool,
): OperationPlan {
  const { dtype } = spec;
  const input = planOperand("gradOutput", dtype, outShape, "");
  const output = planOperand("out", dtype, shape, "as gradOutput has");
  const operation = poolGradOperation(spec);
  const row: Row = {
    name: "the gradient of a mean",
    dtype,
    steps:
      frame === undefined
        ? [{ operation, from: [null, "a"], to: "out" }]
        : [
            { operation, from: [null, "a"], to: "scratch" },
            { operation: patchOperation("fold", frame.patches, dtype), from: ["scratch"], to: "out" },
          ],
    scratch: frame === undefined ? [] : [elementCount(frame.outShape)],
  };
  return new OperationPlan(core, backendFor(core, workOf(spec)), row, input, output);
}

/** The step that lays a border around the image. */
const framing = ({ patches }: PadSpec, dtype: FloatDType): Step => ({
  operation: patchOperation("unfold", patches, dtype),
  from: ["a"],
  to: "scratch",
});

const workOf = ({ batch, channels, outHeight, outWidth, kernelHeight, kernelWidth }: PoolSpec): number =>
  batch * channels * outHeight * outWidth * kernelHeight * kernelWidth;

/** Returns the output shape of avgPool2d in the order of its layout. Throws INVALID_ARGUMENT as avgPool2d does. */
export function avgPool2dOutputShape(inputShape: readonly number[], options?: AvgPool2dOptions): number[] {
  return poolOutputShape(inputShape, readOptions(options, avgOptionNames));
}

/** Returns the output shape of maxPool2d in the order of its layout. Throws INVALID_ARGUMENT as maxPool2d does. */
export function maxPool2dOutputShape(inputShape: readonly number[], options?: MaxPool2dOptions): number[] {
  return poolOutputShape(inputShape, readOptions(options, maxOptionNames));
}

/** Returns the output shape of globalAvgPool2d in the order of its layout. Throws INVALID_ARGUMENT as it does. */
export function globalAvgPool2dOutputShape(
  inputShape: readonly number[],
  options?: GlobalPool2dOptions,
): number[] {
  return poolOutputShape(inputShape, readOptions(options, globalOptionNames));
}

function poolOutputShape(inputShape: readonly number[], given: AvgPool2dOptions): number[] {
  const shape = shapeOfRank(inputShape, 4, "inputShape");
  return [...resolvePool("average", shape, "float32", given, "inputShape").outShape];
}

interface ResolvedPool {
  readonly spec: PoolSpec;
  /** The border that is laid around the image first; undefined for the constant border. */
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
