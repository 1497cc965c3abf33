// SPDX-License-Identifier: MIT

import type { EngineCore } from "../core.ts";
import { allocate, dtypeOf, type FloatArray, type FloatDType } from "../dtype.ts";
import { invalid } from "../errors.ts";
import { copyOf } from "../input/arrays.ts";
import { checkArity, checkOneOf, checkPositive, type Names, readOptions } from "../input/options.ts";
import type { ConvPlan } from "../plan/conv-plan.ts";
import { takeOutputs } from "../signal/fft-correlation.ts";
import { planOverlapSave } from "../signal/overlap-save.ts";
import { readChunk, readTaps, SampleQueue, type Signal } from "../signal/signal.ts";
import type { SampleStream } from "../signal/stream.ts";
import { dilatedSize } from "../spec/shape.ts";
import { type Algorithm1d, planDirect, resolve1d } from "./corr1d.ts";
import { centredPadding, type Mode } from "./corr2d.ts";

/** The options of streamCorr1d and streamConvolve1d. Options that corr1d has too mean the same. */
export interface StreamCorr1dOptions {
  /** The kernel, whose element type is that of the stream; plain numbers are float32. */
  readonly kernel: Signal;
  readonly mode?: Mode;
  /** Zeros before and after the signal. [kernel length - 1, 0] makes a causal filter. */
  readonly padding?: number | readonly [number, number];
  readonly strides?: number;
  readonly dilations?: number;
  /**
   * Default "direct", which returns each output as soon as its last sample is there. "fft" waits for a whole block,
   * which is at least twice as long as the kernel's extent.
   */
  readonly algorithm?: Algorithm1d;
}

const names: Names<StreamCorr1dOptions> = {
  ...{ kernel: true, mode: true, padding: true, strides: true, dilations: true, algorithm: true },
};

/** The most samples that a stream keeps in memory: its kernel's extent, or padding on one side. */
const mostSamples = 2 ** 26;

/** A stream's options with every value resolved. */
interface StreamSpec {
  readonly dtype: FloatDType;
  readonly taps: FloatArray;
  readonly before: number;
  readonly after: number;
  readonly stride: number;
  readonly dilation: number;
  /** Samples from the first to the last that one output reads. */
  readonly extent: number;
}

/** The operators of an {@link Engine} for signals that come in chunks. */
export interface StreamCorr1dOperators {
  /**
   * Correlates a signal that comes in chunks. The outputs of `push` and `flush`, one after the other, are to the last
   * bit those of one `corr1d` of all samples with the same `algorithm`. Throws INVALID_ARGUMENT as corr1d does.
   */
  streamCorr1d(options: StreamCorr1dOptions): SampleStream;
  /** Convolves a signal that comes in chunks, as `convolve1d` does: an impulse gives the kernel. */
  streamConvolve1d(options: StreamCorr1dOptions): SampleStream;
}

export function streamCorr1dOperators(core: EngineCore): StreamCorr1dOperators {
  return {
    streamCorr1d: (options) => openStream(core, options, false),
    streamConvolve1d: (options) => openStream(core, options, true),
  };
}

function openStream(core: EngineCore, options: StreamCorr1dOptions, flip: boolean): SampleStream {
  core.assertOpen();
  const { algorithm = "direct", ...given } = readOptions(options, names);
  checkOneOf(algorithm, ["direct", "fft"], "algorithm");
  const spec = resolveStream(given, flip);
  return algorithm === "direct" ? directStream(core, spec) : fftStream(core, spec);
}

function resolveStream(
  { kernel, mode, padding, strides = 1, dilations = 1 }: StreamCorr1dOptions,
  flip: boolean,
): StreamSpec {
  const given = readTaps(kernel, "kernel");
  if (given.length === 0) throw invalid("at least one element", "kernel", kernel);
  checkPositive(strides, "strides");
  checkPositive(dilations, "dilations");
  if (mode !== undefined) checkOneOf(mode, ["valid", "same", "full"], "mode");
  if (mode !== undefined && padding !== undefined)
    throw invalid("nothing, as mode is given,", "padding", padding);
  const extent = dilatedSize(given.length, dilations);
  if (extent > mostSamples)
    throw invalid(
      `a kernel that reaches over at most ${mostSamples} samples`,
      "kernel with its dilations",
      kernel,
    );
  const [before, after] =
    mode === "full"
      ? [extent - 1, extent - 1]
      : mode === "same"
        ? centredPadding(extent)
        : readPadding(padding === undefined ? 0 : padding);
  return {
    ...{ dtype: dtypeOf(given, "kernel"), before, after, stride: strides, dilation: dilations, extent },
    taps: flip ? copyOf(given).reverse() : copyOf(given),
  };
}

