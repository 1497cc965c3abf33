// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import {
  allocate,
  type ByteArray,
  type DType,
  elementTypeOf,
  type FloatArray,
  isInteger,
  type TypedArray,
} from "../dtype.ts";
import { invalid } from "../errors.ts";
import { copyOf } from "../input/arrays.ts";
import { inElementsOf } from "../input/designed-kernel.ts";
import { lengthOf } from "../input/intrinsics.ts";
import { checkOneOf, type Names, readOptions } from "../input/options.ts";
import type { ConvPlan } from "../plan/conv-plan.ts";
import type { AsyncOptions, RunOptions } from "../plan/plan.ts";
import { planConvolution } from "../plan/planning.ts";
import { type ConvOptions, resolveConvSpec } from "../resolve/convolution.ts";
import { type Padding, resolvePerAxis } from "../resolve/shape.ts";
import type { ConvSpec } from "../spec/convolution.ts";
import { dilatedSize } from "../spec/shape.ts";
import {
  type NestedArray,
  plainTensor,
  shapeOfRank,
  Tensor,
  type TensorLike,
  toAnyTensor,
  toIndexedTensor,
} from "../tensor.ts";
import { runOnce, runOnceAsync } from "./planned.ts";

/** Which part of the matrix of all overlaps is returned; names are SciPy's. */
export type Mode =
  /** Only the positions at which the kernel lies wholly inside the matrix. */
  | "valid"
  /** A part as large as the matrix, from the centre of "full". */
  | "same"
  /** Every overlap of at least one element. */
  | "full";

/** Options of corr2d and convolve2d. */
export interface Corr2dOptions
  extends Pick<ConvOptions, "strides" | "dilations" | "border" | "algorithm" | "accuracy" | "tune"> {
  /** Which part of all overlaps is returned. Default "valid", unless `padding` is given. */
  readonly mode?: Mode;
  /** Replaces `mode` by explicit padding, as in conv2d. */
  readonly padding?: Padding;
}

/** Options of planCorr2d and planConvolve2d. */
export interface PlanCorr2dOptions extends Corr2dOptions {
  /** The element type of the input. Default: that of the kernel. */
  readonly inputDtype?: "float32" | "float64" | "int8" | "uint8";
}

type Operand = TensorLike | NestedArray;
type Bytes = TensorLike<ByteArray>;
type Matrix = TensorLike<TypedArray> | NestedArray;
type AnyTensor = Tensor<TypedArray>;
type AnyOptions = Corr2dOptions & RunOptions<TypedArray>;

const optionNames: Names<Corr2dOptions> = {
  ...{ mode: true, strides: true, padding: true, dilations: true, border: true },
  ...{ algorithm: true, accuracy: true, tune: true },
};

/** A designed kernel's weights fit beside an integer matrix if they are whole numbers. */
type IntegerKernel = TensorLike<Int8Array | FloatArray> | NestedArray;

const planOptionNames: Names<PlanCorr2dOptions> = { ...optionNames, inputDtype: true };

