// SPDX-License-Identifier: MIT
export type { BackendName } from "./backend/backend.ts";
export { type BackendOptions, type BackendReport, backends } from "./backend/choose.ts";
export {
  conv2d,
  conv2dAsync,
  convolve2d,
  convolve2dAsync,
  corr2d,
  corr2dAsync,
  planConv2d,
} from "./default.ts";
export type { ByteArray, DType, FloatArray, TypedArray } from "./dtype.ts";
export type { IntegerOptions, IntegerOutputDType } from "./elements.ts";
export { createEngine, type Engine, outputShape } from "./engine.ts";
export { Corr2dError, type ErrorCode } from "./errors.ts";
export * as kernels from "./kernels/index.ts";
export type { Conv2dOptions, IntegerConv2dOptions } from "./ops/conv2d.ts";
export type { Corr2dOptions, Mode } from "./ops/corr2d.ts";
export type { IntegerOutput } from "./ops/integer-output.ts";
export type { AsyncOptions, ConvPlan, RunOptions } from "./plan.ts";
export type { ConvOptions, FilterLayout } from "./resolve.ts";
export type { Accuracy } from "./select.ts";
export type { Padding, PerAxis } from "./shape.ts";
export type { Activation, Algorithm, Border, ConvSpec, InputLayout } from "./spec.ts";
export { type NestedArray, Tensor, type TensorLike } from "./tensor.ts";
export { type TuningRecord, tuning } from "./tuning.ts";
