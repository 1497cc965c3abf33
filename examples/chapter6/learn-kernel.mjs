// SPDX-License-Identifier: MIT
// The kernel [1, -1] learned from an image and its edges: node examples/chapter6/learn-kernel.mjs [output folder]
import assert from "node:assert/strict";
import { conv2dGradWeights, corr2d } from "corr2d";
import { learnKernel } from "corr2d/learn";
import { linesView, writePicture } from "./picture.mjs";

const image = Array.from({ length: 6 }, () => [1, 1, 0, 0, 0, 0, 1, 1]);
const edges = corr2d(image, [[1, -1]]);

/** The sum of squared errors of a kernel, and its gradient. */
function lossAndGradient(kernel, target) {
  const output = corr2d(image, kernel);
  const error = output.data.map((value, i) => value - target.data[i]);
  const gradOutput = { data: error.map((value) => 2 * value), shape: [1, 1, ...output.shape] };
  const weightsShape = [1, 1, kernel.length, kernel[0].length];
  const [[gradient]] = conv2dGradWeights([[image]], weightsShape, gradOutput).toArray();
  return { loss: sumOf(error.map((value) => value * value)), gradient };
}

/** Gradient descent until the loss is below 1e-3, or for 200 steps. */
function learn(start, target, { learningRate = 0.03 } = {}) {
  let kernel = start;
  const losses = [];
  while (losses.length < 200) {
    const { loss, gradient } = lossAndGradient(kernel, target);
    losses.push(loss);
    if (loss < 1e-3) break;
    kernel = kernel.map((row, y) => row.map((weight, x) => weight - learningRate * gradient[y][x]));
  }
  return { kernel, losses };
}

function sumOf(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

// The gradient agrees with the quotient of small differences.
const h = 2 ** -10;
const loss = (a, b) => lossAndGradient([[a, b]], edges).loss;
const [slope] = lossAndGradient([[0.3, 0.1]], edges).gradient;
assert.ok(Math.abs(slope[0] - (loss(0.3 + h, 0.1) - loss(0.3 - h, 0.1)) / (2 * h)) < 0.01);
assert.ok(Math.abs(slope[1] - (loss(0.3, 0.1 + h) - loss(0.3, 0.1 - h)) / (2 * h)) < 0.01);

// And it is a correlation. weight[ky, kx] multiplies image[oy + ky, ox + kx] in output[oy, ox]: its derivative is the sum of
// these products with the derivative by output[oy, ox], which is the image correlated with those.
const errors = corr2d(image, [[0.3, 0.1]]).data.map((value, i) => value - edges.data[i]);
const correlated = corr2d(image, { data: errors.map((value) => 2 * value), shape: edges.shape });
assert.deepEqual(correlated.shape, [1, 2]);
assert.ok(correlated.data.every((value, i) => Math.abs(value - slope[i]) < 1e-4));

const { kernel, losses } = learn([[0.3, 0.1]], edges);
console.log(`loss ${losses.at(-1).toExponential(2)} after ${losses.length - 1} steps, kernel`, kernel);
assert.ok(losses.at(-1) < 1e-3);
assert.ok(Math.abs(kernel[0][0] - 1) < 0.01 && Math.abs(kernel[0][1] + 1) < 0.01);

// The same as one call. Its steps are conjugate gradients, as long as is best: two of them for two weights, but for rounding.
// With a learning rate it descends as above.
const atOnce = learnKernel(image, edges, { shape: [1, 2] });
console.log(
  `learnKernel: loss ${atOnce.losses.at(-1).toExponential(2)} after ${atOnce.losses.length - 1} steps, kernel`,
  atOnce.kernel.toArray(),
);
assert.ok(atOnce.losses.at(-1) < 1e-3 && atOnce.losses.length - 1 === 2);
assert.ok(atOnce.kernel.data.every((weight, i) => Math.abs(weight - [1, -1][i]) < 1e-6));
assert.ok(atOnce.kernel.data.every((weight, i) => Math.abs(weight - kernel[0][i]) < 0.01));
const byRate = learnKernel(image, edges, { shape: [1, 2], learningRate: 0.03, limit: 1e-3 });
assert.ok(byRate.converged && byRate.losses.at(-1) < 1e-3);
assert.ok(byRate.kernel.data.every((weight, i) => Math.abs(weight - kernel[0][i]) < 0.02));

// How fast, the image tells: with the windows of the image as rows of a matrix A, a step multiplies the error of the kernel
// by I - 2 * 0.03 * A'A, and A'A is [[18, 12], [12, 18]]: white under the first weight, under the second, under both.
// Along [1, 1] that is 1 - 0.06 * 30 = -0.8, along [1, -1] 1 - 0.06 * 6 = 0.64: the error is dominated by the first soon,
// and the loss, its square, falls to 0.64 of itself with each step.
const factor = losses.at(-1) / losses.at(-2);
console.log(`the last step left ${factor.toFixed(4)} of the loss`);
assert.ok(Math.abs(factor - 0.64) < 0.001);
// From 2 / 60 on, a step along [1, 1] goes further beyond the minimum than it stood before it.
const tooFast = learn([[0.3, 0.1]], edges, { learningRate: 0.034 }).losses;
assert.ok(tooFast.at(-1) > tooFast[0]);

// At 0.02 the factors are -0.2 and 0.76. The loss falls to 0.76^2 = 0.58 of itself, and is below 1e-3 sooner.
const slower = learn([[0.3, 0.1]], edges, { learningRate: 0.02 }).losses;
assert.ok(slower.length < losses.length);
assert.ok(Math.abs(slower.at(-1) / slower.at(-2) - 0.76 ** 2) < 0.001);

// A kernel of the other orientation has nothing to learn here. Each column of the image is constant: the output is
// (a + b) * image, the target 0, and every kernel [a, -a] reaches loss 0, so that the gradient never moves a - b.
const noEdges = corr2d(image, [[1], [-1]]);
assert.ok(noEdges.data.every((value) => value === 0));
assert.equal(lossAndGradient([[1], [-1]], noEdges).loss, 0);
assert.equal(lossAndGradient([[5], [-5]], noEdges).loss, 0);
const vertical = learn([[0.3], [0.1]], noEdges, { learningRate: 0.01 });
const [[a], [b]] = vertical.kernel;
console.log(
  `of the other orientation: loss ${vertical.losses.at(-1).toExponential(2)}, kernel`,
  vertical.kernel,
);
assert.ok(vertical.losses.at(-1) < 1e-3);
assert.ok(Math.abs(a + b) < 0.02 && Math.abs(a - b - 0.2) < 1e-6);

await writePicture(
  "learn-kernel.svg",
  linesView(
    [
      ...losses.map((y, x) => ({ x, y, series: "0.03" })),
      ...slower.map((y, x) => ({ x, y, series: "0.02" })),
      ...tooFast.slice(0, 31).map((y, x) => ({ x, y, series: "0.034" })),
      // Its last loss, 1e-32 or so, is drawn at the lower edge.
      ...atOnce.losses.map((y, x) => ({ x, y: Math.max(y, 1e-4), series: "learnKernel" })),
    ],
    { x: "steps", y: "loss", series: "learning rate", log: true },
  ),
);
