// SPDX-License-Identifier: MIT
// Filters of single planes, for which direct on WebAssembly has loops of its own: every height of kernel that they cut
// into other pieces, on every border.
import { convCases } from "./cases.ts";
import type { ConvCase } from "./conv-case.ts";
import { Random } from "./random.ts";

export function planeCases(): ConvCase[] {
  const random = new Random(612);
  const [plain] = convCases();
  return Array.from({ length: 240 }, (_, i) => {
    const channels = random.pick([1, 1, 2, 3]);
    const kernelHeight = 1 + (i % 24);
    const kernelWidth = random.pick([1, 2, 3, 4, 5, 7, 9]);
    const padding = random.pick([0, 1, "same", "full"] as const);
    const border =
      padding === 0
        ? "constant"
        : random.pick(["constant", "replicate", "reflect", "mirror", "wrap"] as const);
    const size = (kernel: number, sizes: readonly number[]) => kernel + random.pick(sizes);
    return {
      ...plain,
      name: "single planes",
      seed: 9000 + i,
      batch: random.pick([1, 2]),
      inChannels: channels,
      outChannels: channels * random.pick([1, 1, 2]),
      groups: channels,
      inHeight: size(kernelHeight, [0, 1, 2, 3, 4, 5, 11]),
      inWidth: size(kernelWidth, [0, 1, 2, 3, 4, 6, 12, 13, 33]),
      kernelHeight,
      kernelWidth,
      strides: [1, 1],
      dilations: [1, 1],
      padding,
      border,
      inputLayout: "nchw",
      filterLayout: "oihw",
      bias: random.pick([true, false]),
      activation: random.pick([{ kind: "none" }, { kind: "relu" }, { kind: "sigmoid" }]),
      offset: random.pick([0, 1, 3]),
    } as ConvCase;
  });
}

/** Wide enough for strips, tall enough for bands of rows and for two threads; a kernel that bands do not take. */
export function largePlaneCases(): ConvCase[] {
  const [first] = planeCases();
  const sizes = [
    [60, 300, 7, 7],
    [40, 517, 5, 3],
    [130, 259, 15, 2],
    [90, 80, 66, 3],
    [80, 90, 3, 66],
  ];
  return sizes.map(([inHeight, inWidth, kernelHeight, kernelWidth], i) => ({
    ...first,
    name: "large planes",
    seed: 9500 + i,
    batch: 1,
    inChannels: 1,
    outChannels: 1,
    groups: 1,
    inHeight,
    inWidth,
    kernelHeight,
    kernelWidth,
    padding: 1,
    border: "mirror" as const,
  }));
}
