// SPDX-License-Identifier: MIT

export { emboss, identity, laplacian, sharpen } from "./detail.ts";
export { type Axis, prewitt, scharr, sobel } from "./gradient.ts";
export type { Kernel } from "./kernel.ts";
export { box, type GaussianOptions, gaussian } from "./smoothing.ts";
