// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { copyOf } from "../input/arrays.ts";
import { inElementsOf } from "../input/designed-kernel.ts";
import { checkOneOf, checkPositive, type Names, readOptions } from "../input/options.ts";
import { overlapSaveOperation } from "../operations/overlap-save.ts";
import type { ConvPlan } from "../plan/conv-plan.ts";
import { planOperand } from "../plan/operands.ts";
import { type AsyncOptions, type RunOptions, UnaryPlan } from "../plan/plan.ts";
import { planConvolution } from "../plan/planning.ts";
import { resolveAccuracy } from "../resolve/convolution.ts";
import { resolveAxisPadding } from "../resolve/shape.ts";
import { bestLength, blockNanoseconds, largestExtent } from "../signal/overlap-save.ts";
import { readSignal, readTaps, type Signal } from "../signal/signal.ts";
import type { Border } from "../spec/border.ts";
import { type Accuracy, type ConvSpec, multiplyAdds } from "../spec/convolution.ts";
import { type AxisPadding, dilatedSize } from "../spec/shape.ts";
import { AllocatedTensor, shapeOfRank, type Tensor } from "../tensor.ts";
import { type Mode, resolveMatrix } from "./corr2d.ts";
import { runOnce, runOnceAsync } from "./planned.ts";

const algorithms1d = ["direct", "fft"] as const;
export type Algorithm1d =
  /** Computes the definition on the engine's backend. */
  | "direct"
  /**
   * Computes by Fourier transforms of blocks of the signal (overlap-save), in float64 and in TypeScript on every
   * backend; faster for long kernels. Before it is rounded to its type, each output lies within (21 log2 N + 3) 2^-53
   * ||x|| sum |kernel| of the exact one, with N the length of a block and ||x|| the Euclidean norm of its samples. For
   * float32 this is usually less than the error of "direct", for float64 it is more. Whole numbers are rounded too, and
   * a NaN or infinity spreads over its block.
   */
  | "fft";

/** Options of corr1d and convolve1d. */
export interface Corr1dOptions {
  /** Which part of all overlaps is returned. Default "valid", unless `padding` is given. */
  readonly mode?: Mode;
  /** Replaces `mode`: one number of samples for both ends, [before, after], or a rule of conv2d. */
  readonly padding?: number | readonly [number, number] | "same" | "valid" | "full";
  /** Samples from one output to the next. Default 1. */
  readonly strides?: number;
  /** Distance between neighbouring taps. Default 1. */
  readonly dilations?: number;
  /** How padding is filled. Default "constant": zeros. */
  readonly border?: Border;
  /** Default "auto", which takes the algorithm expected to be faster. */
  readonly algorithm?: Algorithm1d | "auto";
  /** Default "fast". "exact" keeps "auto" from fft, so that whole numbers whose sums stay below 2^24 come out exact. */
  readonly accuracy?: Accuracy;
}

const corr1dOptionNames: Names<Corr1dOptions> = {
  ...{ mode: true, padding: true, strides: true, dilations: true, border: true },
  ...{ algorithm: true, accuracy: true },
};

/** The operators of an {@link Engine} for correlation and convolution of signals. */
export interface Corr1dOperators {
  /**
   * Computes the cross-correlation of a signal with a kernel:
   *
   *     out[o] = sum over k of kernel[k] * x[o * strides + k * dilations - padding]
   *
   * The kernel is not flipped; `convolve1d` flips it. Modes and even kernels follow `corr2d`.
   *
   * Operands are typed arrays, `{ data, shape: [length] }` or arrays of numbers. The kernel may also be the row of a
   * designed kernel, which takes the element type of `x`. Throws INVALID_ARGUMENT if the element types differ, or if
   * the kernel is longer than the padded signal.
   */
  corr1d(x: Signal, kernel: Signal, options?: Corr1dOptions & RunOptions): Tensor;
  /** Computes the convolution of a signal with a kernel: `corr1d` with the kernel flipped, and no other difference. */
  convolve1d(x: Signal, kernel: Signal, options?: Corr1dOptions & RunOptions): Tensor;
  /** Computes `corr1d` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  corr1dAsync(
    x: Signal,
    kernel: Signal,
    options?: Corr1dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
  /** Computes `convolve1d` off the event loop. Rejects with its errors, and with `signal.reason` after an abort. */
  convolve1dAsync(
    x: Signal,
    kernel: Signal,
    options?: Corr1dOptions & RunOptions & AsyncOptions,
  ): Promise<Tensor>;
}

