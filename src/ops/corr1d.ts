// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { allocate, dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { allocateOutput, overlap } from "../output.ts";
import { type AsyncOptions, type ConvPlan, checkSignal, copyOf, type RunOptions, takeOver } from "../plan.ts";
import { checkOneOf, readOptions, resolveAccuracy } from "../resolve.ts";
import type { Accuracy } from "../select.ts";
import { checkPositive, dilatedSize } from "../shape.ts";
import { correlateByFft } from "../signal/fft-correlation.ts";
import { bestLength, blockNanoseconds, largestExtent } from "../signal/overlap-save.ts";
import { readSignal, readTaps, type Signal } from "../signal/signal.ts";
import { type Border, type ConvSpec, multiplyAdds } from "../spec.ts";
import { AllocatedTensor, Tensor } from "../tensor.ts";
import { planSpec } from "./conv2d.ts";
import { type Mode, resolveMatrix } from "./corr2d.ts";

const algorithms1d = ["direct", "fft"] as const;
export type Algorithm1d =
  /** The definition, on the engine's backend. */
  | "direct"
  /**
   * Fourier transforms of blocks of the signal (overlap-save), in float64 and in TypeScript on every backend: faster for
   * long kernels. Each output lies within (21 log2 N + 3) 2^-53 ||x|| sum |kernel| of the exact one before it is rounded
   * to its type, with N the length of a block and ||x|| the Euclidean norm of its samples: for float32 less than the
   * error of "direct" as a rule, for float64 more. A NaN or infinity spreads over its block.
   */
  | "fft";

/** Options of corr1d and convolve1d. */
export interface Corr1dOptions {
  /** How much of all overlaps is returned. Default "valid", unless `padding` is given. */
  readonly mode?: Mode;
  /** Instead of `mode`: the same number of samples at both ends, [before, after], or a rule as in conv2d. */
  readonly padding?: number | readonly [number, number] | "same" | "valid" | "full";
  /** Samples from one output to the next. Default 1. */
  readonly strides?: number;
  /** Distance between neighbouring taps. Default 1. */
  readonly dilations?: number;
  /** What padding is filled with. Default "constant": zeros. */
  readonly border?: Border;
  /** Default "auto": the one expected to be faster. */
  readonly algorithm?: Algorithm1d | "auto";
  /** Default "fast". "exact" keeps "auto" from fft. */
  readonly accuracy?: Accuracy;
}

const corr1dOptionNames = [...["mode", "padding", "strides", "dilations", "border", "algorithm", "accuracy"]];

/** See `corr1d` and `convolve1d` of {@link Engine}. */
export function correlate1d(
  core: EngineCore,
  x: Signal,
  kernel: Signal,
  options: (Corr1dOptions & RunOptions) | undefined,
  flip: boolean,
): Tensor {
  core.assertOpen();
  const { out, ...given } = readOptions(options, [...corr1dOptionNames, "out"]);
  const { samples, taps } = operands(x, kernel);
  const spec = resolve1d(samples.length, taps.length, dtypeOf(samples, "x"), given);
  const weights = flip ? taps.slice().reverse() : taps;
  if (select1d(core, spec, given) === "fft") return runFft(samples, weights, spec, out);
  const plan = planDirect(core, spec, weights);
  try {
    return asSignal(plan.run(samples, out === undefined ? undefined : { out: outOf(out, spec) }), out);
  } finally {
    plan.dispose();
  }
}

/** See `corr1dAsync` and `convolve1dAsync` of {@link Engine}. */
export async function correlate1dAsync(
  core: EngineCore,
  x: Signal,
  kernel: Signal,
  options: (Corr1dOptions & RunOptions & AsyncOptions) | undefined,
  flip: boolean,
): Promise<Tensor> {
  core.assertOpen();
  const names = [...corr1dOptionNames, "out", "signal", "transfer"];
  const { out, signal, transfer = false, ...given } = readOptions(options, names);
  checkSignal(signal);
  signal?.throwIfAborted();
  const { samples, taps } = operands(x, kernel);
  const spec = resolve1d(samples.length, taps.length, dtypeOf(samples, "x"), given);
  const weights = flip ? taps.slice().reverse() : taps;
  const takes = transfer && !(x instanceof AllocatedTensor);
  if (select1d(core, spec, given) === "fft") {
    const own = takes ? takeOver(samples) : copyOf(samples);
    return runFftAsync(core, own, copyOf(weights), spec, { signal, ...(out !== undefined && { out }) });
  }
  const plan = planDirect(core, spec, weights);
  try {
    const given = { signal, transfer: takes, ...(out !== undefined && { out: outOf(out, spec) }) };
    return asSignal(await plan.runAsync(samples, given), out);
  } finally {
    plan.dispose();
  }
}

/** A signal of numbers takes the element type of the kernel, and a kernel of numbers that of the signal. */
function operands(x: Signal, kernel: Signal): { samples: FloatArray; taps: FloatArray } {
  if (Array.isArray(x) && !Array.isArray(kernel)) {
    const taps = readTaps(kernel, "kernel");
    return { samples: readSignal(x, "x", dtypeOf(taps, "kernel")), taps };
  }
  const samples = readSignal(x, "x");
  const dtype = dtypeOf(samples, "x");
  const taps = readTaps(kernel, "kernel", dtype);
  if (dtypeOf(taps, "kernel") !== dtype) throw invalid(`${dtype} elements, as x has,`, "kernel", kernel);
  return { samples, taps };
}

