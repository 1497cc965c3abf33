// SPDX-License-Identifier: MIT

import type { ConvTransposePlan } from "./adjoint-plan.ts";
import type { Allocation, Backend, BackendName } from "./backend/backend.ts";
import { type BackendOptions, openBackend } from "./backend/choose.ts";
import { createInlineBackend } from "./backend/reference.ts";
import type { ByteArray, FloatDType } from "./dtype.ts";
import { Corr2dError, invalid } from "./errors.ts";
import {
  type ConvTranspose2dOptions,
  convTranspose2d,
  convTranspose2dAsync,
  planConvTranspose2d,
} from "./ops/conv-transpose2d.ts";
import { type Conv1dOperators, conv1dOperators } from "./ops/conv1d.ts";
import {
  type Conv2dOptions,
  conv2d,
  conv2dAsync,
  conv2dOutputShape,
  type IntegerConv2dOptions,
  planConv2d,
} from "./ops/conv2d.ts";
import { type Conv3dOperators, conv3dOperators } from "./ops/conv3d.ts";
import { type Corr1dOptions, correlate1d } from "./ops/corr1d.ts";
import { type Corr2dOptions, convolve2d, corr2d, corr2dOutputShape, correlateAsync } from "./ops/corr2d.ts";
import {
  type Conv2dGradientOptions,
  conv2dGradBias,
  conv2dGradInput,
  conv2dGradInputAsync,
  conv2dGradWeights,
  conv2dGradWeightsAsync,
  planConv2dGradInput,
} from "./ops/gradients.ts";
import type { IntegerOutput } from "./ops/integer-output.ts";
import { type PadOperators, padOperators } from "./ops/pad.ts";
import { type Pool2dOperators, pool2dOperators } from "./ops/pool2d.ts";
import { type StreamConv1dOptions, streamConv1d } from "./ops/stream-conv1d.ts";
import { type UnfoldOperators, unfoldOperators } from "./ops/unfold.ts";
import type { AsyncOptions, ConvPlan, RunOptions } from "./plan.ts";
import { checkOneOf, readOptions } from "./resolve.ts";
import type { Signal } from "./signal/signal.ts";
import type { SampleStream } from "./signal/stream.ts";
import {
  AllocatedTensor,
  checkShape,
  elementCount,
  type NestedArray,
  type Tensor,
  type TensorLike,
} from "./tensor.ts";

type Operand = TensorLike | NestedArray;
type Bytes = TensorLike<ByteArray>;

