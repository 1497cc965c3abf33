// SPDX-License-Identifier: MIT
// A task says what a backend computes. It is plain data without optionals, so that it can be sent to a worker.
import type { FloatDType, TypedArray } from "../dtype.ts";
import type { Algorithm, ConvSpec } from "./convolution.ts";
import type { PatchSpec } from "./patches.ts";
import type { PoolSpec } from "./window.ts";

/** Inputs: [x]. Output: the convolution. */
export interface ConvTask {
  readonly kind: "conv";
  readonly spec: ConvSpec;
  readonly algorithm: Algorithm;
  /** OIHW: outChannels * inChannels / groups * kernelHeight * kernelWidth of `spec.weightsDtype`. */
  readonly weights: TypedArray;
  /** One for each output channel, int32 for an integer convolution; null stands for zeros. */
  readonly bias: TypedArray | null;
  /** One for each output channel if an integer convolution's output is not int32; otherwise null. */
  readonly scale: Float32Array | null;
}

/** Inputs: [x, gradOutput]. Output: the gradient of the weights, OIHW. The spec's activation is ignored. */
export interface GradWeightsTask {
  readonly kind: "gradWeights";
  readonly spec: ConvSpec;
}

/** Inputs: [image]. Output: the pooled image. */
export interface PoolTask {
  readonly kind: "pool";
  readonly spec: PoolSpec;
}

/** Inputs: [image, gradOutput]; the image is null for a mean. Output: the gradient of the image. */
export interface PoolGradTask {
  readonly kind: "poolGrad";
  readonly spec: PoolSpec;
}

/** "unfold" copies an image to patches. "fold" adds each element of the patches to its source in an image. */
export interface PatchTask {
  readonly kind: "unfold" | "fold";
  readonly spec: PatchSpec;
  readonly dtype: FloatDType;
}

/**
 * Exchanges the input and output channels of each group of weights: to[group, ic, oc, targets[k]] = from[group, oc, ic,
 * sources[k]]. A kernel has `kernel` elements in `from` and `window` in `to`; elements of `to` that are no target keep
 * their values. The second output, one uint8, is 1 if the weights are finite and 0 otherwise. When only a part of each
 * kernel is moved, the rest may count too.
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
 * Copies a tensor [images, rows, columns, pixel] into a larger one, [images, outRows, outColumns, pixel]. Rows and
 * columns begin at `top` and `left` there and lie a stride apart; the other elements keep their values.
 */
export interface InterleaveTask {
  readonly kind: "interleave";
  readonly dtype: FloatDType;
  readonly images: number;
  readonly rows: number;
  readonly columns: number;
  /** Neighbouring elements that stay together. */
  readonly pixel: number;
  readonly outRows: number;
  readonly outColumns: number;
  readonly top: number;
  readonly left: number;
  readonly strideY: number;
  readonly strideX: number;
}

/** Inputs: [signal, taps]. Output: their correlation, by Fourier transforms of blocks. The spec is that of one row. */
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

/** A task without its constants: all that a backend needs to say whether it supports it. */
export type TaskQuery = Exclude<Task, ConvTask> | Pick<ConvTask, "kind" | "spec" | "algorithm">;

/** An operand at one of a task's fixed places; null where the task uses none. */
export type Operand = TypedArray | null;
