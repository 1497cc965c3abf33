// SPDX-License-Identifier: MIT

import type { Allocation, Backend, BackendName } from "./backend/backend.ts";
import { type BackendOptions, openBackend } from "./backend/choose.ts";
import { createInlineBackend } from "./backend/reference.ts";
import type { WasmIsa } from "./backend/wasm-modules.ts";
import { createWorkerPool, type WorkerPool } from "./backend/worker-pool.ts";
import type { ByteArray, FloatDType } from "./dtype.ts";
import { Corr2dError, invalid } from "./errors.ts";
import { type ConvTranspose1dOperators, convTranspose1dOperators } from "./ops/conv-transpose1d.ts";
import { type ConvTranspose2dOperators, convTranspose2dOperators } from "./ops/conv-transpose2d-operators.ts";
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
import { type Corr1dOperators, corr1dOperators } from "./ops/corr1d-operators.ts";
import { type Corr2dOptions, convolve2d, corr2d, corr2dOutputShape, correlateAsync } from "./ops/corr2d.ts";
import { type GradientOperators, gradientOperators } from "./ops/gradient-operators.ts";
import type { IntegerOutput } from "./ops/integer-output.ts";
import { type PadOperators, padOperators } from "./ops/pad.ts";
import { type Pool2dOperators, pool2dOperators } from "./ops/pool2d.ts";
import { type UnfoldOperators, unfoldOperators } from "./ops/unfold.ts";
import type { AsyncOptions, ConvPlan, RunOptions } from "./plan.ts";
import { platform } from "./platform/platform.ts";
import { checkOneOf, readOptions } from "./resolve.ts";
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
    ConvTranspose1dOperators,
    ConvTranspose2dOperators,
    Corr1dOperators,
    GradientOperators,
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
  /** For what is computed in TypeScript on every backend. */
  workers(): WorkerPool;
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
  const engine = openEngine(readOptions(options, ["backend", "threads", "isa"]));
  if (engine.backend === "wasm") await platform().fetchWasm(engine.isa as WasmIsa);
  return engine;
}

function openEngine(options: BackendOptions): Engine {
  const { backend, named } = openBackend(options);
  let workers: WorkerPool | undefined;
  let disposed = false;
  const assertOpen = (): void => {
    if (disposed) throw new Corr2dError("DISPOSED", "This engine was disposed of");
  };
  const core: EngineCore = {
    backend,
    smallBelow: named ? 0 : smallMultiplyAdds,
    small: lazy(createInlineBackend),
    workers: () => {
      workers ??= createWorkerPool({ backend: "reference" }, backend.threads);
      return workers;
    },
    assertOpen,
  };
  return {
    backend: backend.name,
    isa: backend.isa,
    threads: backend.threads,
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
    ...gradientOperators(core),
    ...convTranspose1dOperators(core),
    ...convTranspose2dOperators(core),
    ...corr1dOperators(core),
    ...conv1dOperators(core),
    ...conv3dOperators(core),
    ...padOperators(core),
    ...pool2dOperators(core),
    ...unfoldOperators(core),
    alloc: ((shape: unknown, dtype: unknown = "float32") => {
      assertOpen();
      const sizes = checkShape(shape, "shape");
      const type = checkOneOf(dtype, dtypes, "dtype");
      return new AllocatedTensor(allocateIn(backend, type, elementCount(sizes)), sizes);
    }) as Engine["alloc"],
    dispose: () => {
      disposed = true;
      backend.dispose();
      workers?.dispose();
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
