// SPDX-License-Identifier: MIT
// The sizes that are measured. workloads.json has the layers of known networks and the image filters.
import type { Conv2dOptions, MaxPool2dOptions } from "corr2d";
import workloads from "./workloads.json" with { type: "json" };

/** A convolution of float32, NCHW and OIHW. */
export interface Problem {
  readonly name: string;
  readonly inputShape: readonly [batch: number, inChannels: number, inHeight: number, inWidth: number];
  readonly weightsShape: readonly [outChannels: number, groupChannels: number, height: number, width: number];
  readonly options: Pick<Conv2dOptions, "strides" | "padding" | "dilations" | "groups">;
}

/** A problem whose axes are alike. */
export interface Layer extends Problem {
  readonly options: { readonly strides: number; readonly padding: number; readonly groups: number };
}

/** Layers of networks. */
export const layers: readonly Layer[] = workloads.conv.map((row) => {
  const [name, batch, inChannels, inHeight, inWidth, outChannels, kernel, strides, padding, groups] = row as [
    ...[string, number, number, number, number],
    ...[number, number, number, number, number],
  ];
  return {
    name,
    inputShape: [batch, inChannels, inHeight, inWidth],
    weightsShape: [outChannels, inChannels / groups, kernel, kernel],
    options: { strides, padding, groups },
  };
});

/** A pooling of float32, NCHW, by square windows. */
export interface Pooling {
  readonly name: string;
  readonly operator: "maxPool2d" | "avgPool2d";
  readonly inputShape: readonly [batch: number, channels: number, height: number, width: number];
  readonly window: number;
  readonly strides: number;
  readonly padding: number;
}

/** Poolings of ResNet-50, VGG and GoogLeNet: [name, operator, channels, height and width, window, stride, padding]. */
export const poolings: readonly Pooling[] = (
  [
    ["r50_112_max3x3s2_64", "maxPool2d", 64, 112, 3, 2, 1],
    ["vgg_224_max2x2s2_64", "maxPool2d", 64, 224, 2, 2, 0],
    ["vgg_56_max2x2s2_256", "maxPool2d", 256, 56, 2, 2, 0],
    ["vgg_14_max2x2s2_512", "maxPool2d", 512, 14, 2, 2, 0],
    ["goog_28_max3x3_192", "maxPool2d", 192, 28, 3, 1, 1],
    ["112_avg3x3s2_64", "avgPool2d", 64, 112, 3, 2, 1],
    ["28_avg3x3_192", "avgPool2d", 192, 28, 3, 1, 1],
    ["densenet_56_avg2x2s2_128", "avgPool2d", 128, 56, 2, 2, 0],
    ["r50_7_avg7x7_2048", "avgPool2d", 2048, 7, 7, 1, 0],
  ] as const
).map(([name, operator, channels, size, window, strides, padding]) => ({
  ...{ name, operator, window, strides, padding },
  inputShape: [1, channels, size, size],
}));

type Sizes = readonly number[];

/** Something done to windows without weights: which elements are read and written, and how often at least. */
export interface WindowProblem {
  readonly name: string;
  readonly operator:
    | "maxPool2dGradInput"
    | "avgPool2dGradInput"
    | "globalAvgPool2dGradInput"
    | "unfold"
    | "fold"
    | "pad"
    | "padGradInput";
  readonly imageShape: Sizes;
  readonly options: Pick<MaxPool2dOptions, "windowDimensions" | "strides" | "padding" | "inputLayout">;
}

const resnet = { windowDimensions: 3, strides: 2, padding: 1 };
export const windowProblems: readonly WindowProblem[] = (
  [
    ["r50_112_max3x3s2_grad", "maxPool2dGradInput", [1, 64, 112, 112], resnet],
    ["112_max3x3s2_grad_nhwc", "maxPool2dGradInput", [1, 112, 112, 64], { ...resnet, inputLayout: "nhwc" }],
    ["vgg_56_max2x2s2_grad", "maxPool2dGradInput", [1, 256, 56, 56], { windowDimensions: 2, strides: 2 }],
    ["112_avg3x3s2_grad", "avgPool2dGradInput", [1, 64, 112, 112], resnet],
    ["112_avg3x3s2_grad_nhwc", "avgPool2dGradInput", [1, 112, 112, 64], { ...resnet, inputLayout: "nhwc" }],
    ["r50_7_mean_grad", "globalAvgPool2dGradInput", [1, 2048, 7, 7], {}],
    ["56_unfold3x3", "unfold", [1, 64, 56, 56], { windowDimensions: 3, padding: 1 }],
    ["56_unfold3x3s2", "unfold", [1, 64, 56, 56], resnet],
    ["224_unfold16x16s16", "unfold", [1, 3, 224, 224], { windowDimensions: 16, strides: 16 }],
    ["56_fold3x3", "fold", [1, 64, 56, 56], { windowDimensions: 3, padding: 1 }],
    ["56_fold3x3s2", "fold", [1, 64, 56, 56], resnet],
    ["224_fold16x16s16", "fold", [1, 3, 224, 224], { windowDimensions: 16, strides: 16 }],
    ["56_pad1", "pad", [1, 64, 56, 56], { padding: 1 }],
    ["56_pad1_grad", "padGradInput", [1, 64, 56, 56], { padding: 1 }],
  ] as const
).map(([name, operator, imageShape, options]) => ({ name, operator, imageShape, options }));

/** Those in which every output channel sees every input channel. */
export const denseLayers: readonly Layer[] = layers.filter(({ options }) => options.groups === 1);

/** Filters of one channel, as large as their images. Those of uint8 wait for an operator on uint8. */
export const filters: readonly Problem[] = workloads.filters.flatMap((row) => {
  const [name, dtype, height, width, channels, kernel] = row as [
    string,
    string,
    number,
    number,
    number,
    number,
  ];
  if (dtype !== "float32" || channels !== 1) return [];
  return {
    name,
    inputShape: [1, 1, height, width],
    weightsShape: [1, 1, kernel, kernel],
    options: { strides: 1, padding: (kernel - 1) / 2, groups: 1 },
  };
});

/** One layer in each kernel with each stride. */
export const grid: readonly Problem[] = [3, 5].flatMap((kernel) =>
  [1, 2, 3].map((strides) => ({
    name: `grid_56_${kernel}x${kernel}s${strides}_64`,
    inputShape: [1, 64, 56, 56] as const,
    weightsShape: [64, 64, kernel, kernel] as const,
    options: { strides, padding: (kernel - 1) / 2, groups: 1 },
  })),
);

/** So small that the call costs more than the work. */
export const tiny: Problem = {
  name: "8x8_2x2",
  inputShape: [1, 1, 8, 8],
  weightsShape: [1, 1, 2, 2],
  options: { strides: 1, padding: 0, groups: 1 },
};
