// SPDX-License-Identifier: MIT
import type { FloatArray, FloatDType, TypedArray } from "../dtype.ts";
import type { Algorithm, ConvSpec } from "../spec.ts";
import type { PoolSpec } from "../window.ts";

export const backendNames = ["native", "wasm", "reference"] as const;
export type BackendName = (typeof backendNames)[number];

/**
 * Something that computes convolutions and poolings. Specs, lengths and element types are valid when they arrive here; batch and
 * every other size are at least 1.
 */
export interface Backend {
  readonly name: BackendName;
  /** The instruction set in use: "avx512", "avx2", "sse2", "neon", "relaxed-simd", "simd128" or "javascript". */
  readonly isa: string;
  /** How many threads one `run` may use at most. */
  readonly threads: number;
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
  /** Writes every element of `output`. The two arrays do not overlap. */
  pool(spec: PoolSpec, input: FloatArray, output: FloatArray): void;
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