/** The operators of an {@link Engine} for correlation and convolution of matrices. */
export interface Corr2dOperators {
  /**
   * Computes the cross-correlation of two matrices:
   *
   *     out[oy, ox] = sum over ky, kx of kernel[ky, kx] * x[oy + ky, ox + kx]
   *
   * The kernel is not flipped. Deep learning calls this convolution; `convolve2d` flips the kernel.
   *
   * Operands are nested arrays (float32 unless the other operand is float64) or `{ data, shape }`. Throws
   * INVALID_ARGUMENT for ragged matrices, for element types that do not match, and in mode "valid" for a matrix smaller
   * than the kernel.
   *
   * A matrix of uint8 or int8 takes a kernel of int8 and gives exact int32 sums.
   *
   * A designed kernel takes the element type of `x`, if that type holds its weights. float64 holds them unrounded, and
   * int8, beside a matrix of uint8 or int8, holds whole numbers. For other weights, such as those of
   * `kernels.gaussian`, convert `x` to float32 first.
   */
  corr2d(
    x: Bytes,
    kernel: IntegerKernel,
    options?: Corr2dOptions & RunOptions<Int32Array>,
  ): Tensor<Int32Array>;
  corr2d(x: Operand, kernel: Operand, options?: Corr2dOptions & RunOptions): Tensor;
  /**
   * Computes the convolution of two matrices, as in mathematics and signal processing: `corr2d` with the kernel flipped
   * in both axes, and no other difference.
   */
  convolve2d(
    x: Bytes,
    kernel: IntegerKernel,
    options?: Corr2dOptions & RunOptions<Int32Array>,
  ): Tensor<Int32Array>;
  convolve2d(x: Operand, kernel: Operand, options?: Corr2dOptions & RunOptions): Tensor;
  /** Computes `corr2d` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  corr2dAsync(
    x: Bytes,
    kernel: IntegerKernel,
    options?: Corr2dOptions & RunOptions<Int32Array> & AsyncOptions,
  ): Promise<Tensor<Int32Array>>;
  corr2dAsync(
    x: Operand,
    kernel: Operand,
    options?: Corr2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Computes `convolve2d` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  convolve2dAsync(
    x: Bytes,
    kernel: IntegerKernel,
    options?: Corr2dOptions & RunOptions<Int32Array> & AsyncOptions,
  ): Promise<Tensor<Int32Array>>;
  convolve2dAsync(
    x: Operand,
    kernel: Operand,
    options?: Corr2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /**
   * Prepares a corr2d of many matrices of one shape by one kernel. Throws the errors of corr2d.
   *
   * The matrices have the kernel's element type, unless `inputDtype` names another: "uint8" or "int8" beside int8.
   * A nested kernel is float32, or int8 beside these two.
   */
  planCorr2d(
    inputShape: readonly number[],
    kernel: IntegerKernel,
    options: PlanCorr2dOptions & { readonly inputDtype: "int8" | "uint8" },
  ): ConvPlan<ByteArray, Int32Array>;
  planCorr2d(inputShape: readonly number[], kernel: Operand, options?: PlanCorr2dOptions): ConvPlan;
  /** Prepares a convolve2d as `planCorr2d` prepares a corr2d. */
  planConvolve2d(
    inputShape: readonly number[],
    kernel: IntegerKernel,
    options: PlanCorr2dOptions & { readonly inputDtype: "int8" | "uint8" },
  ): ConvPlan<ByteArray, Int32Array>;
  planConvolve2d(inputShape: readonly number[], kernel: Operand, options?: PlanCorr2dOptions): ConvPlan;
}

// `never` stands for the operands of whichever overload is called.

export function corr2dOperators(core: EngineCore): Corr2dOperators {
  const call = (x: Matrix, kernel: Matrix, flip: boolean) => (given: Corr2dOptions) => {
    const indexed = operands(x, kernel);
    const image = plainTensor(indexed.image);
    const taps = plainTensor(indexed.taps);
    const dtype = elementTypeOf(image.data, "x.data");
    const plan = planMatrix(core, image.shape, dtype, taps, given, flip, "x.shape");
    return { plan, operands: [image] };
  };
  const correlate = (x: Matrix, kernel: Matrix, options: AnyOptions | undefined) => {
    if (options === undefined) {
      const { image, taps } = operands(x, kernel);
      const small = correlateSmall(core, image, taps);
      if (small !== undefined) return small;
      return runOnce<Corr2dOptions, TypedArray>(optionNames, options, call(image, taps, false));
    }
    return runOnce<Corr2dOptions, TypedArray>(optionNames, options, call(x, kernel, false));
  };
  const plan = (flip: boolean) => (inputShape: unknown, kernel: Matrix, options?: PlanCorr2dOptions) => {
    const { inputDtype, ...given } = readOptions(options, planOptionNames);
    const isOfBytes = inputDtype === "int8" || inputDtype === "uint8";
    const taps = toAnyTensor(kernel, 2, "kernel", isOfBytes ? "int8" : "float32");
    const { filters, dtype } = typesOfPlan(taps, inputDtype);
    return planMatrix(
      core,
      shapeOfRank(inputShape, 2, "inputShape"),
      dtype,
      filters,
      given,
      flip,
      "inputShape",
    );
  };
  return {
    corr2d: ((x: never, kernel: never, options: never) =>
      correlate(x, kernel, options)) as Corr2dOperators["corr2d"],
    convolve2d: ((x: never, kernel: never, options: never) =>
      runOnce(optionNames, options, call(x, kernel, true))) as Corr2dOperators["convolve2d"],
    corr2dAsync: ((x: never, kernel: never, options: never) =>
      runOnceAsync(optionNames, options, call(x, kernel, false))) as Corr2dOperators["corr2dAsync"],
    convolve2dAsync: ((x: never, kernel: never, options: never) =>
      runOnceAsync(optionNames, options, call(x, kernel, true))) as Corr2dOperators["convolve2dAsync"],
    planCorr2d: ((inputShape: never, kernel: never, options: never) =>
      plan(false)(inputShape, kernel, options)) as unknown as Corr2dOperators["planCorr2d"],
    planConvolve2d: ((inputShape: never, kernel: never, options: never) =>
      plan(true)(inputShape, kernel, options)) as unknown as Corr2dOperators["planConvolve2d"],
  };
}

