// SPDX-License-Identifier: MIT
// How convolutions combine: node examples/chapter6/algebra.mjs
import assert from "node:assert/strict";
import { conv2d, convolve2d, convTranspose2d, corr2d, kernels } from "corr2d";

const matrixOf = (height, width, value) =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value(y, x)));
const full = { mode: "full" };
const f = matrixOf(5, 6, (y, x) => ((7 * y + 3 * x) % 11) - 5);
const g = [
  [1, 2],
  [0, -3],
  [4, 1],
];
const h = [[2, -1, 3]];

// Strict convolution commutes and associates; correlation does neither: exchanged, it gives the flipped matrix.
assert.deepEqual(convolve2d(f, g, full).toArray(), convolve2d(g, f, full).toArray());
assert.deepEqual(
  convolve2d(convolve2d(f, g, full), h, full).toArray(),
  convolve2d(f, convolve2d(g, h, full), full).toArray(),
);
const flip = (matrix) => matrix.map((row) => row.toReversed()).toReversed();
assert.deepEqual(corr2d(g, f, full).toArray(), flip(corr2d(f, g, full).toArray()));
assert.notDeepEqual(corr2d(g, f, full).toArray(), corr2d(f, g, full).toArray());

// Two layers with nothing between them are one: kernels of 3 x 2 and 1 x 3 make one of 3 x 4, their full convolution.
const joined = convolve2d(g, h, full);
assert.deepEqual(joined.shape, [3 + 1 - 1, 2 + 3 - 1]);
assert.deepEqual(corr2d(corr2d(f, g), h).toArray(), corr2d(f, joined).toArray());

// Not the other way round. [a, b] * [c, d] = [ac, ad + bc, bd] has real factors only if (ad + bc)^2 >= 4 ac bd:
// the middle of [1, 0, 1] is too small. [1, 2, 1] has them, and a 3 x 3 kernel of rank 1 is a column times a row.
const hasFactors = ([p, q, r]) => q * q >= 4 * p * r;
assert.equal(hasFactors([1, 0, 1]), false);
assert.equal(hasFactors([1, 2, 1]), true);
assert.deepEqual(convolve2d([[1, 1]], [[1, 1]], full).toArray(), [[1, 2, 1]]);
assert.deepEqual(convolve2d([[1], [2], [1]], [[-1, 0, 1]], full).toArray(), matrixRows(kernels.sobel("x")));

// With a ReLU between them two layers are more than one: the sum of inputs no longer gives the sum of outputs.
const relu = ({ data, shape }) => ({ data: data.map((value) => Math.max(value, 0)), shape });
const twoLayers = (x) => [...corr2d(relu(corr2d(x, [[1, -1]])), [[1, 1]]).data];
assert.deepEqual([twoLayers([[1, 0, 0]]), twoLayers([[-1, 0, 0]]), twoLayers([[0, 0, 0]])], [[1], [0], [0]]);

// A stride of 1/2: zeros between the samples, then a kernel that fills the gaps. [1/2, 1, 1/2] interpolates linearly.
const spread = [4, 8, 2].flatMap((value, i) => (i === 0 ? [value] : [0, value]));
assert.deepEqual([...corr2d([spread], [[0.5, 1, 0.5]], { mode: "same" }).data], [4, 6, 8, 5, 2]);
// The transposed convolution of stride 2 does both; its padding takes away what lies beyond the first and last sample.
const twice = convTranspose2d([[[[4, 8, 2]]]], [[[[0.5, 1, 0.5]]]], { strides: [1, 2], padding: [0, 1] });
assert.deepEqual([...twice.data], [4, 6, 8, 5, 2]);

// Groups: a block-diagonal matrix of channels. A quarter of the weights for four groups, and no path between them.
const channels = 8;
const x = {
  data: Float32Array.from({ length: channels * 25 }, (_, i) => ((i * 29) % 17) - 8),
  shape: [1, channels, 5, 5],
};
const blocks = { data: Float32Array.from({ length: 8 * 2 }, (_, i) => (i % 7) - 3), shape: [8, 2, 1, 1] };
const dense = new Float32Array(64);
for (let o = 0; o < 8; o++) {
  for (let i = 0; i < 2; i++) dense[o * 8 + 2 * Math.floor(o / 2) + i] = blocks.data[2 * o + i];
}
const grouped = conv2d(x, blocks, { groups: 4 });
assert.deepEqual(grouped.toArray(), conv2d(x, { data: dense, shape: [8, 8, 1, 1] }).toArray());
// Exchanging channels between two grouped layers makes up for it: each output then depends on every group.
const shuffle = ({ data, shape }) => {
  const count = shape[2] * shape[3];
  const moved = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    const to = (c % 2) * 4 + Math.floor(c / 2);
    moved.set(data.subarray(c * count, (c + 1) * count), to * count);
  }
  return { data: moved, shape };
};
const ones = { data: new Float32Array(16).fill(1), shape: [8, 2, 1, 1] };
const reached = (mix) => {
  const pulse = { data: new Float32Array(8), shape: [1, 8, 1, 1] };
  pulse.data[0] = 1;
  const y = conv2d(mix(conv2d(pulse, ones, { groups: 4 })), ones, { groups: 4 });
  return y.data.filter((value) => value !== 0).length;
};
assert.deepEqual([reached((y) => y), reached(shuffle)], [2, 4]);
console.log("convolutions commute, associate, join, and split into groups as they should");

function matrixRows({ data, shape: [height, width] }) {
  return matrixOf(height, width, (y, i) => data[y * width + i]);
}
