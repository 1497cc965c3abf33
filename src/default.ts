// SPDX-License-Identifier: MIT
// The operators on the default engine, which is opened by the first call.
import { defaultEngine, type Engine } from "./engine.ts";

// `never` stands for the operands of whichever overload is called.

/** {@inheritDoc Engine.corr2d} */
export const corr2d = ((x: never, kernel: never, options: never) =>
  defaultEngine().corr2d(x, kernel, options)) as Engine["corr2d"];

/** {@inheritDoc Engine.convolve2d} */
export const convolve2d = ((x: never, kernel: never, options: never) =>
  defaultEngine().convolve2d(x, kernel, options)) as Engine["convolve2d"];

/** {@inheritDoc Engine.conv2d} */
export const conv2d = ((x: never, weights: never, options: never) =>
  defaultEngine().conv2d(x, weights, options)) as Engine["conv2d"];

/** {@inheritDoc Engine.planConv2d} */
export const planConv2d = ((inputShape: never, weights: never, options: never) =>
  defaultEngine().planConv2d(inputShape, weights, options)) as unknown as Engine["planConv2d"];

/** {@inheritDoc Engine.corr2dAsync} */
export const corr2dAsync = (async (x: never, kernel: never, options: never) =>
  defaultEngine().corr2dAsync(x, kernel, options)) as Engine["corr2dAsync"];

/** {@inheritDoc Engine.convolve2dAsync} */
export const convolve2dAsync = (async (x: never, kernel: never, options: never) =>
  defaultEngine().convolve2dAsync(x, kernel, options)) as Engine["convolve2dAsync"];

/** {@inheritDoc Engine.conv2dAsync} */
export const conv2dAsync = (async (x: never, weights: never, options: never) =>
  defaultEngine().conv2dAsync(x, weights, options)) as Engine["conv2dAsync"];

/** {@inheritDoc Engine.conv2dGradInput} */
export const conv2dGradInput: Engine["conv2dGradInput"] = (inputShape, weights, gradOutput, options) =>
  defaultEngine().conv2dGradInput(inputShape, weights, gradOutput, options);

/** {@inheritDoc Engine.planConv2dGradInput} */
export const planConv2dGradInput: Engine["planConv2dGradInput"] = (inputShape, weights, options) =>
  defaultEngine().planConv2dGradInput(inputShape, weights, options);

/** {@inheritDoc Engine.conv2dGradWeights} */
export const conv2dGradWeights: Engine["conv2dGradWeights"] = (x, weightsShape, gradOutput, options) =>
  defaultEngine().conv2dGradWeights(x, weightsShape, gradOutput, options);

/** {@inheritDoc Engine.conv2dGradBias} */
export const conv2dGradBias: Engine["conv2dGradBias"] = (gradOutput, options) =>
  defaultEngine().conv2dGradBias(gradOutput, options);

/** {@inheritDoc Engine.convTranspose2d} */
export const convTranspose2d: Engine["convTranspose2d"] = (x, weights, options) =>
  defaultEngine().convTranspose2d(x, weights, options);

/** {@inheritDoc Engine.planConvTranspose2d} */
export const planConvTranspose2d: Engine["planConvTranspose2d"] = (inputShape, weights, options) =>
  defaultEngine().planConvTranspose2d(inputShape, weights, options);

/** {@inheritDoc Engine.conv2dGradInputAsync} */
export const conv2dGradInputAsync: Engine["conv2dGradInputAsync"] = async (
  inputShape,
  weights,
  gradOutput,
  options,
) => defaultEngine().conv2dGradInputAsync(inputShape, weights, gradOutput, options);

/** {@inheritDoc Engine.conv2dGradWeightsAsync} */
export const conv2dGradWeightsAsync: Engine["conv2dGradWeightsAsync"] = async (
  x,
  weightsShape,
  gradOutput,
  options,
) => defaultEngine().conv2dGradWeightsAsync(x, weightsShape, gradOutput, options);

/** {@inheritDoc Engine.convTranspose2dAsync} */
export const convTranspose2dAsync: Engine["convTranspose2dAsync"] = async (x, weights, options) =>
  defaultEngine().convTranspose2dAsync(x, weights, options);
/** {@inheritDoc Engine.pad} */
export const pad: Engine["pad"] = (...operands) => defaultEngine().pad(...operands);

/** {@inheritDoc Engine.padGrad} */
export const padGrad: Engine["padGrad"] = (...operands) => defaultEngine().padGrad(...operands);

/** {@inheritDoc Engine.maxPool2d} */
export const maxPool2d: Engine["maxPool2d"] = (...operands) => defaultEngine().maxPool2d(...operands);

/** {@inheritDoc Engine.avgPool2d} */
export const avgPool2d: Engine["avgPool2d"] = (...operands) => defaultEngine().avgPool2d(...operands);

/** {@inheritDoc Engine.globalAvgPool2d} */
export const globalAvgPool2d: Engine["globalAvgPool2d"] = (...operands) =>
  defaultEngine().globalAvgPool2d(...operands);

/** {@inheritDoc Engine.maxPool2dGrad} */
export const maxPool2dGrad: Engine["maxPool2dGrad"] = (...operands) =>
  defaultEngine().maxPool2dGrad(...operands);

/** {@inheritDoc Engine.avgPool2dGrad} */
export const avgPool2dGrad: Engine["avgPool2dGrad"] = (...operands) =>
  defaultEngine().avgPool2dGrad(...operands);

