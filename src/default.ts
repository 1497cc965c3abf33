// SPDX-License-Identifier: MIT
// The operators on the default engine, which is opened by the first call.
import { defaultEngine, type Engine } from "./engine.ts";

/** {@inheritDoc Engine.corr2d} */
export const corr2d: Engine["corr2d"] = (x, kernel, options) => defaultEngine().corr2d(x, kernel, options);

/** {@inheritDoc Engine.convolve2d} */
export const convolve2d: Engine["convolve2d"] = (x, kernel, options) =>
  defaultEngine().convolve2d(x, kernel, options);

/** {@inheritDoc Engine.conv2d} */
export const conv2d: Engine["conv2d"] = (x, weights, options) => defaultEngine().conv2d(x, weights, options);

/** {@inheritDoc Engine.planConv2d} */
export const planConv2d: Engine["planConv2d"] = (inputShape, weights, options) =>
  defaultEngine().planConv2d(inputShape, weights, options);

/** {@inheritDoc Engine.corr2dAsync} */
export const corr2dAsync: Engine["corr2dAsync"] = async (x, kernel, options) =>
  defaultEngine().corr2dAsync(x, kernel, options);

/** {@inheritDoc Engine.convolve2dAsync} */
export const convolve2dAsync: Engine["convolve2dAsync"] = async (x, kernel, options) =>
  defaultEngine().convolve2dAsync(x, kernel, options);

/** {@inheritDoc Engine.conv2dAsync} */
export const conv2dAsync: Engine["conv2dAsync"] = async (x, weights, options) =>
  defaultEngine().conv2dAsync(x, weights, options);

/** {@inheritDoc Engine.corr1d} */
export const corr1d: Engine["corr1d"] = (x, kernel, options) => defaultEngine().corr1d(x, kernel, options);

/** {@inheritDoc Engine.convolve1d} */
export const convolve1d: Engine["convolve1d"] = (x, kernel, options) =>
  defaultEngine().convolve1d(x, kernel, options);

/** {@inheritDoc Engine.streamConv1d} */
export const streamConv1d: Engine["streamConv1d"] = (options) => defaultEngine().streamConv1d(options);
