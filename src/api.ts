// SPDX-License-Identifier: MIT
export type { ConvTransposePlan } from "./adjoint-plan.ts";
export type { BackendName } from "./backend/backend.ts";
export { type BackendOptions, type BackendReport, backends } from "./backend/choose.ts";
export {
  conv2d,
  conv2dAsync,
  conv2dGradBias,
  conv2dGradInput,
  conv2dGradInputAsync,
  conv2dGradWeights,
  conv2dGradWeightsAsync,
  convolve2d,
  convolve2dAsync,
  convTranspose2d,
  convTranspose2dAsync,
  corr2d,
  corr2dAsync,
  planConv2d,
  planConv2dGradInput,
  planConvTranspose2d,
} from "./default.ts";
export type { DType, FloatArray } from "./dtype.ts";
export { createEngine, type Engine, outputShape } from "./engine.ts";
export { Corr2dError, type ErrorCode } from "./errors.ts";
export * as kernels from "./kernels/index.ts";
export type { ConvTranspose2dOptions } from "./ops/conv-transpose2d.ts";
export type { Conv2dOptions } from "./ops/conv2d.ts";
export type { Corr2dOptions, Mode } from "./ops/corr2d.ts";
export type { Conv2dGradientOptions } from "./ops/gradients.ts";
export type { AsyncOptions, ConvPlan, RunOptions } from "./plan.ts";
export type { ConvOptions, FilterLayout } from "./resolve.ts";
export type { ConvTransposeOptions, TransposedFilterLayout } from "./resolve-transpose.ts";
export type { Accuracy } from "./select.ts";
export type { Padding, PerAxis } from "./shape.ts";
export type { Activation, Algorithm, Border, ConvSpec, InputLayout } from "./spec.ts";
export { type NestedArray, Tensor, type TensorLike } from "./tensor.ts";
export { type TuningRecord, tuning } from "./tuning.ts";