/** The operators, on one backend. */
export interface Engine
  extends Conv1dOperators,
    Conv3dOperators,
    PadOperators,
    Pool2dOperators,
    UnfoldOperators {
  readonly backend: BackendName;
  readonly isa: string;
  /** How many threads one call may use. */
  readonly threads: number;
  /**
   * Cross-correlation of two matrices: out[oy, ox] = sum over ky, kx of kernel[ky, kx] * x[oy + ky, ox + kx]. The
   * kernel is not flipped, which is what deep learning calls convolution; `convolve2d` flips it.
   *
   * Takes nested arrays (float32 unless their partner is float64) or `{ data, shape }`. Throws INVALID_ARGUMENT for
   * matrices that are ragged, of unlike types, or smaller than the kernel in mode "valid".
   *
   * A matrix of uint8 or int8 takes a kernel of int8 and gives int32, exactly.
   */
  corr2d(
    x: Bytes,
    kernel: TensorLike<Int8Array> | NestedArray,
    options?: Corr2dOptions & RunOptions<Int32Array>,
  ): Tensor<Int32Array>;
  corr2d(x: Operand, kernel: Operand, options?: Corr2dOptions & RunOptions): Tensor;
  /**
   * Convolution of two matrices, as in mathematics and signal processing: `corr2d` with the kernel flipped in both
   * axes, the one difference between the two.
   */
  convolve2d(
    x: Bytes,
    kernel: TensorLike<Int8Array> | NestedArray,
    options?: Corr2dOptions & RunOptions<Int32Array>,
  ): Tensor<Int32Array>;
  convolve2d(x: Operand, kernel: Operand, options?: Corr2dOptions & RunOptions): Tensor;
  /**
   * A convolution layer: batches of images with channels, [batch, inChannels, height, width] in the order of
   * `inputLayout`, by weights [outChannels, inChannels / groups, kernelHeight, kernelWidth] in the order of
   * `filterLayout`. The kernel is not flipped. Weights are packed anew in every call; `planConv2d` does it once.
   *
   * Input of uint8 or int8 takes weights of int8 (symmetric: their zero is 0) and sums exactly in int32, the same bits
   * on every backend. It gives the int32 sums, which wrap around; or, with a `scale`, float32; or, with an
   * `outputDtype`, int8 or uint8. See {@link ConvSpec}.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  conv2d<O extends IntegerConv2dOptions & RunOptions<IntegerOutput<O>> = Record<never, never>>(
    x: Bytes,
    weights: TensorLike<Int8Array> | NestedArray,
    options?: O,
  ): Tensor<IntegerOutput<O>>;
  conv2d(x: Operand, weights: Operand, options?: Conv2dOptions & RunOptions): Tensor;
  /** Prepares a conv2d for many inputs of one shape. Throws as conv2d does. */
  planConv2d<O extends IntegerConv2dOptions = Record<never, never>>(
    inputShape: readonly number[],
    weights: TensorLike<Int8Array>,
    options?: O,
  ): ConvPlan<ByteArray, IntegerOutput<O>>;
  planConv2d(inputShape: readonly number[], weights: Operand, options?: Conv2dOptions): ConvPlan;
  /** As `corr2d`, off the event loop. */
  corr2dAsync(
    x: Bytes,
    kernel: TensorLike<Int8Array> | NestedArray,
    options?: Corr2dOptions & RunOptions<Int32Array> & AsyncOptions,
  ): Promise<Tensor<Int32Array>>;
  corr2dAsync(
    x: Operand,
    kernel: Operand,
    options?: Corr2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** As `convolve2d`, off the event loop. */
  convolve2dAsync(
    x: Bytes,
    kernel: TensorLike<Int8Array> | NestedArray,
    options?: Corr2dOptions & RunOptions<Int32Array> & AsyncOptions,
  ): Promise<Tensor<Int32Array>>;
  convolve2dAsync(
    x: Operand,
    kernel: Operand,
    options?: Corr2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** As `conv2d`, off the event loop. */
  conv2dAsync<
    O extends IntegerConv2dOptions & RunOptions<IntegerOutput<O>> & AsyncOptions = Record<never, never>,
  >(x: Bytes, weights: TensorLike<Int8Array> | NestedArray, options?: O): Promise<Tensor<IntegerOutput<O>>>;
  conv2dAsync(
    x: Operand,
    weights: Operand,
    options?: Conv2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /**
   * The gradient of a conv2d's input: the sum over all outputs of `gradOutput` times what each element of the input
   * contributes to it. Takes the shape of that input, the weights, the gradient of the output (which has the shape of
   * the convolution's output), and the options of the convolution. With a border other than "constant", what the border
   * contributes goes to the elements that it was copied from.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  conv2dGradInput(
    inputShape: readonly number[],
    weights: Operand,
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions,
  ): Tensor;
  /** Prepares a conv2dGradInput for many gradients. Throws as that does. */
  planConv2dGradInput(
    inputShape: readonly number[],
    weights: Operand,
    options?: Conv2dGradientOptions,
  ): ConvTransposePlan;
  /**
   * The gradient of a conv2d's weights, summed over the batch: a tensor of `weightsShape`, which is in the order of
   * `filterLayout`. Takes the convolution's input and the gradient of its output.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  conv2dGradWeights(
    x: Operand,
    weightsShape: readonly number[],
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions,
  ): Tensor;
  /**
   * The gradient of a conv2d's bias: `gradOutput` summed over batch, height and width, in float64. It reads each element
   * once, which is less than an asynchronous call does before it returns: there is no such twin.
   *
   * Throws INVALID_ARGUMENT as conv2dGradInput does.
   */
  conv2dGradBias(gradOutput: Operand, options?: Conv2dGradientOptions & RunOptions): Tensor;
  /**
   * Transposed convolution, the adjoint of a conv2d with the same options: batches [batch, inChannels, height, width] in
   * the order of `inputLayout`, by weights [inChannels, outChannels / groups, kernelHeight, kernelWidth] in the order of
   * `filterLayout` (by default as in PyTorch), give [batch, outChannels, outHeight, outWidth] with
   *
   *     outHeight = (height - 1) * strideY - padTop - padBottom + (kernelHeight - 1) * dilationY + outputPaddingY + 1
   *
   * With a border other than "constant", padding is not cut off but added to the elements that such a border would have
   * been copied from. Bias and activation come last.
   *
   * Throws INVALID_ARGUMENT, naming the argument, for anything that does not fit together.
   */
  convTranspose2d(x: Operand, weights: Operand, options?: ConvTranspose2dOptions & RunOptions): Tensor;
  /** Prepares a convTranspose2d for many inputs of one shape. Throws as that does. */
  planConvTranspose2d(
    inputShape: readonly number[],
    weights: Operand,
    options?: ConvTranspose2dOptions,
  ): ConvTransposePlan;
  /** As `conv2dGradInput`, off the event loop. */
  conv2dGradInputAsync(
    inputShape: readonly number[],
    weights: Operand,
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** As `conv2dGradWeights`, off the event loop. `transfer` takes over `gradOutput`; the input is copied. */
  conv2dGradWeightsAsync(
    x: Operand,
    weightsShape: readonly number[],
    gradOutput: Operand,
    options?: Conv2dGradientOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** As `convTranspose2d`, off the event loop. */
  convTranspose2dAsync(
    x: Operand,
    weights: Operand,
    options?: ConvTranspose2dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /**
   * Cross-correlation of a signal with a kernel: out[o] = sum over k of kernel[k] * x[o * strides + k * dilations -
   * padding]. The kernel is not flipped; `convolve1d` flips it. Modes and even kernels as in `corr2d`.
   *
   * Takes typed arrays, `{ data, shape: [length] }` and arrays of numbers, as kernel the row of a designed kernel too.
   * Throws INVALID_ARGUMENT for operands of unlike types, and a kernel longer than the padded signal.
   */
  corr1d(x: Signal, kernel: Signal, options?: Corr1dOptions & RunOptions): Tensor;
  /** Convolution of a signal with a kernel: `corr1d` with the kernel flipped, the one difference between the two. */
  convolve1d(x: Signal, kernel: Signal, options?: Corr1dOptions & RunOptions): Tensor;
  /**
   * `corr1d` (with `flip: true` `convolve1d`) of a signal that comes in chunks: what `push` and `flush` return are, one
   * after the other, the very numbers, to the last bit, of one call with all samples and the same `algorithm`.
   */
  streamConv1d(options: StreamConv1dOptions): SampleStream;
  /**
   * A tensor of zeros in the engine's own memory. On WebAssembly a run that is given it, as input or as `out`, copies
   * nothing there; on other backends it is an ordinary tensor. Give the tensor itself to `run` rather than its `data`,
   * and see {@link AllocatedTensor} for how long `data` is valid.
   *
   * Throws INVALID_ARGUMENT for a shape that is none or a type other than "float32" and "float64", BACKEND_FAILED where
   * memory runs out.
   */
  alloc(shape: readonly number[], dtype?: "float32"): AllocatedTensor<Float32Array>;
  alloc(shape: readonly number[], dtype: "float64"): AllocatedTensor<Float64Array>;
  alloc(shape: readonly number[], dtype?: FloatDType): AllocatedTensor;
  /** Lets go of helper threads. The engine and its plans cannot be used afterwards. */
  dispose(): void;
}

/** What the operators need to know of their engine. */
export interface EngineCore {
  readonly backend: Backend;
  /** Convolutions of fewer multiply-adds than this run in TypeScript, where crossing into the backend costs more. */
  readonly smallBelow: number;
  small(): Backend;
  /** Throws DISPOSED after `dispose()` of the engine. */
  assertOpen(): void;
}

/** Measured on Zen 5 with Node 20: from here on a native call, about 0.3 µs of it overhead, beats the JavaScript loop. */
const smallMultiplyAdds = 1000;

/**
 * Opens an engine on a backend of choice. One that is named never falls back to another, nor to the TypeScript loop
 * that otherwise serves the smallest calls.
 *
 * Rejects with INVALID_ARGUMENT for options that make no sense, BACKEND_UNAVAILABLE for a backend or ISA that is
 * missing; `cause` says why.
 */
export async function createEngine(options?: BackendOptions): Promise<Engine> {
  return openEngine(readOptions(options, ["backend", "threads", "isa"]));
}

function openEngine(options: BackendOptions): Engine {
  const { backend, named } = openBackend(options);
  let disposed = false;
  const assertOpen = (): void => {
    if (disposed) throw new Corr2dError("DISPOSED", "This engine was disposed of");
  };
  const core: EngineCore = {
    backend,
    smallBelow: named ? 0 : smallMultiplyAdds,
    small: lazy(createInlineBackend),
    assertOpen,
  };
  return {
    backend: backend.name,
    isa: backend.isa,
    threads: backend.threads,
    conv2dGradInput: (inputShape, weights, gradOutput, options) =>
      conv2dGradInput(core, inputShape, weights, gradOutput, options),
    planConv2dGradInput: (inputShape, weights, options) =>
      planConv2dGradInput(core, inputShape, weights, options),
    conv2dGradWeights: (x, weightsShape, gradOutput, options) =>
      conv2dGradWeights(core, x, weightsShape, gradOutput, options),
    conv2dGradBias: (gradOutput, options) => conv2dGradBias(core, gradOutput, options),
    convTranspose2d: (x, weights, options) => convTranspose2d(core, x, weights, options),
    planConvTranspose2d: (inputShape, weights, options) =>
      planConvTranspose2d(core, inputShape, weights, options),
    conv2dGradInputAsync: (inputShape, weights, gradOutput, options) =>
      conv2dGradInputAsync(core, inputShape, weights, gradOutput, options),
    conv2dGradWeightsAsync: (x, weightsShape, gradOutput, options) =>
      conv2dGradWeightsAsync(core, x, weightsShape, gradOutput, options),
    convTranspose2dAsync: (x, weights, options) => convTranspose2dAsync(core, x, weights, options),
    corr2d: ((x: never, kernel: never, options: never) =>
      corr2d(core, x, kernel, options)) as Engine["corr2d"],
    convolve2d: ((x: never, kernel: never, options: never) =>
      convolve2d(core, x, kernel, options)) as Engine["convolve2d"],
    conv2d: ((x: never, weights: never, options: never) =>
      conv2d(core, x, weights, options)) as Engine["conv2d"],
    planConv2d: ((inputShape: never, weights: never, options: never) =>
      planConv2d(core, inputShape, weights, options)) as Engine["planConv2d"],
    corr2dAsync: ((x: never, kernel: never, options: never) =>
      correlateAsync(core, x, kernel, options, false)) as Engine["corr2dAsync"],
    convolve2dAsync: ((x: never, kernel: never, options: never) =>
      correlateAsync(core, x, kernel, options, true)) as Engine["convolve2dAsync"],
    conv2dAsync: ((x: never, weights: never, options: never) =>
      conv2dAsync(core, x, weights, options)) as Engine["conv2dAsync"],
    ...conv1dOperators(core),
    ...conv3dOperators(core),
    ...padOperators(core),
    ...pool2dOperators(core),
    ...unfoldOperators(core),
    corr1d: (x, kernel, options) => correlate1d(core, x, kernel, options, false),
    convolve1d: (x, kernel, options) => correlate1d(core, x, kernel, options, true),
    streamConv1d: (options) => streamConv1d(core, options),
    alloc: ((shape: unknown, dtype: unknown = "float32") => {
      assertOpen();
      const sizes = checkShape(shape, "shape");
      const type = checkOneOf(dtype, dtypes, "dtype");
      return new AllocatedTensor(allocateIn(backend, type, elementCount(sizes)), sizes);
    }) as Engine["alloc"],
    dispose: () => {
      disposed = true;
      backend.dispose();
    },
  };
}

function allocateIn(backend: Backend, dtype: FloatDType, length: number): Allocation {
  try {
    return backend.allocate(dtype, length);
  } catch (cause) {
    if (cause instanceof Corr2dError) throw cause;
    throw new Corr2dError("BACKEND_FAILED", `A tensor of ${length} elements cannot be allocated`, { cause });
  }
}

const dtypes = ["float32", "float64"] as const satisfies readonly FloatDType[];

function lazy<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

/** The engine behind the plain functions, opened by the first call. */
export const defaultEngine = lazy(() => openEngine({}));

/**
 * The shape that a convolution has, without computing it: of conv2d for shapes of four sizes, of corr2d and
 * convolve2d for shapes of two. Takes the options of the operator. Throws INVALID_ARGUMENT as the operator does.
 */
export function outputShape(
  inputShape: readonly number[],
  weightsShape: readonly number[],
  options?: Conv2dOptions | IntegerConv2dOptions | Corr2dOptions,
): number[] {
  const input = checkShape(inputShape, "inputShape");
  const weights = checkShape(weightsShape, "weightsShape");
  if (input.length !== 2 && input.length !== 4) throw invalid("2 or 4 sizes", "inputShape", inputShape);
  if (weights.length !== input.length) throw invalid(`${input.length} sizes`, "weightsShape", weightsShape);
  return input.length === 2
    ? corr2dOutputShape(input, weights, options as Corr2dOptions)
    : conv2dOutputShape(input, weights, options as Conv2dOptions);
}
