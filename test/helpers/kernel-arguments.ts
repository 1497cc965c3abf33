// SPDX-License-Identifier: MIT
// Valid arguments of every designed kernel and of what tells of kernels.
import { type Arguments, floats } from "./arguments.ts";

const designOptions = { axis: "x", dtype: "float32" };

export const kernels: Record<string, Arguments> = {
  derivative: [
    ["order", 1],
    ["options", { ...designOptions, size: 3, centre: 1 }],
  ],
  emboss: [],
  identity: [["size", 3]],
  laplacian: [],
  sharpen: [],
  frequencyResponse: [
    ["kernel", floats(1, 3)],
    ["frequencies", [0.25]],
    ["options", { flip: false, centre: 1 }],
  ],
  prewitt: [["axis", "x"]],
  scharr: [["axis", "x"]],
  sobel: [
    ["axis", "x"],
    ["options", { size: 3 }],
  ],
  integral: [
    ["size", 3],
    ["options", { ...designOptions, rule: "box" }],
  ],
  lowpass: [
    ["size", 3],
    ["options", { ...designOptions, cutoff: 0.25, window: "hann" }],
  ],
  moments: [
    ["kernel", floats(3, 3)],
    ["options", { centre: [1, 1], count: [2, 2] }],
  ],
  box: [
    ["size", 3],
    ["options", { dtype: "float32" }],
  ],
  gaussian: [["options", { sigma: 1, size: 3, dtype: "float32" }]],
};
