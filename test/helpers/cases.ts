// SPDX-License-Identifier: MIT
// The convolutions that every implementation is asked for, in Node and in a page alike: plain data, the same on each run.
import { type Activation, borders, type ConvCase, filterLayouts, type Pair } from "./conv-case.ts";
import { Random } from "./random.ts";

const plain: Omit<ConvCase, "name" | "seed"> = {
  batch: 1,
  inChannels: 1,
  inHeight: 9,
  inWidth: 11,
  outChannels: 1,
  kernelHeight: 3,
  kernelWidth: 3,
  strides: [1, 1],
  padding: 0,
  dilations: [1, 1],
  groups: 1,
  border: "constant",
  inputLayout: "nchw",
  filterLayout: "oihw",
  bias: false,
  activation: { kind: "none" },
  offset: 0,
};

/** 1, N-1, N, N+1 and 8N+2 for vectors of N = 2, 4, 8 and 16 elements. */
const tails = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 34, 66, 130];

const activations: readonly Activation[] = [
  { kind: "none" },
  { kind: "relu" },
  { kind: "sigmoid" },
  { kind: "tanh" },
  { kind: "leakyRelu", alpha: 0.1 },
  { kind: "leakyRelu", alpha: 2.5 },
  { kind: "leakyRelu", alpha: -1.5 },
  { kind: "clamp", min: -0.5, max: 0.75 },
];

/** All cases: each class by itself first, then mixtures at random, then the ones that once failed. */
export function convCases(): ConvCase[] {
  const cases: ConvCase[] = [];
  const add = (name: string, change: Partial<ConvCase>) =>
    cases.push({ ...plain, ...change, name, seed: cases.length });
  addTails(add);
  addChannels(add);
  addKernels(add);
  addSteps(add);
  addPadding(add);
  addLayouts(add);
  addEpilogues(add);
  addBlocks(add);
  addSharedWork(add);
  const random = new Random(2026);
  for (let i = 0; i < 200; i++) add("random", randomCase(random));
  addDepthwise(add);
  return cases;
}

type Add = (name: string, change: Partial<ConvCase>) => void;

function addTails(add: Add): void {
  for (const inputLayout of ["nchw", "nhwc"] as const) {
    for (const size of tails) {
      add("output width tail", {
        inputLayout,
        inWidth: size + 2,
        inHeight: 4,
        inChannels: 2,
        outChannels: 3,
      });
      add("output channel tail", { inputLayout, outChannels: size, inChannels: 2, inHeight: 4, inWidth: 6 });
    }
  }
}

function addChannels(add: Add): void {
  for (const inChannels of [1, 3, 5, 17, 33]) {
    for (const inputLayout of ["nchw", "nhwc"] as const) {
      const change = { inChannels, inputLayout, inHeight: 5, inWidth: 7 };
      add("input channel tail, 1x1", { ...change, outChannels: 6, kernelHeight: 1, kernelWidth: 1 });
      add("input channel tail, 3x3", { ...change, outChannels: 4, padding: 1 });
      add("depthwise", { ...change, outChannels: inChannels, groups: inChannels, padding: 1 });
      add("depthwise, multiplier 3", {
        ...change,
        outChannels: inChannels * 3,
        groups: inChannels,
        batch: 2,
      });
    }
  }
  for (const groups of [2, 3, 4]) {
    add("groups", { groups, inChannels: groups * 3, outChannels: groups * 5, batch: 3 });
    add("groups, 1x1", {
      groups,
      inChannels: groups * 5,
      outChannels: groups * 17,
      kernelHeight: 1,
      kernelWidth: 1,
    });
  }
}

function addKernels(add: Add): void {
  const shapes: Pair[] = [1, 2, 3, 4, 5, 6, 7].map((size) => [size, size]);
  shapes.push(
    [1, 2],
    [1, 3],
    [1, 7],
    [1, 15],
    [2, 1],
    [3, 1],
    [7, 1],
    [15, 1],
    [2, 5],
    [5, 3],
    [7, 2],
    [15, 15],
    [31, 31],
  );
  for (const [kernelHeight, kernelWidth] of shapes) {
    const fits = { kernelHeight, kernelWidth, inHeight: kernelHeight + 3, inWidth: kernelWidth + 18 };
    add("kernel", { ...fits, inChannels: 2, outChannels: 2 });
    add("kernel as large as its input", {
      kernelHeight,
      kernelWidth,
      inHeight: kernelHeight,
      inWidth: kernelWidth,
      outChannels: 3,
    });
  }
}