export function corr1dOperators(core: EngineCore): Corr1dOperators {
  const call = (x: Signal, kernel: Signal, flip: boolean) => (given: Corr1dOptions) => {
    const { samples, taps } = operands(x, kernel);
    const spec = resolve1d(samples.length, taps.length, dtypeOf(samples, "x"), given);
    const weights = flip ? copyOf(taps).reverse() : taps;
    const isFft = select1d(core, spec, given) === "fft";
    const plan = isFft ? new OverlapSavePlan(core, spec, weights) : planDirect(core, spec, weights);
    // Tensors of an engine are passed on as they are, so that `transfer` does not take their memory.
    return { plan, operands: [isAllocated(x) ? x : samples] };
  };
  return {
    corr1d: (x, kernel, options) => runOnce(corr1dOptionNames, options, call(x, kernel, false)),
    convolve1d: (x, kernel, options) => runOnce(corr1dOptionNames, options, call(x, kernel, true)),
    corr1dAsync: (x, kernel, options) => runOnceAsync(corr1dOptionNames, options, call(x, kernel, false)),
    convolve1dAsync: (x, kernel, options) => runOnceAsync(corr1dOptionNames, options, call(x, kernel, true)),
  };
}

/** Returns the length of a corr1d or convolve1d, in an array. Throws INVALID_ARGUMENT as they do. */
export function corr1dOutputShape(
  inputShape: readonly number[],
  kernelShape: readonly number[],
  options?: Corr1dOptions,
): number[] {
  const [length] = shapeOfRank(inputShape, 1, "inputShape");
  const [kernelLength] = shapeOfRank(kernelShape, 1, "kernelShape");
  return [resolve1d(length, kernelLength, "float32", readOptions(options, corr1dOptionNames)).outWidth];
}

const isAllocated = (x: unknown): boolean => typeof x === "object" && x !== null && AllocatedTensor.isOne(x);

/** A correlation by Fourier transforms, in TypeScript on every backend. */
class OverlapSavePlan extends UnaryPlan {
  constructor({ backend, assertOpen }: EngineCore, spec: ConvSpec, taps: FloatArray) {
    super({
      backend,
      inputs: [planOperand("x", spec.dtype, [spec.inWidth], "")],
      output: planOperand("out", spec.dtype, [spec.outWidth], "as x has"),
      assertOpen,
      prepare: () => {
        const prepared = backend.prepare(overlapSaveOperation(spec));
        return {
          ...prepared,
          run: (x, _b, c, out, out2) => prepared.run(x, taps, c, out, out2),
          // Workers get a copy, as they keep what they are given.
          runAsync: (x, _b, c, out, out2, signal) => prepared.runAsync(x, copyOf(taps), c, out, out2, signal),
        };
      },
    });
  }

  override explain(): string {
    return `fft in TypeScript: [${this.inputShape.join(", ")}] -> [${this.outputShape.join(", ")}]`;
  }
}

/**
 * A signal of plain numbers takes the element type of the kernel. A kernel of plain numbers, or a designed one, takes
 * that of the signal.
 */
