// SPDX-License-Identifier: MIT
// Cross-correlation of matrices: the examples of "Dive into Deep Learning", chapter 7.2.
import { backends, convolve2d, corr2d, kernels } from "corr2d";

const x = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
];
const kernel = [
  [0, 1],
  [2, 3],
];
console.log(corr2d(x, kernel).toArray()); // [[19, 25], [37, 43]]
console.log(convolve2d(x, kernel).toArray()); // the kernel flipped: [[5, 11], [23, 29]]
console.log(corr2d(x, kernel, { mode: "same" }).shape); // [3, 3]

// A white image with a black band: [1, -1] answers 1 from white to black, -1 from black to white, 0 elsewhere.
const image = Array.from({ length: 6 }, () => [1, 1, 0, 0, 0, 0, 1, 1]);
console.log(corr2d(image, [[1, -1]]).toArray()[0]); // [0, 1, 0, 0, 0, -1, 0]

// Designed kernels are matrices like any other.
console.log(corr2d(image, kernels.sobel("x")).toArray()[0]); // [-4, -4, 0, 0, 4, 4]

console.log(backends());
