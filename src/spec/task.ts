// SPDX-License-Identifier: MIT
// What a backend is asked to compute: plain data without optionals, which can be sent to a worker.
import type { FloatDType, TypedArray } from "../dtype.ts";
import type { Algorithm, ConvSpec } from "./convolution.ts";
import type { PatchSpec } from "./patches.ts";
import type { PoolSpec } from "./window.ts";

/** Input -> output. */
export interface ConvTask {
  readonly kind: "conv";
  readonly spec: ConvSpec;
  readonly algorithm: Algorithm;
  /** OIHW: outChannels * inChannels / groups * kernelHeight * kernelWidth of `spec.weightsDtype`. */
  readonly weights: TypedArray;
  /** outChannels of them, int32 for integers; null for zeros. */
  readonly bias: TypedArray | null;
  /** outChannels of them for integers whose output is not int32; else null. */
  readonly scale: Float32Array | null;
}

/** Input, gradient of the output -> gradient of the weights, OIHW. The spec's activation takes no part. */
export interface GradWeightsTask {
  readonly kind: "gradWeights";
  readonly spec: ConvSpec;
}

/** Image -> pooled image. */
export interface PoolTask {
  readonly kind: "pool";
  readonly spec: PoolSpec;
}

/** Image (null for a mean), gradient of the output -> gradient of the image. */
export interface PoolGradTask {
  readonly kind: "poolGrad";
  readonly spec: PoolSpec;
}

/** "unfold": image -> patches. "fold": patches -> image, in which each element of a patch is added to its source. */
export interface PatchTask {
  readonly kind: "unfold" | "fold";
  readonly spec: PatchSpec;
  readonly dtype: FloatDType;
}

/**
 * Weights -> weights in which input and output channels of each group have changed places:
 * to[group, ic, oc, targets[k]] = from[group, oc, ic, sources[k]], for kernels of `kernel` and `window` elements. Targets
 * that are not named stay as they are. The second output, one uint8, is 1 if the weights are finite, else 0; of kernels of
 * which a part is moved, the rest may count too.
 */
export interface ExchangeTask {
  readonly kind: "exchange";
  readonly dtype: FloatDType;
  readonly groups: number;
  readonly groupOut: number;
  readonly groupIn: number;
  readonly kernel: number;
  readonly window: number;
  readonly sources: Int32Array;
  readonly targets: Int32Array;
}

/**
 * Tensor [images, rows, columns, pixel] -> a larger one, [images, outRows, outColumns, pixel], in which its rows and
 * columns begin at `top` and `left` and lie a stride apart. Other elements stay as they are.
 */
export interface InterleaveTask {
  readonly kind: "interleave";
  readonly dtype: FloatDType;
  readonly images: number;
  readonly rows: number;
  readonly columns: number;
  /** Elements that stay together. */
  readonly pixel: number;
  readonly outRows: number;
  readonly outColumns: number;
  readonly top: number;
  readonly left: number;
  readonly strideY: number;
  readonly strideX: number;
}

/** Signal, taps -> their correlation by Fourier transforms of blocks; the spec is that of a matrix of one row. */
export interface OverlapSaveTask {
  readonly kind: "overlapSave";
  readonly spec: ConvSpec;
}

export type Task =
  | ConvTask
  | GradWeightsTask
  | PoolTask
  | PoolGradTask
  | PatchTask
  | ExchangeTask
  | InterleaveTask
  | OverlapSaveTask;

/** A task without its constants: enough to ask whether a backend has it. */
export type TaskQuery = Exclude<Task, ConvTask> | Pick<ConvTask, "kind" | "spec" | "algorithm">;

/** An operand of a task at one of its fixed places; null at a place that the task does not use. */
export type Operand = TypedArray | null;
