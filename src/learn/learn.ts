// SPDX-License-Identifier: MIT
// The public names of corr2d/learn; index.ts and web.ts put them on a platform.

export { type LoadOptions, load, save } from "./checkpoint.ts";
export { ConvTranspose2d, type ConvTranspose2dLayerOptions } from "./conv-transpose2d.ts";
export { Conv2d, type Conv2dLayerOptions } from "./conv2d.ts";
export { type Examples, type FitOptions, type FitProgress, fit, type History, predict } from "./fit.ts";
export { Flatten } from "./flatten.ts";
export { type Fans, glorotUniform, type Initializer, kaimingUniform, normal } from "./initializers.ts";
export { Layer, type Parameter, type WeightedLayerOptions } from "./layer.ts";
export {
  type LearnedKernel,
  type LearnKernelOptions,
  type LearnKernelProgress,
  learnKernel,
} from "./learn-kernel.ts";
export { Linear } from "./linear.ts";
export {
  accuracy,
  type Labels,
  type Loss,
  type LossValue,
  type MseOptions,
  mse,
  softmaxCrossEntropy,
} from "./losses.ts";
export { type AdamOptions, adam, type Optimiser, type SgdOptions, sgd } from "./optimisers.ts";
export { Pool2d, type Pool2dLayerOptions } from "./pool2d.ts";
export { Random } from "./random.ts";
export { Relu } from "./relu.ts";
export {
  type ReadSafetensorsOptions,
  readSafetensors,
  type Safetensors,
  type SafetensorsInput,
  type SafetensorsTensor,
  writeSafetensors,
} from "./safetensors.ts";
export type { SafetensorsDType } from "./safetensors-dtypes.ts";
export { Sequential, type SequentialOptions } from "./sequential.ts";
export { summary } from "./summary.ts";