/** A signal as a matrix of one row. Throws INVALID_ARGUMENT. */
export function resolve1d(
  length: number,
  kernelLength: number,
  dtype: FloatDType,
  { mode, padding, strides = 1, dilations = 1, border }: Corr1dOptions,
): ConvSpec {
  checkPositive(strides, "strides");
  checkPositive(dilations, "dilations");
  const given = {
    ...{ strides: [1, strides] as const, dilations: [1, dilations] as const },
    ...(mode !== undefined && { mode }),
    ...(padding !== undefined && { padding: sides(padding) }),
    ...(border !== undefined && { border }),
  };
  return resolveMatrix([1, length], [1, kernelLength], dtype, given, "kernel");
}

/** Padding of a row. What is no padding passes as it is, to be refused with all others. */
function sides(padding: NonNullable<Corr1dOptions["padding"]>) {
  if (typeof padding === "string") return padding;
  if (typeof padding === "number") return [0, 0, padding, padding] as const;
  if (Array.isArray(padding) && padding.length === 2) return [0, 0, padding[0], padding[1]] as const;
  throw invalid('a whole number >= 0, two of them, "same", "valid" or "full"', "padding", padding);
}

/** Checks the options and chooses. */
function select1d(core: EngineCore, spec: ConvSpec, options: Corr1dOptions): Algorithm1d {
  const algorithm = checkOneOf(options.algorithm ?? "auto", ["auto", ...algorithms1d], "algorithm");
  const accuracy = resolveAccuracy(options.accuracy);
  if (algorithm !== "auto") return algorithm;
  return accuracy === "fast" && fftNanoseconds(spec) < directNanoseconds(core, spec) ? "fft" : "direct";
}

/**
 * Multiply-adds of float32 in a nanosecond, in one long row on one thread: measured on Zen 5 with Node 20; NEON and
 * relaxed SIMD are guesses. The number of threads must not change results, so it is not asked for.
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

/** Each block, and about as much for the kernel. */
function fftNanoseconds(spec: ConvSpec): number {
  const extent = dilatedSize(spec.kernelWidth, spec.dilations[1]);
  if (extent > largestExtent) return Number.POSITIVE_INFINITY;
  const length = bestLength(extent);
  const blocks = Math.ceil(((spec.outWidth - 1) * spec.strides[1] + 1) / (length - extent + 1));
  return (blocks + 1) * blockNanoseconds(length);
}

/** Named "direct", on the backend whatever the size: each output is then computed alike wherever it lies in a signal. */
export function planDirect(core: EngineCore, spec: ConvSpec, weights: FloatArray): ConvPlan {
  return planSpec({ ...core, smallBelow: 0 }, spec, weights, null, { algorithm: "direct" });
}

function runFft(x: FloatArray, taps: FloatArray, spec: ConvSpec, out: RunOptions["out"]): Tensor {
  const output = out === undefined ? allocate(spec.dtype as FloatDType, spec.outWidth) : outOf(out, spec);
  checkOutput(output, spec);
  if (overlap(output, x)) throw invalid("an array apart from x", "out", output);
  correlateByFft(spec, x, taps, output);
  return asSignal(new Tensor(output, [spec.outWidth]), out);
}

/** The same in a worker, as it is TypeScript. `x` and `taps` are the worker's from then on. */
async function runFftAsync(
  core: EngineCore,
  x: FloatArray,
  taps: FloatArray,
  spec: ConvSpec,
  { out, signal }: RunOptions & AsyncOptions,
): Promise<Tensor> {
  if (out !== undefined) checkOutput(outOf(out, spec), spec);
  const output = allocateOutput(spec.dtype as FloatDType, spec.outWidth);
  await core.workers().compute({ kind: "overlapSave", spec }, [x, taps], output, signal);
  if (out === undefined) return new Tensor(output, [spec.outWidth]);
  const target = outOf(out, spec);
  checkOutput(target, spec);
  target.set(output);
  return asSignal(new Tensor(target, [spec.outWidth]), out);
}

function checkOutput(output: FloatArray, { dtype, outWidth }: ConvSpec): void {
  if (dtypeOf(output, "out") !== dtype) throw invalid(`${dtype} elements, as x has,`, "out", output);
  if (output.length !== outWidth) throw invalid(`${outWidth} elements`, "out", output);
}

/** The elements of an `out` that has the shape of the result. */
function outOf(out: NonNullable<RunOptions["out"]>, { outWidth }: ConvSpec): FloatArray {
  if (Array.isArray(out))
    throw invalid("a typed array or { data, shape }, which can be written to,", "out", out);
  const data = readSignal(out, "out");
  if (data.length !== outWidth) throw invalid(`${outWidth} elements`, "out", out);
  return data;
}

/** The result as a tensor of one axis; the caller's own tensor if there is one. */
function asSignal({ data }: Tensor, out: RunOptions["out"]): Tensor {
  return out instanceof Tensor ? out : new Tensor(data, [data.length]);
}
