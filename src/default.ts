// SPDX-License-Identifier: MIT
// The operators on the default backend, which the first call opens. Each function makes only its own group of
// operators, and nothing runs on import, so that bundlers drop what a program does not call.

import { defaultCore, type EngineCore } from "./core.ts";
import type { Engine } from "./engine.ts";
import { refusingSurplus } from "./input/options.ts";
import { convTranspose1dOperators } from "./ops/conv-transpose1d.ts";
import { convTranspose2dOperators } from "./ops/conv-transpose2d.ts";
import { conv1dOperators } from "./ops/conv1d.ts";
import { conv2dOperators } from "./ops/conv2d.ts";
import { conv3dOperators } from "./ops/conv3d.ts";
import { corr1dOperators } from "./ops/corr1d.ts";
import { corr2dOperators } from "./ops/corr2d.ts";
import { gradientOperators } from "./ops/gradients.ts";
import { padOperators } from "./ops/pad.ts";
import { pool2dOperators } from "./ops/pool2d.ts";
import { streamCorr1dOperators } from "./ops/stream-corr1d.ts";
import { unfoldOperators } from "./ops/unfold.ts";

type Operators<O> = (core: EngineCore) => O;

const made = new Map<Operators<unknown>, unknown>();

function on<O>(operators: Operators<O>): O {
  let found = made.get(operators);
  if (found === undefined) {
    found = refusingSurplus(operators(defaultCore()) as object);
    made.set(operators, found);
  }
  return found as O;
}

// `never` stands for the operands of any overload. They are named, as a list would slow down the smallest calls.

/** {@inheritDoc Engine.corr2d} */
export const corr2d = ((a: never, b: never, options: never, ...more: never[]) =>
  on(corr2dOperators).corr2d(a, b, options, ...(more as []))) as Engine["corr2d"];
/** {@inheritDoc Engine.convolve2d} */
export const convolve2d = ((a: never, b: never, options: never, ...more: never[]) =>
  on(corr2dOperators).convolve2d(a, b, options, ...(more as []))) as Engine["convolve2d"];
/** {@inheritDoc Engine.corr2dAsync} */
export const corr2dAsync = (async (a: never, b: never, options: never, ...more: never[]) =>
  on(corr2dOperators).corr2dAsync(a, b, options, ...(more as []))) as Engine["corr2dAsync"];
/** {@inheritDoc Engine.convolve2dAsync} */
export const convolve2dAsync = (async (a: never, b: never, options: never, ...more: never[]) =>
  on(corr2dOperators).convolve2dAsync(a, b, options, ...(more as []))) as Engine["convolve2dAsync"];

/** {@inheritDoc Engine.conv2d} */
export const conv2d = ((a: never, b: never, options: never, ...more: never[]) =>
  on(conv2dOperators).conv2d(a, b, options, ...(more as []))) as Engine["conv2d"];
/** {@inheritDoc Engine.planConv2d} */
export const planConv2d = ((a: never, b: never, options: never, ...more: never[]) =>
  on(conv2dOperators).planConv2d(a, b, options, ...(more as []))) as unknown as Engine["planConv2d"];
/** {@inheritDoc Engine.conv2dAsync} */
export const conv2dAsync = (async (a: never, b: never, options: never, ...more: never[]) =>
  on(conv2dOperators).conv2dAsync(a, b, options, ...(more as []))) as Engine["conv2dAsync"];

/** {@inheritDoc Engine.conv2dGradInput} */
export const conv2dGradInput: Engine["conv2dGradInput"] = (...operands) =>
  on(gradientOperators).conv2dGradInput(...operands);
/** {@inheritDoc Engine.planConv2dGradInput} */
export const planConv2dGradInput: Engine["planConv2dGradInput"] = (...operands) =>
  on(gradientOperators).planConv2dGradInput(...operands);
/** {@inheritDoc Engine.planConv2dGradWeights} */
export const planConv2dGradWeights: Engine["planConv2dGradWeights"] = (...operands) =>
  on(gradientOperators).planConv2dGradWeights(...operands);
/** {@inheritDoc Engine.conv2dGradWeights} */
export const conv2dGradWeights: Engine["conv2dGradWeights"] = (...operands) =>
  on(gradientOperators).conv2dGradWeights(...operands);
/** {@inheritDoc Engine.conv2dGradBias} */
export const conv2dGradBias: Engine["conv2dGradBias"] = (...operands) =>
  on(gradientOperators).conv2dGradBias(...operands);
/** {@inheritDoc Engine.conv2dGradInputAsync} */
export const conv2dGradInputAsync: Engine["conv2dGradInputAsync"] = async (...operands) =>
  on(gradientOperators).conv2dGradInputAsync(...operands);
