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
export * from "./default.ts";
export type { ByteArray, DType, FloatArray, TypedArray } from "./dtype.ts";
export { createEngine, type Engine } from "./engine.ts";
export { Corr2dError, type ErrorCode } from "./errors.ts";
export * as kernels from "./kernels/index.ts";
export type { SharedConvOptions } from "./ops/conv-nd.ts";
export type { ConvTranspose1dOperators, ConvTranspose1dOptions } from "./ops/conv-transpose1d.ts";
export type { ConvTranspose2dOperators, ConvTranspose2dOptions } from "./ops/conv-transpose2d.ts";
export type { Conv1dOperators, Conv1dOptions } from "./ops/conv1d.ts";
export type { Conv2dOperators, Conv2dOptions, IntegerConv2dOptions } from "./ops/conv2d.ts";
export type { Conv3dOperators } from "./ops/conv3d.ts";
export type { Conv3dOptions, Conv3dPlan } from "./ops/conv3d-plan.ts";
export type { Algorithm1d, Corr1dOperators, Corr1dOptions } from "./ops/corr1d.ts";
export type { Corr2dOperators, Corr2dOptions, Mode, PlanCorr2dOptions } from "./ops/corr2d.ts";
export type { Conv2dGradientOptions, GradientOperators, PlanGradWeightsOptions } from "./ops/gradients.ts";
export type { IntegerOutput } from "./ops/integer-output.ts";
export * as outputShape from "./ops/output-shape.ts";
export type { ImagePadding, PadOperators, PadOptions, PlanPadOptions } from "./ops/pad.ts";
export type {
  AvgPool2dOptions,
  GlobalPool2dOptions,
  MaxPool2dOptions,
  PlanPool2dOptions,
  Pool2dOperators,
} from "./ops/pool2d.ts";
export type { StreamCorr1dOperators, StreamCorr1dOptions } from "./ops/stream-corr1d.ts";
export type { UnfoldOperators, UnfoldOptions } from "./ops/unfold.ts";
export type { ConvTransposePlan } from "./plan/adjoint-plan.ts";
export type { ConvPlan } from "./plan/conv-plan.ts";
export type { GradWeightsPlan } from "./plan/grad-weights-plan.ts";
export type { OperationPlan, PoolGradPlan } from "./plan/operation-plan.ts";
export type { AsyncOptions, Plan, RunOptions, UnaryPlan } from "./plan/plan.ts";
export { type TuningRecord, tuning } from "./plan/tuning.ts";
export type { ConvOptions } from "./resolve/convolution.ts";
export type { IntegerOptions, IntegerOutputDType } from "./resolve/elements.ts";
export type { Padding, PerAxis } from "./resolve/shape.ts";
export type { ConvTransposeOptions, TransposedFilterLayout } from "./resolve/transposed.ts";
export type { Rounding, WindowOptions } from "./resolve/window.ts";
export type { FrameOptions, StftScaling } from "./signal/frames.ts";
export { type IstftOptions, istft } from "./signal/istft.ts";
export type { Signal } from "./signal/signal.ts";
export { type Spectrogram, type SpectrogramOptions, spectrogram } from "./signal/spectrogram.ts";
export { type Spectra, type StftOptions, stft } from "./signal/stft.ts";
export type { SampleStream } from "./signal/stream.ts";
export { type SpectraStream, type StreamStftOptions, streamStft } from "./signal/stream-stft.ts";
export { type GetWindowOptions, getWindow, type Window } from "./signal/window.ts";
export type { Activation } from "./spec/activation.ts";
export type { Border } from "./spec/border.ts";
export type { Accuracy, Algorithm, ConvSpec } from "./spec/convolution.ts";
export type { FilterLayout, InputLayout } from "./spec/layout.ts";
export { type AllocatedTensor, type NestedArray, Tensor, type TensorLike } from "./tensor.ts";