function addSteps(add: Add): void {
  for (const strideY of [1, 2, 3, 4]) {
    for (const strideX of [1, 2, 3, 4]) {
      const dilations: Pair = [1 + ((strideY + strideX) % 3), 1 + (strideX % 3)];
      const change = {
        strides: [strideY, strideX] as Pair,
        inHeight: 13,
        inWidth: 41,
        inChannels: 2,
        outChannels: 2,
      };
      add("strides", { ...change, padding: 1 });
      add("strides with dilations", { ...change, dilations });
      add("same with strides", { ...change, padding: "same", kernelHeight: 4, dilations });
    }
  }
  for (const strides of [
    [5, 5],
    [1, 7],
    [9, 2],
  ] as Pair[]) {
    add("strides beyond the kernel", { strides, inHeight: 20, inWidth: 40, outChannels: 3, kernelWidth: 2 });
    add("strides beyond the kernel, 1x1", {
      strides,
      inHeight: 20,
      inWidth: 40,
      kernelHeight: 1,
      kernelWidth: 1,
    });
  }
}

function addPadding(add: Add): void {
  for (const border of borders) {
    const change = { border, inChannels: 2, outChannels: 2 };
    add("padding on one side", { ...change, padding: [2, 0, 0, 1] });
    add("padding on four sides", { ...change, padding: [1, 2, 3, 4], strides: [2, 1] });
    add("padding larger than the input", { ...change, padding: [7, 8, 9, 11], inHeight: 3, inWidth: 4 });
    add("padding of one element", { ...change, padding: 5, inHeight: 1, inWidth: 1 });
    add("padding far beyond a row", {
      ...change,
      padding: [0, 0, 40, 37],
      inHeight: 3,
      inWidth: 5,
      strides: [1, 3],
    });
    add("full", { ...change, padding: "full", kernelHeight: 4, kernelWidth: 2 });
    add("full with dilations and strides", {
      ...change,
      padding: "full",
      dilations: [2, 3],
      strides: [2, 3],
    });
    add("same, kernel larger than input", {
      ...change,
      padding: "same",
      kernelHeight: 7,
      inHeight: 2,
      inWidth: 2,
    });
    add("nhwc padding", { ...change, padding: [3, 1, 2, 5], inputLayout: "nhwc", dilations: [2, 1] });
    add("whole windows in the padding", {
      ...change,
      padding: 6,
      kernelHeight: 2,
      kernelWidth: 2,
      strides: [3, 2],
    });
  }
}

function addLayouts(add: Add): void {
  for (const inputLayout of ["nchw", "nhwc"] as const) {
    for (const filterLayout of filterLayouts) {
      for (const groups of [1, 2, 4]) {
        const change = { inputLayout, filterLayout, groups, inChannels: 4, outChannels: 8 };
        add("layouts", { ...change, batch: 2, kernelWidth: 2, padding: [0, 1], bias: true });
      }
    }
  }
}

function addEpilogues(add: Add): void {
  for (const activation of activations) {
    for (const inputLayout of ["nchw", "nhwc"] as const) {
      add("activation", { activation, inputLayout, outChannels: 5, inChannels: 3 });
      add("activation and bias", {
        activation,
        inputLayout,
        outChannels: 18,
        inChannels: 2,
        bias: true,
        padding: 1,
      });
    }
  }
}

/** Sizes past what one block of a blocked algorithm holds, in each dimension. */
function addBlocks(add: Add): void {
  const one = { kernelHeight: 1, kernelWidth: 1 };
  add("many products", {
    inChannels: 33,
    kernelHeight: 7,
    kernelWidth: 7,
    inHeight: 11,
    inWidth: 12,
    outChannels: 9,
  });
  add("many products, 1x1", { ...one, inChannels: 1100, inHeight: 3, inWidth: 5, outChannels: 18 });
  add("many outputs", { inHeight: 70, inWidth: 150, inChannels: 2, outChannels: 5, padding: 1 });
  add("many outputs, 1x1", { ...one, inHeight: 70, inWidth: 90, inChannels: 3, outChannels: 7 });
  add("many output channels", { ...one, inChannels: 5, outChannels: 530, inHeight: 4, inWidth: 5 });
  add("many of all", { inChannels: 40, outChannels: 70, inHeight: 14, inWidth: 15, padding: 1 });
  add("many of all, nhwc", {
    inChannels: 40,
    outChannels: 70,
    inHeight: 14,
    inWidth: 15,
    inputLayout: "nhwc",
  });
  add("one wide row", { inHeight: 1, inWidth: 5000, kernelHeight: 1, kernelWidth: 5, outChannels: 3 });
  add("one tall column", { inHeight: 5000, inWidth: 1, kernelHeight: 5, kernelWidth: 1, outChannels: 3 });
  add("a large batch", { batch: 67, inChannels: 3, inHeight: 4, inWidth: 5, outChannels: 4 });
}