/** {@inheritDoc Engine.globalAvgPool2dGrad} */
export const globalAvgPool2dGrad: Engine["globalAvgPool2dGrad"] = (...operands) =>
  defaultEngine().globalAvgPool2dGrad(...operands);

/** {@inheritDoc Engine.unfold} */
export const unfold: Engine["unfold"] = (...operands) => defaultEngine().unfold(...operands);

/** {@inheritDoc Engine.fold} */
export const fold: Engine["fold"] = (...operands) => defaultEngine().fold(...operands);

/** {@inheritDoc Engine.conv1d} */
export const conv1d: Engine["conv1d"] = (...operands) => defaultEngine().conv1d(...operands);

/** {@inheritDoc Engine.conv3d} */
export const conv3d: Engine["conv3d"] = (...operands) => defaultEngine().conv3d(...operands);

/** {@inheritDoc Engine.planConv1d} */
export const planConv1d: Engine["planConv1d"] = (...operands) => defaultEngine().planConv1d(...operands);

/** {@inheritDoc Engine.planConv3d} */
export const planConv3d: Engine["planConv3d"] = (...operands) => defaultEngine().planConv3d(...operands);

/** {@inheritDoc Engine.conv1dAsync} */
export const conv1dAsync: Engine["conv1dAsync"] = async (...operands) =>
  defaultEngine().conv1dAsync(...operands);

/** {@inheritDoc Engine.conv3dAsync} */
export const conv3dAsync: Engine["conv3dAsync"] = async (...operands) =>
  defaultEngine().conv3dAsync(...operands);

/** {@inheritDoc Engine.convTranspose1d} */
export const convTranspose1d: Engine["convTranspose1d"] = (...operands) =>
  defaultEngine().convTranspose1d(...operands);

/** {@inheritDoc Engine.convTranspose1dAsync} */
export const convTranspose1dAsync: Engine["convTranspose1dAsync"] = async (...operands) =>
  defaultEngine().convTranspose1dAsync(...operands);

/** {@inheritDoc Engine.planConvTranspose1d} */
export const planConvTranspose1d: Engine["planConvTranspose1d"] = (...operands) =>
  defaultEngine().planConvTranspose1d(...operands);

/** {@inheritDoc Engine.corr1d} */
export const corr1d: Engine["corr1d"] = (x, kernel, options) => defaultEngine().corr1d(x, kernel, options);

/** {@inheritDoc Engine.convolve1d} */
export const convolve1d: Engine["convolve1d"] = (x, kernel, options) =>
  defaultEngine().convolve1d(x, kernel, options);

/** {@inheritDoc Engine.streamConv1d} */
export const streamConv1d: Engine["streamConv1d"] = (options) => defaultEngine().streamConv1d(options);

/** {@inheritDoc Engine.padAsync} */
export const padAsync: Engine["padAsync"] = async (...operands) => defaultEngine().padAsync(...operands);

/** {@inheritDoc Engine.padGradAsync} */
export const padGradAsync: Engine["padGradAsync"] = async (...operands) =>
  defaultEngine().padGradAsync(...operands);

/** {@inheritDoc Engine.maxPool2dAsync} */
export const maxPool2dAsync: Engine["maxPool2dAsync"] = async (...operands) =>
  defaultEngine().maxPool2dAsync(...operands);

/** {@inheritDoc Engine.avgPool2dAsync} */
export const avgPool2dAsync: Engine["avgPool2dAsync"] = async (...operands) =>
  defaultEngine().avgPool2dAsync(...operands);

/** {@inheritDoc Engine.globalAvgPool2dAsync} */
export const globalAvgPool2dAsync: Engine["globalAvgPool2dAsync"] = async (...operands) =>
  defaultEngine().globalAvgPool2dAsync(...operands);

/** {@inheritDoc Engine.maxPool2dGradAsync} */
export const maxPool2dGradAsync: Engine["maxPool2dGradAsync"] = async (...operands) =>
  defaultEngine().maxPool2dGradAsync(...operands);

/** {@inheritDoc Engine.avgPool2dGradAsync} */
export const avgPool2dGradAsync: Engine["avgPool2dGradAsync"] = async (...operands) =>
  defaultEngine().avgPool2dGradAsync(...operands);

/** {@inheritDoc Engine.globalAvgPool2dGradAsync} */
export const globalAvgPool2dGradAsync: Engine["globalAvgPool2dGradAsync"] = async (...operands) =>
  defaultEngine().globalAvgPool2dGradAsync(...operands);

/** {@inheritDoc Engine.unfoldAsync} */
export const unfoldAsync: Engine["unfoldAsync"] = async (...operands) =>
  defaultEngine().unfoldAsync(...operands);

/** {@inheritDoc Engine.foldAsync} */
export const foldAsync: Engine["foldAsync"] = async (...operands) => defaultEngine().foldAsync(...operands);

/** {@inheritDoc Engine.corr1dAsync} */
export const corr1dAsync: Engine["corr1dAsync"] = async (...operands) =>
  defaultEngine().corr1dAsync(...operands);

/** {@inheritDoc Engine.convolve1dAsync} */
export const convolve1dAsync: Engine["convolve1dAsync"] = async (...operands) =>
  defaultEngine().convolve1dAsync(...operands);