/** Finds the element types of a plan, which has no input yet to tell them. Throws INVALID_ARGUMENT. */
function typesOfPlan(
  taps: TensorLike<TypedArray>,
  inputDtype: unknown,
): { filters: TensorLike<TypedArray>; dtype: DType } {
  const own = elementTypeOf(taps.data, "kernel.data");
  if (kernelDtypeOf(own) !== own)
    throw invalid("float32, float64 or int8 elements", "kernel.data", taps.data);
  if (inputDtype === undefined) return { filters: taps, dtype: own };
  const dtype = checkOneOf(inputDtype, ["float32", "float64", "int8", "uint8"], "inputDtype");
  const filters = inElementsOf(taps, kernelDtypeOf(dtype), "kernel.data");
  if (elementTypeOf(filters.data, "kernel.data") !== kernelDtypeOf(dtype))
    throw invalid(`${kernelDtypeOf(dtype)} elements, as the input has ${dtype},`, "kernel.data", taps.data);
  return { filters, dtype };
}

/** Returns the output shape of corr2d and convolve2d. Throws INVALID_ARGUMENT as they do. */
export function corr2dOutputShape(
  inputShape: readonly number[],
  kernelShape: readonly number[],
  options?: Corr2dOptions,
): number[] {
  const input = shapeOfRank(inputShape, 2, "inputShape");
  const kernel = shapeOfRank(kernelShape, 2, "kernelShape");
  const { outHeight, outWidth } = corr2dSpec(input, kernel, options, "kernelShape");
  return [outHeight, outWidth];
}

/**
 * Returns the spec of a corr2d or convolve2d of such shapes, in float32; messages call the kernel's shape `kernelName`.
 * Throws INVALID_ARGUMENT as they do.
 */
export function corr2dSpec(
  inputShape: readonly number[],
  kernelShape: readonly number[],
  options?: Corr2dOptions,
  kernelName = "weightsShape",
): ConvSpec {
  const given = readOptions(options, optionNames);
  return resolveMatrix(inputShape, kernelShape, "float32", given, kernelName, "inputShape");
}

/** Computes the definition in float64 for a matrix so small that planning would cost more than the work. */
function correlateSmall(
  core: EngineCore,
  image: TensorLike<TypedArray>,
  taps: TensorLike<TypedArray>,
): AnyTensor | undefined {
  core.assertOpen();
  const [height, width] = image.shape;
  const [kernelHeight, kernelWidth] = taps.shape;
  const outHeight = height - kernelHeight + 1;
  const outWidth = width - kernelWidth + 1;
  const x = image.data;
  const w = taps.data;
  const products = outHeight * outWidth * kernelHeight * kernelWidth;
  if (outHeight < 1 || outWidth < 1 || products === 0 || products >= core.smallBelow) return undefined;
  // A getter of the kernel may have detached the image: a plan refuses it.
  if (lengthOf(x) !== height * width || lengthOf(w) !== kernelHeight * kernelWidth) return undefined;
  const dtype = elementTypeOf(x, "x");
  const out = allocate(isInteger(dtype) ? "int32" : dtype, outHeight * outWidth);
  for (let oy = 0, next = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      let sum = 0;
      for (let ky = 0, k = 0; ky < kernelHeight; ky++) {
        const row = (oy + ky) * width + ox;
        for (let kx = 0; kx < kernelWidth; kx++) sum += w[k++] * x[row + kx];
      }
      out[next++] = sum;
    }
  }
  return new Tensor(out, [outHeight, outWidth]);
}

