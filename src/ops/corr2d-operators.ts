// SPDX-License-Identifier: MIT
import type { EngineCore } from "../core.ts";
import type { ByteArray, FloatArray } from "../dtype.ts";
import type { AsyncOptions, RunOptions } from "../plan.ts";
import type { NestedArray, Tensor, TensorLike } from "../tensor.ts";
import { type Corr2dOptions, convolve2d, corr2d, correlateAsync } from "./corr2d.ts";

type Operand = TensorLike | NestedArray;
type Bytes = TensorLike<ByteArray>;
/** Beside int8 a designed kernel, whose weights have to be whole. */
type IntegerKernel = TensorLike<Int8Array | FloatArray> | NestedArray;

/** Correlation and convolution of matrices. */
export interface Corr2dOperators {
  /**
   * Cross-correlation of two matrices: out[oy, ox] = sum over ky, kx of kernel[ky, kx] * x[oy + ky, ox + kx]. The
   * kernel is not flipped, which is what deep learning calls convolution; `convolve2d` flips it.
   *
   * Takes nested arrays (float32 unless their partner is float64) or `{ data, shape }`. Throws INVALID_ARGUMENT for
   * matrices that are ragged, of unlike types, or smaller than the kernel in mode "valid".
   *
   * A matrix of uint8 or int8 takes a kernel of int8 and gives int32, exactly.
   *
   * A designed kernel takes the element type of `x`, if that holds its weights: float64 does, and gets them unrounded;
   * int8, beside a matrix of uint8 or int8, holds whole numbers. For weights that are not whole, such as those of
   * `kernels.gaussian`, make `x` float32 first.
   */
  corr2d(
    x: Bytes,
    kernel: IntegerKernel,
    options?: Corr2dOptions & RunOptions<Int32Array>,
  ): Tensor<Int32Array>;
  corr2d(x: Operand, kernel: Operand, options?: Corr2dOptions & RunOptions): Tensor;
  /**
   * Convolution of two matrices, as in mathematics and signal processing: `corr2d` with the kernel flipped in both
   * axes, the one difference between the two.
   */
  convolve2d(
    x: Bytes,
    kernel: IntegerKernel,
    options?: Corr2dOptions & RunOptions<Int32Array>,
  ): Tensor<Int32Array>;
  convolve2d(x: Operand, kernel: Operand, options?: Corr2dOptions & RunOptions): Tensor;
  /** As `corr2d`, off the event loop. */
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
  /** As `convolve2d`, off the event loop. */
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
}

// `never` stands for the operands of whichever overload is called.

export function corr2dOperators(core: EngineCore): Corr2dOperators {
  return {
    corr2d: ((x: never, kernel: never, options: never) =>
      corr2d(core, x, kernel, options)) as Corr2dOperators["corr2d"],
    convolve2d: ((x: never, kernel: never, options: never) =>
      convolve2d(core, x, kernel, options)) as Corr2dOperators["convolve2d"],
    corr2dAsync: ((x: never, kernel: never, options: never) =>
      correlateAsync(core, x, kernel, options, false)) as Corr2dOperators["corr2dAsync"],
    convolve2dAsync: ((x: never, kernel: never, options: never) =>
      correlateAsync(core, x, kernel, options, true)) as Corr2dOperators["convolve2dAsync"],
  };
}