/** Enough work, a million products, for a pool of threads to share it out along each of the dimensions. */
function addSharedWork(add: Add): void {
  const plane = { inHeight: 66, inWidth: 67, padding: 1 };
  const depthwise = { ...plane, inChannels: 32, outChannels: 32, groups: 32 };
  add("many, depthwise", depthwise);
  add("many, depthwise nhwc", { ...depthwise, inputLayout: "nhwc", inWidth: 131, strides: [1, 2] });
  add("many in a batch", {
    batch: 9,
    inChannels: 8,
    outChannels: 9,
    inHeight: 14,
    inWidth: 15,
    padding: "same",
  });
  const groups = {
    groups: 2,
    inChannels: 16,
    outChannels: 34,
    inHeight: 22,
    inWidth: 23,
    padding: 2,
    bias: true,
  };
  add("many in groups", { ...groups, border: "mirror", activation: { kind: "tanh" } });
  add("many in groups, nhwc", { ...groups, border: "wrap", inputLayout: "nhwc", filterLayout: "hwio" });
  add("many with strides", { strides: [2, 3], inChannels: 16, outChannels: 33, inHeight: 41, inWidth: 61 });
  add("many in one row", { inHeight: 1, inWidth: 9000, kernelHeight: 1, kernelWidth: 9, outChannels: 16 });
  const one = { kernelHeight: 1, kernelWidth: 1, inHeight: 17, inWidth: 18 };
  add("many, 1x1 nhwc", { ...one, inChannels: 64, outChannels: 66, inputLayout: "nhwc" });
  add("many for one channel", {
    inChannels: 33,
    kernelHeight: 21,
    kernelWidth: 21,
    inHeight: 30,
    inWidth: 30,
  });
}

/** 3x3 kernels of channels of their own, which have loops of their own: rows around the vector, chunks of rows, edges. */
function addDepthwise(add: Add): void {
  const strides: Pair[] = [
    [1, 1],
    [2, 2],
    [2, 1],
    [1, 2],
  ];
  for (const [i, inWidth] of [...tails, 14, 29].entries()) {
    const change = { inChannels: 5, outChannels: 5, groups: 5, inWidth, inHeight: 1 + ((i * 5) % 21) };
    const border = borders[i % borders.length];
    add("depthwise 3x3", { ...change, strides: strides[i % 4], padding: 1, bias: true });
    add("depthwise 3x3", {
      ...change,
      strides: strides[(i + 1) % 4],
      padding: [2, 1, 3, 2],
      border,
      batch: 2,
    });
    add("depthwise 3x3, dilated", {
      ...change,
      strides: strides[(i + 2) % 4],
      padding: 3,
      dilations: [2, 1 + (i % 3)],
    });
  }
  const large = { inHeight: 61, inWidth: 67, padding: 1, inChannels: 40, outChannels: 40, groups: 40 };
  add("many, depthwise at stride 2", { ...large, strides: [2, 2], activation: { kind: "relu" } });
  add("many, depthwise, several outputs", { ...large, outChannels: 80, strides: [1, 1] });
}

function randomCase(random: Random): Partial<ConvCase> {
  const depthwise = random.chance(0.15);
  const groups = depthwise ? random.pick([2, 3, 5, 8, 17]) : random.pick([1, 1, 1, 1, 2, 3]);
  const inChannels = depthwise ? groups : groups * random.pick([1, 1, 2, 3, 5, 8, 17]);
  const outChannels =
    groups * (depthwise ? random.integer(1, 3) : random.pick([1, 2, 3, 4, 6, 8, 9, 16, 17]));
  const kernelHeight = random.integer(1, 5);
  const kernelWidth = random.integer(1, 7);
  const strides: Pair = [random.pick([1, 1, 1, 2, 3, 4]), random.pick([1, 1, 1, 2, 3, 4])];
  const dilations: Pair = [random.pick([1, 1, 1, 2, 3]), random.pick([1, 1, 1, 2, 4])];
  const padding = random.pick<() => ConvCase["padding"]>([
    () => "same",
    () => "full",
    () => "valid",
    () => random.integer(0, 3),
    () => [random.integer(0, 4), random.integer(0, 4)],
    () => [random.integer(0, 5), random.integer(0, 5), random.integer(0, 9), random.integer(0, 9)],
  ])();
  // Outputs first, then an input that gives at least so many and leaves a rest that the stride does not reach.
  const outHeight = random.integer(1, 6);
  const outWidth = random.pick(outChannels * inChannels > 100 ? tails.slice(0, 9) : tails);
  const size = (output: number, stride: number, kernel: number, dilation: number) =>
    (output - 1) * stride + (kernel - 1) * dilation + 1 + random.integer(0, stride - 1);
  return {
    batch: random.pick([1, 1, 2, 3]),
    inChannels,
    inHeight: size(outHeight, strides[0], kernelHeight, dilations[0]),
    inWidth: size(outWidth, strides[1], kernelWidth, dilations[1]),
    outChannels,
    kernelHeight,
    kernelWidth,
    strides,
    padding,
    dilations,
    groups,
    border: random.pick(borders),
    inputLayout: random.pick(["nchw", "nhwc"]),
    filterLayout: random.pick(filterLayouts),
    bias: random.chance(0.5),
    activation: random.pick(activations),
    offset: random.pick([0, 1, 3]),
  };
}
