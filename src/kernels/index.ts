// SPDX-License-Identifier: MIT

export { type DerivativeOptions, derivative } from "./derivative.ts";
export { emboss, identity, laplacian, sharpen } from "./detail.ts";
export {
  type FrequencyResponse,
  type FrequencyResponseOptions,
  frequencyResponse,
} from "./frequency-response.ts";
export { type Axis, prewitt, type SobelOptions, scharr, sobel } from "./gradient.ts";
export { type IntegralOptions, type IntegralRule, integral } from "./integral.ts";
export type { Kernel } from "./kernel.ts";
export { type LowpassOptions, lowpass } from "./lowpass.ts";
export { type MomentsOptions, moments } from "./moments.ts";
export { box, type GaussianOptions, gaussian } from "./smoothing.ts";
