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