/**
 * A nested matrix takes the element type of the other operand. A designed kernel takes that of the image, or int8 beside
 * uint8 or int8. Tensors are those of `toIndexedTensor`.
 */
function operands(
  x: Matrix,
  kernel: Matrix,
): { image: TensorLike<TypedArray>; taps: TensorLike<TypedArray> } {
  if (Array.isArray(x) && !Array.isArray(kernel)) {
    const taps = toIndexedTensor(kernel, 2, "kernel");
    const dtype = elementTypeOf(taps.data, "kernel.data");
    if (kernelDtypeOf(dtype) !== dtype)
      throw invalid("float32, float64 or int8 elements", "kernel.data", taps.data);
    return { image: toIndexedTensor(x, 2, "x", dtype), taps };
  }
  const image = toIndexedTensor(x, 2, "x");
  const dtype = elementTypeOf(image.data, "x.data");
  if (dtype === "int32") throw invalid("float32, float64, uint8 or int8 elements", "x.data", image.data);
  const kernelDtype = kernelDtypeOf(dtype);
  const given = toIndexedTensor(kernel, 2, "kernel", kernelDtype);
  if (elementTypeOf(given.data, "kernel.data") === kernelDtype) return { image, taps: given };
  const plainGiven = plainTensor(given);
  const taps = inElementsOf(plainGiven, kernelDtype, "kernel.data");
  if (taps === plainGiven) {
    const why = isInteger(dtype) ? `as x has ${dtype}` : "as x has";
    throw invalid(`${kernelDtype} elements, ${why},`, "kernel.data", taps.data);
  }
  return { image, taps };
}

const kernelDtypeOf = (dtype: DType): DType => (isInteger(dtype) ? "int8" : dtype);

function planMatrix(
  core: EngineCore,
  inputShape: readonly number[],
  dtype: DType,
  taps: TensorLike<TypedArray>,
  options: Corr2dOptions,
  flip: boolean,
  inputName: string,
): ConvPlan<TypedArray, TypedArray> {
  const spec = resolveMatrix(inputShape, taps.shape, dtype, options, "kernel.shape", inputName);
  const weights = flip ? copyOf(taps.data).reverse() : taps.data;
  const shapes = { input: inputShape, output: [spec.outHeight, spec.outWidth] };
  return planConvolution<TypedArray>(core, spec, { weights, bias: null, scale: null }, options, shapes);
}

/**
 * Resolves a corr2d as a convolution of one channel; messages call the kernel's shape `kernelName`. Throws
 * INVALID_ARGUMENT.
 */
export function resolveMatrix(
  shape: readonly number[],
  kernelShape: readonly number[],
  dtype: DType,
  options: Corr2dOptions,
  kernelName: string,
  inputName = "x.shape",
): ConvSpec {
  const { mode, padding, strides = 1, dilations = 1, border = "constant" } = options;
  if (mode !== undefined && padding !== undefined)
    throw invalid("nothing, as mode is given,", "padding", padding);
  if (mode !== undefined) checkOneOf(mode, ["valid", "same", "full"], "mode");
  const spatial = {
    strides,
    dilations,
    border,
    padding:
      mode === "same"
        ? centred(kernelShape, resolvePerAxis(dilations, "dilations"))
        : padding === undefined
          ? (mode ?? "valid")
          : padding,
  };
  const kernel = { name: kernelName, shape: kernelShape };
  const input = { name: inputName, shape };
  return resolveConvSpec([1, 1, ...shape], [1, 1, ...kernelShape], dtype, spatial, kernel, input);
}

function centred(kernelShape: readonly number[], dilations: readonly [number, number]): Padding {
  const [y, x] = [0, 1].map((axis) => centredPadding(dilatedSize(kernelShape[axis], dilations[axis])));
  return [y[0], y[1], x[0], x[1]];
}

/**
 * Returns the padding of mode "same" along one axis. An even kernel has the larger half before it, as in
 * scipy.signal.convolve2d, scipy.signal.correlate and scipy.ndimage; only scipy.signal.correlate2d has it after.
 */
export function centredPadding(extent: number): [before: number, after: number] {
  return [Math.ceil((extent - 1) / 2), Math.floor((extent - 1) / 2)];
}