/** {@inheritDoc Engine.conv2dGradWeightsAsync} */
export const conv2dGradWeightsAsync: Engine["conv2dGradWeightsAsync"] = async (...operands) =>
  on(gradientOperators).conv2dGradWeightsAsync(...operands);

/** {@inheritDoc Engine.convTranspose2d} */
export const convTranspose2d: Engine["convTranspose2d"] = (...operands) =>
  on(convTranspose2dOperators).convTranspose2d(...operands);
/** {@inheritDoc Engine.planConvTranspose2d} */
export const planConvTranspose2d: Engine["planConvTranspose2d"] = (...operands) =>
  on(convTranspose2dOperators).planConvTranspose2d(...operands);
/** {@inheritDoc Engine.convTranspose2dAsync} */
export const convTranspose2dAsync: Engine["convTranspose2dAsync"] = async (...operands) =>
  on(convTranspose2dOperators).convTranspose2dAsync(...operands);

/** {@inheritDoc Engine.pad} */
export const pad: Engine["pad"] = (...operands) => on(padOperators).pad(...operands);
/** {@inheritDoc Engine.padGradInput} */
export const padGradInput: Engine["padGradInput"] = (...operands) =>
  on(padOperators).padGradInput(...operands);

/** {@inheritDoc Engine.maxPool2d} */
export const maxPool2d: Engine["maxPool2d"] = (...operands) => on(pool2dOperators).maxPool2d(...operands);
/** {@inheritDoc Engine.avgPool2d} */
export const avgPool2d: Engine["avgPool2d"] = (...operands) => on(pool2dOperators).avgPool2d(...operands);
/** {@inheritDoc Engine.globalAvgPool2d} */
export const globalAvgPool2d: Engine["globalAvgPool2d"] = (...operands) =>
  on(pool2dOperators).globalAvgPool2d(...operands);
/** {@inheritDoc Engine.maxPool2dGradInput} */
export const maxPool2dGradInput: Engine["maxPool2dGradInput"] = (...operands) =>
  on(pool2dOperators).maxPool2dGradInput(...operands);
/** {@inheritDoc Engine.avgPool2dGradInput} */
export const avgPool2dGradInput: Engine["avgPool2dGradInput"] = (...operands) =>
  on(pool2dOperators).avgPool2dGradInput(...operands);
/** {@inheritDoc Engine.globalAvgPool2dGradInput} */
export const globalAvgPool2dGradInput: Engine["globalAvgPool2dGradInput"] = (...operands) =>
  on(pool2dOperators).globalAvgPool2dGradInput(...operands);

/** {@inheritDoc Engine.unfold} */
export const unfold: Engine["unfold"] = (...operands) => on(unfoldOperators).unfold(...operands);
/** {@inheritDoc Engine.fold} */
export const fold: Engine["fold"] = (...operands) => on(unfoldOperators).fold(...operands);

/** {@inheritDoc Engine.conv1d} */
export const conv1d: Engine["conv1d"] = (...operands) => on(conv1dOperators).conv1d(...operands);
/** {@inheritDoc Engine.planConv1d} */
export const planConv1d: Engine["planConv1d"] = (...operands) => on(conv1dOperators).planConv1d(...operands);
/** {@inheritDoc Engine.conv1dAsync} */
export const conv1dAsync: Engine["conv1dAsync"] = async (...operands) =>
  on(conv1dOperators).conv1dAsync(...operands);

/** {@inheritDoc Engine.conv3d} */
export const conv3d: Engine["conv3d"] = (...operands) => on(conv3dOperators).conv3d(...operands);
/** {@inheritDoc Engine.planConv3d} */
export const planConv3d: Engine["planConv3d"] = (...operands) => on(conv3dOperators).planConv3d(...operands);
/** {@inheritDoc Engine.conv3dAsync} */
export const conv3dAsync: Engine["conv3dAsync"] = async (...operands) =>
  on(conv3dOperators).conv3dAsync(...operands);

/** {@inheritDoc Engine.corr1d} */
export const corr1d: Engine["corr1d"] = (...operands) => on(corr1dOperators).corr1d(...operands);
/** {@inheritDoc Engine.convolve1d} */
export const convolve1d: Engine["convolve1d"] = (...operands) => on(corr1dOperators).convolve1d(...operands);
/** {@inheritDoc Engine.streamCorr1d} */
export const streamCorr1d: Engine["streamCorr1d"] = (...operands) =>
  on(streamCorr1dOperators).streamCorr1d(...operands);
/** {@inheritDoc Engine.streamConvolve1d} */
export const streamConvolve1d: Engine["streamConvolve1d"] = (...operands) =>
  on(streamCorr1dOperators).streamConvolve1d(...operands);