function readPadding(padding: unknown): [number, number] {
  const sides: unknown = typeof padding === "number" ? [padding, padding] : padding;
  const isSize = (side: unknown) =>
    Number.isInteger(side) && (side as number) >= 0 && (side as number) <= mostSamples;
  if (!Array.isArray(sides) || sides.length !== 2 || !isSize(sides[0]) || !isSize(sides[1])) {
    throw invalid(`a whole number from 0 to ${mostSamples} or two of them`, "padding", padding);
  }
  return [sides[0], sides[1]];
}

/** Computes the outputs that each chunk completes. */
function directStream(core: EngineCore, spec: StreamSpec): SampleStream {
  const { dtype, before, after, stride, extent } = spec;
  const planOf = plans(core, spec);
  const queue = new SampleQueue(dtype);
  /** Samples still to come that no output reads, as a long stride steps over them. */
  let skip = 0;
  let isEmpty = true;
  const begin = () => {
    queue.clear();
    queue.pushZeros(before);
    skip = 0;
    isEmpty = true;
  };
  const advance = (): FloatArray => {
    const skipped = Math.min(skip, queue.length);
    queue.drop(skipped);
    skip -= skipped;
    if (skip > 0 || queue.length < extent) return allocate(dtype, 0);
    const count = Math.floor((queue.length - extent) / stride) + 1;
    const { data } = planOf(count).run(queue.view((count - 1) * stride + extent));
    const used = Math.min(count * stride, queue.length);
    queue.drop(used);
    skip = count * stride - used;
    return data;
  };
  begin();
  return {
    push(chunk) {
      checkArity("push", arguments.length, 1);
      const samples = readChunk(chunk, dtype);
      queue.push(samples);
      isEmpty &&= samples.length === 0;
      return isEmpty ? allocate(dtype, 0) : advance();
    },
    flush() {
      queue.pushZeros(after);
      const outputs = isEmpty ? allocate(dtype, 0) : advance();
      begin();
      return outputs;
    },
  };
}

/** Keeps plans by their number of outputs. Chunks of one length need two, as their numbers of outputs differ by one. */
function plans(core: EngineCore, { dtype, taps, stride, dilation, extent }: StreamSpec) {
  const mostPlans = 4;
  const known = new Map<number, ConvPlan>();
  return (count: number): ConvPlan => {
    const options = { strides: stride, dilations: dilation };
    const plan =
      known.get(count) ??
      planDirect(core, resolve1d((count - 1) * stride + extent, taps.length, dtype, options), taps);
    known.delete(count);
    known.set(count, plan);
    if (known.size > mostPlans) {
      const [[oldest, forgotten]] = known;
      known.delete(oldest);
      forgotten.dispose();
    }
    return plan;
  };
}

/** Computes whole blocks, which lie where corr1d has them. */
function fftStream(core: EngineCore, spec: StreamSpec): SampleStream {
  const { dtype, before, after, stride, dilation, extent } = spec;
  const blocks = planOverlapSave(spec.taps, dilation);
  const block = new Float64Array(blocks.fftLength);
  const queue = new SampleQueue(dtype);
  let start = 0; // The queue's first sample has this position in the padded signal.
  let done = 0; // This many outputs were returned.
  let isEmpty = true;
  const begin = () => {
    queue.clear();
    queue.pushZeros(before);
    start = 0;
    done = 0;
    isEmpty = true;
  };
  /** Returns the outputs at positions below `end`. Zeros complete the last block. */
  const advance = (end: number): FloatArray => {
    const outputs = allocate(dtype, Math.max(Math.ceil(end / stride) - done, 0));
    for (let written = 0; start < end; start += blocks.step) {
      const samples = queue.view(Math.min(queue.length, block.length));
      block.set(samples);
      block.fill(0, samples.length);
      written += takeOutputs(blocks, block, start, stride, outputs.subarray(written), done + written);
      queue.drop(Math.min(blocks.step, queue.length));
    }
    done += outputs.length;
    return outputs;
  };
  begin();
  return {
    push(chunk) {
      checkArity("push", arguments.length, 1);
      core.assertOpen();
      const samples = readChunk(chunk, dtype);
      queue.push(samples);
      isEmpty &&= samples.length === 0;
      const whole = Math.max(Math.floor((queue.length - block.length) / blocks.step) + 1, 0);
      return advance(isEmpty ? 0 : start + whole * blocks.step);
    },
    flush() {
      core.assertOpen();
      queue.pushZeros(after);
      const outputs = advance(isEmpty ? 0 : start + queue.length - extent + 1);
      begin();
      return outputs;
    },
  };
}
