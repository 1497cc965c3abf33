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
  avgPool2d,
  avgPool2dAsync,
  avgPool2dGrad,
  avgPool2dGradAsync,
  conv1d,
  conv1dAsync,
  conv2d,
  conv2dAsync,
  conv2dGradBias,
  conv2dGradInput,
  conv2dGradInputAsync,
  conv2dGradWeights,
  conv2dGradWeightsAsync,
  conv3d,
  conv3dAsync,
  convolve1d,
  convolve1dAsync,
  convolve2d,
  convolve2dAsync,
  convTranspose1d,
  convTranspose1dAsync,
  convTranspose2d,
  convTranspose2dAsync,
  corr1d,
  corr1dAsync,
  corr2d,
  corr2dAsync,
  fold,
  foldAsync,
  globalAvgPool2d,
  globalAvgPool2dAsync,
  globalAvgPool2dGrad,
  globalAvgPool2dGradAsync,
  maxPool2d,
  maxPool2dAsync,
  maxPool2dGrad,
  maxPool2dGradAsync,
  pad,
  padAsync,
  padGrad,
  padGradAsync,
  planConv1d,
  planConv2d,
  planConv2dGradInput,
  planConv2dGradWeights,
  planConv3d,
  planConvTranspose1d,
  planConvTranspose2d,
  streamConv1d,
  unfold,
  unfoldAsync,
} from "./default.ts";
export type { ByteArray, DType, FloatArray, TypedArray } from "./dtype.ts";
export { createEngine, type Engine } from "./engine.ts";
export { Corr2dError, type ErrorCode } from "./errors.ts";
export * as kernels from "./kernels/index.ts";
export type { ConvNdPlan, SharedConvOptions } from "./ops/conv-nd.ts";
export type {
  ConvTranspose1dOperators,
  ConvTranspose1dOptions,
  ConvTranspose1dPlan,
} from "./ops/conv-transpose1d.ts";
export type { ConvTranspose2dOptions } from "./ops/conv-transpose2d.ts";
export type { ConvTranspose2dOperators } from "./ops/conv-transpose2d-operators.ts";
export type { Conv1dOperators, Conv1dOptions } from "./ops/conv1d.ts";
export type { Conv2dOptions, IntegerConv2dOptions } from "./ops/conv2d.ts";
export type { Conv2dOperators } from "./ops/conv2d-operators.ts";
export type { Conv3dOperators, Conv3dOptions } from "./ops/conv3d.ts";
export type { Algorithm1d, Corr1dOptions } from "./ops/corr1d.ts";
export type { Corr1dOperators } from "./ops/corr1d-operators.ts";
export type { Corr2dOptions, Mode } from "./ops/corr2d.ts";
export type { Corr2dOperators } from "./ops/corr2d-operators.ts";
export type { GradientOperators } from "./ops/gradient-operators.ts";
export type { Conv2dGradientOptions, PlanGradWeightsOptions } from "./ops/gradients.ts";
export type { IntegerOutput } from "./ops/integer-output.ts";
export { outputShape } from "./ops/output-shape.ts";
export type { ImagePadding, PadOperators, PadOptions } from "./ops/pad.ts";
export {
  type AvgPool2dOptions,
  type GlobalPool2dOptions,
  type MaxPool2dOptions,
  type Pool2dOperators,
  pool2dOutputShape,
} from "./ops/pool2d.ts";
export type { StreamConv1dOptions } from "./ops/stream-conv1d.ts";
export type { UnfoldOperators, UnfoldOptions } from "./ops/unfold.ts";
export type { ConvTransposePlan } from "./plan/adjoint-plan.ts";
export type { GradWeightsPlan } from "./plan/grad-weights-plan.ts";
export type { AsyncOptions, ConvPlan, RunOptions } from "./plan/plan.ts";
export { type TuningRecord, tuning } from "./plan/tuning.ts";
export type { InitOptions } from "./platform/init.ts";
export type { ConvOptions } from "./resolve/convolution.ts";
export type { IntegerOptions, IntegerOutputDType } from "./resolve/elements.ts";
export type { Padding, PerAxis } from "./resolve/shape.ts";
export type { ConvTransposeOptions, TransposedFilterLayout } from "./resolve/transposed.ts";
export type { Rounding, WindowOptions } from "./resolve/window.ts";
export { type IstftOptions, istft } from "./signal/istft.ts";
export type { Signal } from "./signal/signal.ts";
export { type Spectrogram, type SpectrogramOptions, spectrogram } from "./signal/spectrogram.ts";
export { type FrameOptions, type Spectra, type StftOptions, type StftScaling, stft } from "./signal/stft.ts";
export type { SampleStream } from "./signal/stream.ts";
export { type SpectraStream, type StreamStftOptions, streamStft } from "./signal/stream-stft.ts";
export { type GetWindowOptions, getWindow, type Window } from "./signal/window.ts";
export type { Activation } from "./spec/activation.ts";
export type { Border } from "./spec/border.ts";
export type { Accuracy, Algorithm, ConvSpec } from "./spec/convolution.ts";
export type { FilterLayout, InputLayout } from "./spec/layout.ts";
export { type AllocatedTensor, type NestedArray, Tensor, type TensorLike } from "./tensor.ts";
