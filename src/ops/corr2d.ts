// SPDX-License-Identifier: MIT

import { copyOf } from "../arrays.ts";
import type { EngineCore } from "../core.ts";
import { allocate, type DType, elementTypeOf, isInteger, type TypedArray } from "../dtype.ts";
import { invalid } from "../errors.ts";
import type { AsyncOptions, ConvPlan, RunOptions } from "../plan.ts";
import { type ConvOptions, checkOneOf, readOptions, resolveConvSpec } from "../resolve.ts";
import { dilatedSize, type Padding, resolvePerAxis } from "../shape.ts";
import type { ConvSpec } from "../spec.ts";
import { type NestedArray, Tensor, type TensorLike, toAnyTensor } from "../tensor.ts";
import { planSpec } from "./conv2d.ts";

/** How much of the matrix of all overlaps is returned; names are SciPy's. */
export type Mode =
  /** Only where the kernel lies wholly inside the matrix. */
  | "valid"
  /** As large as the matrix, centred with respect to "full". */
  | "same"
  /** Every overlap of at least one element. */
  | "full";

/** Options of corr2d and convolve2d. */
export interface Corr2dOptions
  extends Pick<ConvOptions, "strides" | "dilations" | "border" | "algorithm" | "accuracy" | "tune"> {
  /** Default "valid", unless `padding` is given. */
  readonly mode?: Mode;
  /** Instead of `mode`: explicit padding, as in conv2d. */
  readonly padding?: Padding;
}

type Matrix = TensorLike<TypedArray> | NestedArray;
type AnyTensor = Tensor<TypedArray>;
type AnyRunOptions = RunOptions<TypedArray>;

const optionNames = ["mode", "strides", "padding", "dilations", "border", "algorithm", "accuracy", "tune"];

/** See `corr2d` of {@link Engine}. */
export function corr2d(
  core: EngineCore,
  x: Matrix,
  kernel: Matrix,
  options?: Corr2dOptions & AnyRunOptions,
): AnyTensor {
  return correlate(core, x, kernel, options, false);
}

/** See `convolve2d` of {@link Engine}. */
export function convolve2d(
  core: EngineCore,
  x: Matrix,
  kernel: Matrix,
  options?: Corr2dOptions & AnyRunOptions,
): AnyTensor {
  return correlate(core, x, kernel, options, true);
}

function correlate(
  core: EngineCore,
  x: Matrix,
  kernel: Matrix,
  options: (Corr2dOptions & AnyRunOptions) | undefined,
  flip: boolean,
): AnyTensor {
  const { image, taps } = operands(x, kernel);
  if (options === undefined && !flip) {
    const small = correlateSmall(core, image, taps);
    if (small !== undefined) return small;
  }
  const { out, ...given } = readOptions(options, [...optionNames, "out"]);
  const plan = planMatrix(core, image, taps, given, flip);
  try {
    const output = plan.run(image.data, out === undefined ? undefined : { out: elementsOf(out, plan) });
    return asMatrix(output, out);
  } finally {
    plan.dispose();
  }
}

/** See `corr2dAsync` and `convolve2dAsync` of {@link Engine}. */
export async function correlateAsync(
  core: EngineCore,
  x: Matrix,
  kernel: Matrix,
  options: (Corr2dOptions & AnyRunOptions & AsyncOptions) | undefined,
  flip: boolean,
): Promise<AnyTensor> {
  const names = [...optionNames, "out", "signal", "transfer"];
  const { out, signal, transfer, ...given } = readOptions(options, names);
  const { image, taps } = operands(x, kernel);
  const plan = planMatrix(core, image, taps, given, flip);
  try {
    const output = await plan.runAsync(image.data, {
      signal,
      transfer,
      ...(out !== undefined && { out: elementsOf(out, plan) }),
    });
    return asMatrix(output, out);
  } finally {
    plan.dispose();
  }
}

/** The output shape of corr2d and convolve2d. Throws INVALID_ARGUMENT as they do. */
export function corr2dOutputShape(
  inputShape: readonly number[],
  kernelShape: readonly number[],
  options?: Corr2dOptions,
): number[] {
  const { outHeight, outWidth } = corr2dSpec(inputShape, kernelShape, options);
  return [outHeight, outWidth];
}

/**
 * What corr2d and convolve2d of such shapes come to; `kernelName` is how messages call the kernel's. Throws
 * INVALID_ARGUMENT as they do.
 */
