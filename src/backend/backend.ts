// SPDX-License-Identifier: MIT
import type { FloatArray, FloatDType, TypedArray } from "../dtype.ts";
import type { Algorithm, ConvSpec } from "../spec.ts";
import type { GradWeightsOperator, WindowOperator } from "./operators.ts";

export const backendNames = ["native", "wasm", "reference"] as const;
export type BackendName = (typeof backendNames)[number];

/**
 * Something that computes convolutions and poolings. Specs, lengths and element types are valid when they arrive here; batch and
 * every other size are at least 1.
 */
export interface Backend {
  readonly name: BackendName;
  /**
   * The instruction set in use: "avx512-vnni", "avx512", "avx2", "sse2", "neon", "relaxed-simd", "simd128" or
   * "javascript".
   */
  readonly isa: string;
  /** How many threads one `run` may use at most. */
  readonly threads: number;
  /** Whether pixels had better be packed before they are multiplied, where each channel would be read from far away. */
  readonly prefersPacked?: boolean;
  supports(spec: ConvSpec, algorithm: Algorithm): boolean;
  /**
   * Packs weights (OIHW, `outChannels * inChannels / groups * kernelHeight * kernelWidth` of them) and bias
   * (`outChannels`, or null for zeros) for many runs. Both are copied, and so is `scale` (`outChannels`), which is there
   * for integers whose output is not "int32", and only for them. The bias of integers is an Int32Array.
   */
  prepare(
    spec: ConvSpec,
    algorithm: Algorithm,
    weights: TypedArray,
    bias: TypedArray | null,
    scale: Float32Array | null,
  ): PreparedConv;
  /** Prepares the gradient of a convolution's weights. */
  prepareGradWeights(operator: GradWeightsOperator): PreparedGradWeights;
  /** Makes input channels of weights output channels, and the other way round. */
  exchange(how: Exchange, from: FloatArray, to: FloatArray): void;
  /** Puts the rows and columns of `from` into `to`, a stride apart. */
  interleave(placement: Placement, from: FloatArray, to: FloatArray): void;
  /** Writes every element of `output`, which does not overlap the inputs. */
  runWindows(operator: WindowOperator, inputs: readonly FloatArray[], output: FloatArray): void;
  /** As `runWindows`, off the event loop, on the terms of `runAsync` of {@link PreparedConv}; inputs may be detached. */
  runWindowsAsync(
    operator: WindowOperator,
    inputs: readonly FloatArray[],
    output: FloatArray,
    signal: AbortSignal | undefined,
  ): Promise<void>;
  /** Room for a tensor of zeros, where `run` can read and write it without a copy if that makes a difference. */
  allocate(dtype: FloatDType, length: number): Allocation;
  /** Lets go of helper threads; prepared convolutions cannot be used afterwards. */
  dispose(): void;
}

/** Elements whose place belongs to a backend. They outlive it. */
export interface Allocation {
  /** The elements: another view after the memory has moved, which leaves earlier ones empty. */
  readonly data: FloatArray;
  /** `data` is not to be used afterwards. Called once at most. */
  free(): void;
}

/** A convolution whose weights are packed. */
export interface PreparedConv {
  /** Bytes beyond packed weights, input and output that one run needs. */
  readonly workspaceBytes: number;
  /** Writes every element of `output`. The two arrays do not overlap. */
  run(input: TypedArray, output: TypedArray): void;
  /**
   * As `run`, off the event loop. Nobody else touches the two arrays until the promise settles. Rejects with
   * `signal.reason` soon after an abort; `output` is then undefined in content.
   */
  runAsync(input: TypedArray, output: TypedArray, signal: AbortSignal | undefined): Promise<void>;
  /** Frees packed weights; runs under way finish first. A second call does nothing. */
  dispose(): void;
}

/** The gradient of a convolution's weights: for each of them, the sum over batch and outputs of gradOutput * its input. */
export interface PreparedGradWeights {
  /**
   * Writes every element of `gradWeights`, OIHW, from the convolution's input and the gradient of its output. The
   * arrays do not overlap.
   */
  run(input: FloatArray, gradOutput: FloatArray, gradWeights: FloatArray): void;
  /** As `run`, off the event loop, on the terms of `runAsync` of {@link PreparedConv}; inputs may be detached. */
  runAsync(
    input: FloatArray,
    gradOutput: FloatArray,
    gradWeights: FloatArray,
    signal: AbortSignal | undefined,
  ): Promise<void>;
  dispose(): void;
}

/** Where a tensor [images, rows, columns, pixel] goes in a larger one [images, outRows, outColumns, pixel]. */
export interface Placement {
  readonly images: number;
  readonly rows: number;
  readonly columns: number;
  /** Elements that stay together. */
  readonly pixel: number;
  readonly outRows: number;
  readonly outColumns: number;
  /** Where the first row and column go, and how far apart the next ones. */
  readonly top: number;
  readonly left: number;
  readonly strideY: number;
  readonly strideX: number;
}

/** to[group, ic, oc, targets[k]] = from[group, oc, ic, sources[k]], for kernels of `kernel` and `window` elements. */
export interface Exchange {
  readonly groups: number;
  readonly groupOut: number;
  readonly groupIn: number;
  readonly kernel: number;
  readonly window: number;
  readonly sources: Int32Array;
  readonly targets: Int32Array;
}
