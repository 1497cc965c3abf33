// SPDX-License-Identifier: MIT
export { type Conv2dCost, type CostOptions, conv2dCost } from "./arithmetic/cost.ts";
export { explainShape } from "./arithmetic/explain-shape.ts";
export {
  type ReceptiveField,
  type ReceptiveFieldOptions,
  receptiveField,
  type SeenPixels,
  type WindowLayer,
} from "./arithmetic/receptive-field.ts";
export { type SamePaddingOptions, samePadding } from "./arithmetic/same-padding.ts";
export type { BackendName } from "./backend/backend.ts";
export { type BackendOptions, type BackendReport, backends } from "./backend/choose.ts";
export {
  conv2d,
  conv2dAsync,
  convolve1d,
  convolve2d,
  convolve2dAsync,
  corr1d,
  corr2d,
  corr2dAsync,
  planConv2d,
  streamConv1d,
} from "./default.ts";
export type { DType, FloatArray } from "./dtype.ts";
export { createEngine, type Engine, outputShape } from "./engine.ts";
export { Corr2dError, type ErrorCode } from "./errors.ts";
export * as kernels from "./kernels/index.ts";
export type { Conv2dOptions } from "./ops/conv2d.ts";
export type { Algorithm1d, Corr1dOptions } from "./ops/corr1d.ts";
export type { Corr2dOptions, Mode } from "./ops/corr2d.ts";
export type { StreamConv1dOptions } from "./ops/stream-conv1d.ts";
export type { AsyncOptions, ConvPlan, RunOptions } from "./plan.ts";
export type { ConvOptions, FilterLayout } from "./resolve.ts";
export type { Accuracy } from "./select.ts";
export type { Padding, PerAxis } from "./shape.ts";
export { type IstftOptions, istft } from "./signal/istft.ts";
export type { Signal } from "./signal/signal.ts";
export { type Spectrogram, type SpectrogramOptions, spectrogram } from "./signal/spectrogram.ts";
export { type FrameOptions, type Spectra, type StftOptions, type StftScaling, stft } from "./signal/stft.ts";
export type { SampleStream } from "./signal/stream.ts";
export { type SpectraStream, type StreamStftOptions, streamStft } from "./signal/stream-stft.ts";
export { getWindow, type Window, type WindowOptions } from "./signal/window.ts";
export type { Activation, Algorithm, Border, ConvSpec, InputLayout } from "./spec.ts";
export { type NestedArray, Tensor, type TensorLike } from "./tensor.ts";
export { type TuningRecord, tuning } from "./tuning.ts";
