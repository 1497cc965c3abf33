// SPDX-License-Identifier: MIT
// Shapes that vectors, tiles and cache blocks do not divide, and for each a neighbour that they do.
import type { Accuracy } from "corr2d";
import type { Problem } from "./problems.ts";

export interface OddProblem {
  readonly odd: Problem;
  readonly neighbour: Problem;
  readonly accuracy: Accuracy;
}

interface Sizes {
  readonly channels?: readonly [inChannels: number, outChannels: number];
  readonly image?: readonly [height: number, width: number];
  readonly kernel?: readonly [height: number, width: number];
  readonly strides?: number | readonly [number, number];
  readonly dilations?: number | readonly [number, number];
  readonly groups?: number;
}

/** The name says what is not as in the layer of 64 channels, 56 x 56 pixels and a 3 x 3 kernel. */
function problem(sizes: Sizes): Problem {
  const { channels = [64, 64], image = [56, 56], kernel = [3, 3] } = sizes;
  const { strides = 1, dilations = 1, groups = 1 } = sizes;
  const [dilationY, dilationX] = typeof dilations === "number" ? [dilations, dilations] : dilations;
  const [padY, padX] = [((kernel[0] - 1) / 2) * dilationY, ((kernel[1] - 1) / 2) * dilationX];
  const name = Object.entries(sizes)
    .map(([what, size]) => `${what}${Array.isArray(size) ? size.join("x") : size}`)
    .join("_");
  return {
    name: name || "plain",
    inputShape: [1, channels[0], ...image],
    weightsShape: [channels[1], channels[0] / groups, ...kernel],
    options: { strides, dilations, groups, padding: [padY, padY, padX, padX] },
  };
}

/** "exact" compares like with like where the odd shape, or its neighbour alone, suits winograd. */
const pair = (odd: Sizes, neighbour: Sizes, accuracy: Accuracy = "exact"): OddProblem => ({
  odd: problem(odd),
  neighbour: problem(neighbour),
  accuracy,
});

/** Odd channel counts, and the nearest that are whole vectors or at least halves and quarters of one. */
const channelCounts = [
  [1, 4],
  [3, 4],
  [5, 4],
  [17, 16],
  [33, 32],
] as const;

const channels = channelCounts.flatMap(([odd, even]) => [
  pair({ channels: [odd, 64] }, { channels: [even, 64] }),
  pair({ channels: [64, odd] }, { channels: [64, even] }),
  pair({ channels: [odd, odd] }, { channels: [even, even] }),
  pair({ channels: [odd, odd], kernel: [1, 1] }, { channels: [even, even], kernel: [1, 1] }),
  pair({ channels: [odd, odd], strides: 2 }, { channels: [even, even], strides: 2 }),
]);

/** Where winograd may be chosen for both. */
const winogradChannels = ([17, 33] as const).map((odd) => {
  const [oddPair, evenPair] = [[odd, odd] as const, [odd - 1, odd - 1] as const];
  const { neighbour, odd: first } = pair({ channels: oddPair }, { channels: evenPair });
  return { odd: { ...first, name: `${first.name}_fast` }, neighbour, accuracy: "fast" as const };
});

const images = [
  pair({ image: [57, 57] }, {}),
  pair({ image: [55, 55] }, {}),
  pair({ image: [13, 13] }, { image: [14, 14] }),
  pair({ image: [15, 15] }, { image: [14, 14] }),
  pair({ image: [9, 9] }, { image: [8, 8] }),
  pair({ image: [28, 112] }, {}),
  pair({ image: [112, 28] }, {}),
  pair({ image: [7, 448] }, {}),
  pair({ image: [448, 7] }, {}),
  pair({ image: [1, 3136], kernel: [1, 3] }, { kernel: [1, 3] }),
  pair({ image: [3136, 1], kernel: [3, 1] }, { kernel: [3, 1] }),
];

const kernels = [
  pair({ kernel: [1, 7] }, {}),
  pair({ kernel: [7, 1] }, {}),
  pair({ kernel: [3, 5] }, {}),
  pair({ kernel: [5, 3] }, {}),
  pair({ kernel: [1, 9] }, {}),
  pair({ strides: 3 }, { strides: 2 }),
  pair({ strides: [1, 2] }, { strides: 2 }),
  pair({ strides: [2, 1] }, { strides: 2 }),
];

const dilations = ([2, 3, 4, [2, 1], [1, 2]] as const).flatMap((spacing) => [
  pair({ dilations: spacing }, {}),
  pair({ dilations: spacing, channels: [17, 17] }, { channels: [16, 16] }),
]);

/** Beside one of their groups alone. */
const groups = [
  [64, 2],
  [64, 4],
  [64, 8],
  [64, 16],
  [25, 5],
  [51, 3],
  [99, 3],
] as const;

const grouped = groups.map(([count, groupCount]) =>
  pair(
    { channels: [count, count], groups: groupCount },
    { channels: [count / groupCount, count / groupCount] },
  ),
);

const depthwise = [
  pair({ channels: [17, 17], groups: 17 }, { channels: [16, 16], groups: 16 }),
  pair({ channels: [33, 33], groups: 33 }, { channels: [32, 32], groups: 32 }),
  pair({ channels: [33, 33], groups: 33, strides: 2 }, { channels: [32, 32], groups: 32, strides: 2 }),
  pair({ channels: [32, 96], groups: 32 }, { channels: [32, 64], groups: 32 }),
];

export const oddProblems: readonly OddProblem[] = [
  ...channels,
  ...winogradChannels,
  ...images,
  ...kernels,
  ...dilations,
  ...grouped,
  ...depthwise,
];