/** {@inheritDoc Engine.convTranspose1d} */
export const convTranspose1d: Engine["convTranspose1d"] = (...operands) =>
  on(convTranspose1dOperators).convTranspose1d(...operands);

/** {@inheritDoc Engine.convTranspose1dAsync} */
export const convTranspose1dAsync: Engine["convTranspose1dAsync"] = async (...operands) =>
  on(convTranspose1dOperators).convTranspose1dAsync(...operands);

/** {@inheritDoc Engine.planConvTranspose1d} */
export const planConvTranspose1d: Engine["planConvTranspose1d"] = (...operands) =>
  on(convTranspose1dOperators).planConvTranspose1d(...operands);

/** {@inheritDoc Engine.padAsync} */
export const padAsync: Engine["padAsync"] = async (...operands) => on(padOperators).padAsync(...operands);

/** {@inheritDoc Engine.padGradInputAsync} */
export const padGradInputAsync: Engine["padGradInputAsync"] = async (...operands) =>
  on(padOperators).padGradInputAsync(...operands);

/** {@inheritDoc Engine.maxPool2dAsync} */
export const maxPool2dAsync: Engine["maxPool2dAsync"] = async (...operands) =>
  on(pool2dOperators).maxPool2dAsync(...operands);

/** {@inheritDoc Engine.avgPool2dAsync} */
export const avgPool2dAsync: Engine["avgPool2dAsync"] = async (...operands) =>
  on(pool2dOperators).avgPool2dAsync(...operands);

/** {@inheritDoc Engine.globalAvgPool2dAsync} */
export const globalAvgPool2dAsync: Engine["globalAvgPool2dAsync"] = async (...operands) =>
  on(pool2dOperators).globalAvgPool2dAsync(...operands);

/** {@inheritDoc Engine.maxPool2dGradInputAsync} */
export const maxPool2dGradInputAsync: Engine["maxPool2dGradInputAsync"] = async (...operands) =>
  on(pool2dOperators).maxPool2dGradInputAsync(...operands);

/** {@inheritDoc Engine.avgPool2dGradInputAsync} */
export const avgPool2dGradInputAsync: Engine["avgPool2dGradInputAsync"] = async (...operands) =>
  on(pool2dOperators).avgPool2dGradInputAsync(...operands);

/** {@inheritDoc Engine.globalAvgPool2dGradInputAsync} */
export const globalAvgPool2dGradInputAsync: Engine["globalAvgPool2dGradInputAsync"] = async (...operands) =>
  on(pool2dOperators).globalAvgPool2dGradInputAsync(...operands);

/** {@inheritDoc Engine.unfoldAsync} */
export const unfoldAsync: Engine["unfoldAsync"] = async (...operands) =>
  on(unfoldOperators).unfoldAsync(...operands);

/** {@inheritDoc Engine.foldAsync} */
export const foldAsync: Engine["foldAsync"] = async (...operands) =>
  on(unfoldOperators).foldAsync(...operands);

/** {@inheritDoc Engine.corr1dAsync} */
export const corr1dAsync: Engine["corr1dAsync"] = async (...operands) =>
  on(corr1dOperators).corr1dAsync(...operands);

/** {@inheritDoc Engine.convolve1dAsync} */
export const convolve1dAsync: Engine["convolve1dAsync"] = async (...operands) =>
  on(corr1dOperators).convolve1dAsync(...operands);

/** {@inheritDoc Engine.planMaxPool2d} */
export const planMaxPool2d: Engine["planMaxPool2d"] = (...operands) =>
  on(pool2dOperators).planMaxPool2d(...operands);

/** {@inheritDoc Engine.planAvgPool2d} */
export const planAvgPool2d: Engine["planAvgPool2d"] = (...operands) =>
  on(pool2dOperators).planAvgPool2d(...operands);

/** {@inheritDoc Engine.planGlobalAvgPool2d} */
export const planGlobalAvgPool2d: Engine["planGlobalAvgPool2d"] = (...operands) =>
  on(pool2dOperators).planGlobalAvgPool2d(...operands);

/** {@inheritDoc Engine.planPad} */
export const planPad: Engine["planPad"] = (...operands) => on(padOperators).planPad(...operands);

/** {@inheritDoc Engine.planCorr2d} */
export const planCorr2d = ((a: never, b: never, options: never, ...more: never[]) =>
  on(corr2dOperators).planCorr2d(a, b, options, ...(more as []))) as Engine["planCorr2d"];

/** {@inheritDoc Engine.planConvolve2d} */
export const planConvolve2d = ((a: never, b: never, options: never, ...more: never[]) =>
  on(corr2dOperators).planConvolve2d(a, b, options, ...(more as []))) as Engine["planConvolve2d"];
