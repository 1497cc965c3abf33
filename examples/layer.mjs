// SPDX-License-Identifier: MIT
// A convolution layer: weights packed once by a plan, then run on many inputs of one shape.
import { outputShape, planConv2d } from "corr2d";

const random = (...shape) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => Math.random() - 0.5),
  shape,
});

const inputShape = [1, 64, 56, 56]; // batch, channels, height, width
const weights = random(128, 64, 3, 3); // out channels, in channels, kernel height, kernel width
const options = { bias: new Float32Array(128), strides: 2, padding: 1, activation: "relu" };
console.log(outputShape.conv2d(inputShape, weights.shape, options)); // [1, 128, 28, 28], without computing anything

const plan = planConv2d(inputShape, weights, options);
console.log(plan.explain());

const x = random(...inputShape);
const out = new Float32Array(128 * 28 * 28); // one output array for all runs
plan.run(x, { out });
const start = performance.now();
plan.run(x, { out });
console.log(`${(performance.now() - start).toFixed(2)} ms`);

// The same without blocking the event loop; an AbortSignal ends it early.
const { shape } = await plan.runAsync(x, { signal: AbortSignal.timeout(1000) });
console.log(shape);
plan.dispose();
