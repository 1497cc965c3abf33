// SPDX-License-Identifier: MIT
import type { EngineCore } from "../core.ts";
import type { AsyncOptions, RunOptions } from "../plan.ts";
import type { Signal } from "../signal/signal.ts";
import type { SampleStream } from "../signal/stream.ts";
import type { Tensor } from "../tensor.ts";
import { type Corr1dOptions, correlate1d, correlate1dAsync } from "./corr1d.ts";
import { type StreamConv1dOptions, streamConv1d } from "./stream-conv1d.ts";

/** Correlation and convolution of signals. */
export interface Corr1dOperators {
  /**
   * Cross-correlation of a signal with a kernel: out[o] = sum over k of kernel[k] * x[o * strides + k * dilations -
   * padding]. The kernel is not flipped; `convolve1d` flips it. Modes and even kernels as in `corr2d`.
   *
   * Takes typed arrays, `{ data, shape: [length] }` and arrays of numbers, as kernel the row of a designed kernel
   * too, which takes the element type of `x`. Throws INVALID_ARGUMENT for operands of unlike types, and a kernel longer
   * than the padded signal.
   */
  corr1d(x: Signal, kernel: Signal, options?: Corr1dOptions & RunOptions): Tensor;
  /** Convolution of a signal with a kernel: `corr1d` with the kernel flipped, the one difference between the two. */
  convolve1d(x: Signal, kernel: Signal, options?: Corr1dOptions & RunOptions): Tensor;
  /** As `corr1d`, off the event loop. */
  corr1dAsync(
    x: Signal,
    kernel: Signal,
    options?: Corr1dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** As `convolve1d`, off the event loop. */
  convolve1dAsync(
    x: Signal,
    kernel: Signal,
    options?: Corr1dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /**
   * `corr1d` (with `flip: true` `convolve1d`) of a signal that comes in chunks: what `push` and `flush` return are, one
   * after the other, the very numbers, to the last bit, of one call with all samples and the same `algorithm`.
   */
  streamConv1d(options: StreamConv1dOptions): SampleStream;
}

export function corr1dOperators(core: EngineCore): Corr1dOperators {
  return {
    corr1d: (x, kernel, options) => correlate1d(core, x, kernel, options, false),
    convolve1d: (x, kernel, options) => correlate1d(core, x, kernel, options, true),
    corr1dAsync: (x, kernel, options) => correlate1dAsync(core, x, kernel, options, false),
    convolve1dAsync: (x, kernel, options) => correlate1dAsync(core, x, kernel, options, true),
    streamConv1d: (options) => streamConv1d(core, options),
  };
}
