// SPDX-License-Identifier: MIT
// Cross-correlation or strict convolution, a network does not care: node examples/chapter6/flipped-kernel.mjs [output folder]
import assert from "node:assert/strict";
import { convolve2d, corr2d } from "corr2d";
import { gridView, matrixView, writePicture } from "./picture.mjs";

const flip = (matrix) => matrix.map((row) => row.toReversed()).toReversed();

// Strict convolution is correlation with the flipped kernel.
const x = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
];
const k = [
  [0, 1],
  [2, 3],
];
assert.deepEqual(corr2d(x, k).toArray(), [
  [19, 25],
  [37, 43],
]);
assert.deepEqual(convolve2d(x, k).toArray(), [
  [5, 11],
  [23, 29],
]);
assert.deepEqual(convolve2d(x, flip(k)).toArray(), corr2d(x, k).toArray());

// Two layers learn the same target, a 3 x 3 kernel's output on a fixed image of noise, from mirrored beginnings.
let state = 7;
const noise = () => {
  state = (state * 48271) % 2147483647; // the minimal standard generator of Park and Miller
  return state / 2147483647 - 0.5;
};
const image = Array.from({ length: 12 }, () => Array.from({ length: 12 }, noise));
const wanted = [
  [1, 2, 0],
  [0, 3, -1],
  [-2, 0, 1],
];
const target = corr2d(image, wanted);

/** Steps of gradient descent on the sum of squares. The gradient of a flipped kernel is the flipped gradient. */
function learn(start, operator, orient) {
  let kernel = start;
  for (let step = 0; step < 300; step++) {
    const output = operator(image, kernel);
    const gradOutput = {
      data: output.data.map((value, i) => 2 * (value - target.data[i])),
      shape: output.shape,
    };
    const gradient = orient(corr2d(image, gradOutput).toArray());
    kernel = kernel.map((row, y) => row.map((weight, i) => weight - 0.02 * gradient[y][i]));
  }
  return kernel;
}

const start = Array.from({ length: 3 }, () => Array.from({ length: 3 }, noise));
const correlated = learn(start, corr2d, (gradient) => gradient);
const convolved = learn(flip(start), convolve2d, flip);

// In float32 each of them ends within a rounding or so of the kernel that was wanted.
const apart = (a, b) => Math.max(...a.flat().map((value, i) => Math.abs(value - b.flat()[i])));
assert.ok(apart(convolved, flip(correlated)) < 1e-5);
assert.ok(apart(corr2d(image, correlated).toArray(), convolve2d(image, convolved).toArray()) < 1e-5);
const furthest = apart(correlated, wanted);
console.log(`learned to within ${furthest.toExponential(2)}; as a convolution the same kernel, flipped`);
assert.ok(furthest < 1e-5);

const view = (matrix, title) => matrixView(matrix, { title, cell: 50, extent: 3, format: ".2~f" });
const views = [
  view(wanted, "wanted"),
  view(correlated, "learned, corr2d"),
  view(convolved, "learned, convolve2d"),
];
await writePicture("flipped-kernel.svg", gridView(views));