export function corr2dSpec(
  inputShape: readonly number[],
  kernelShape: readonly number[],
  options?: Corr2dOptions,
  kernelName = "weightsShape",
): ConvSpec {
  return resolveMatrix(inputShape, kernelShape, "float32", readOptions(options, optionNames), kernelName);
}

/**
 * The plain call on a matrix so small that planning would cost more than the work: the definition, summed in float64.
 */
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
  if (outHeight < 1 || outWidth < 1 || w.length === 0 || outHeight * outWidth * w.length >= core.smallBelow) {
    return undefined;
  }
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

/** A nested matrix takes the element type of its partner; a kernel for uint8 or int8 is int8. */
function operands(
  x: Matrix,
  kernel: Matrix,
): { image: TensorLike<TypedArray>; taps: TensorLike<TypedArray> } {
  if (Array.isArray(x) && !Array.isArray(kernel)) {
    const taps = toAnyTensor(kernel, 2, "kernel");
    const dtype = elementTypeOf(taps.data, "kernel.data");
    if (kernelDtypeOf(dtype) !== dtype)
      throw invalid("float32, float64 or int8 elements", "kernel.data", taps.data);
    return { image: toAnyTensor(x, 2, "x", dtype), taps };
  }
  const image = toAnyTensor(x, 2, "x");
  const dtype = elementTypeOf(image.data, "x.data");
  if (dtype === "int32") throw invalid("float32, float64, uint8 or int8 elements", "x.data", image.data);
  const kernelDtype = kernelDtypeOf(dtype);
  const taps = toAnyTensor(kernel, 2, "kernel", kernelDtype);
  if (elementTypeOf(taps.data, "kernel.data") !== kernelDtype) {
    const why = isInteger(dtype) ? `as x has ${dtype}` : "as x has";
    throw invalid(`${kernelDtype} elements, ${why},`, "kernel.data", taps.data);
  }
  return { image, taps };
}

const kernelDtypeOf = (dtype: DType): DType => (isInteger(dtype) ? "int8" : dtype);

function planMatrix(
  core: EngineCore,
  image: TensorLike<TypedArray>,
  taps: TensorLike<TypedArray>,
  options: Corr2dOptions,
  flip: boolean,
) {
  const spec = resolveMatrix(
    image.shape,
    taps.shape,
    elementTypeOf(image.data, "x.data"),
    options,
    "kernel.shape",
  );
  const weights = flip ? copyOf(taps.data).reverse() : taps.data;
  return planSpec<TypedArray>(core, spec, weights, null, options);
}

/** A corr2d as a convolution of one channel; `kernelName` is how messages call its shape. Throws INVALID_ARGUMENT. */
export function resolveMatrix(
  shape: readonly number[],
  kernelShape: readonly number[],
  dtype: DType,
  options: Corr2dOptions,
  kernelName: string,
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
  return resolveConvSpec([1, 1, ...shape], [1, 1, ...kernelShape], dtype, spatial, kernel);
}

function centred(kernelShape: readonly number[], dilations: readonly [number, number]): Padding {
  const [y, x] = [0, 1].map((axis) => centredPadding(dilatedSize(kernelShape[axis], dilations[axis])));
  return [y[0], y[1], x[0], x[1]];
}

/**
 * The padding of mode "same" along one axis. Of an even kernel, the larger half comes first: as in
 * scipy.signal.convolve2d, scipy.signal.correlate and scipy.ndimage; scipy.signal.correlate2d alone has it the other way
 * round.
 */
export function centredPadding(extent: number): [before: number, after: number] {
  return [Math.ceil((extent - 1) / 2), Math.floor((extent - 1) / 2)];
}

/** The elements of an `out` that has the shape of the result. */
function elementsOf(
  out: TensorLike<TypedArray> | TypedArray,
  { outputShape: [, , height, width] }: ConvPlan<TypedArray, TypedArray>,
): TypedArray {
  if (ArrayBuffer.isView(out)) return out;
  if (Array.isArray(out))
    throw invalid("a typed array or { data, shape }, which can be written to,", "out", out);
  const { data, shape } = toAnyTensor(out, 2, "out");
  if (shape[0] !== height || shape[1] !== width) throw invalid(`[${height}, ${width}]`, "out.shape", shape);
  return data;
}

/** A plan's output without its batch and channel; the caller's own tensor if there is one. */
function asMatrix(output: AnyTensor, out: TensorLike<TypedArray> | TypedArray | undefined): AnyTensor {
  return out instanceof Tensor ? out : new Tensor(output.data, output.shape.slice(2));
}