function operands(x: Signal, kernel: Signal): { samples: FloatArray; taps: FloatArray } {
  if (Array.isArray(x) && !Array.isArray(kernel)) {
    const taps = readTaps(kernel, "kernel");
    return { samples: readSignal(x, "x", dtypeOf(taps, "kernel")), taps };
  }
  const samples = readSignal(x, "x");
  const dtype = dtypeOf(samples, "x");
  const given = readTaps(kernel, "kernel", dtype);
  const taps = inElementsOf({ data: given, shape: [given.length] }, dtype, "kernel").data as FloatArray;
  if (dtypeOf(taps, "kernel") !== dtype) throw invalid(`${dtype} elements, as x has,`, "kernel", kernel);
  return { samples, taps };
}

/** Resolves a signal as a matrix of one row. Throws INVALID_ARGUMENT. */
export function resolve1d(
  length: number,
  kernelLength: number,
  dtype: FloatDType,
  { mode, padding, strides = 1, dilations = 1, border }: Corr1dOptions,
): ConvSpec {
  checkPositive(strides, "strides");
  checkPositive(dilations, "dilations");
  const sides = (value: NonNullable<Corr1dOptions["padding"]>): AxisPadding =>
    resolveAxisPadding(value, [length], [kernelLength], [strides], [dilations])[0];
  const given = {
    ...{ strides: [1, strides] as const, dilations: [1, dilations] as const },
    ...(mode !== undefined && { mode }),
    ...(padding !== undefined && { padding: [0, 0, ...sides(padding)] as const }),
    ...(border !== undefined && { border }),
  };
  if (length < 1) throw invalid("at least one element", "x", []);
  if (kernelLength < 1) throw invalid("at least one element", "kernel", []);
  return resolveMatrix([1, length], [1, kernelLength], dtype, given, "kernel");
}

/** Checks the algorithm options and chooses. Throws INVALID_ARGUMENT. */
function select1d(core: EngineCore, spec: ConvSpec, options: Corr1dOptions): Algorithm1d {
  const { algorithm: asked = "auto" } = options;
  const algorithm = checkOneOf(asked, ["auto", ...algorithms1d], "algorithm");
  const accuracy = resolveAccuracy(options.accuracy);
  if (algorithm !== "auto") return algorithm;
  return accuracy === "fast" && fftNanoseconds(spec) < directNanoseconds(core, spec) ? "fft" : "direct";
}

/**
 * Multiply-adds of float32 per nanosecond, in one long row on one thread, measured on Zen 5 with Node 20; those of NEON
 * and relaxed SIMD are guesses. The number of threads must not change results, so it does not count here.
 */
const directRates: Readonly<Record<string, number>> = {
  ...{
    "avx512-vnni": 40,
    avx512: 40,
    avx2: 31,
    sse2: 17,
    neon: 17,
    "relaxed-simd": 30,
    simd128: 17,
    javascript: 0.1,
  },
};

function directNanoseconds({ backend }: EngineCore, spec: ConvSpec): number {
  const isHalved = spec.dtype === "float64" && backend.isa !== "javascript";
  return (multiplyAdds(spec) / (directRates[backend.isa] ?? 1)) * (isHalved ? 2 : 1);
}

/** Estimates the time of all blocks, and of about one more for the kernel. */
function fftNanoseconds(spec: ConvSpec): number {
  const extent = dilatedSize(spec.kernelWidth, spec.dilations[1]);
  if (extent > largestExtent) return Number.POSITIVE_INFINITY;
  const length = bestLength(extent);
  const blocks = Math.ceil(((spec.outWidth - 1) * spec.strides[1] + 1) / (length - extent + 1));
  return (blocks + 1) * blockNanoseconds(length);
}

/**
 * Plans "direct" on the backend whatever the size, so that an output is computed alike wherever it lies in a signal.
 */
export function planDirect(core: EngineCore, spec: ConvSpec, weights: FloatArray): ConvPlan {
  const shapes = { input: [spec.inWidth], output: [spec.outWidth] };
  const constants = { weights, bias: null, scale: null };
  return planConvolution({ ...core, smallBelow: 0 }, spec, constants, { algorithm: "direct" }, shapes);
}
