// SPDX-License-Identifier: MIT
// Several channels, 1 x 1 convolutions, feature maps: node examples/chapter6/channels.mjs [output folder]
import assert from "node:assert/strict";
import { conv2d, corr2d, kernels } from "corr2d";
import { channel, readPhoto } from "./photo.mjs";
import { gridView, pixelsView, writePhotos } from "./picture.mjs";

// Two input channels: a kernel for each, and the sum of both results.
const x = [
  [
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
  ],
  [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ],
];
const k = [
  [
    [0, 1],
    [2, 3],
  ],
  [
    [1, 2],
    [3, 4],
  ],
];
const [[summed]] = conv2d([x], [k]).toArray();
assert.deepEqual(summed, [
  [56, 72],
  [104, 120],
]);
const parts = x.map((plane, c) => corr2d(plane, k[c]).toArray());
assert.deepEqual(
  summed,
  parts[0].map((row, y) => row.map((value, i) => value + parts[1][y][i])),
);

// Three output channels: three such sets of kernels, here k, k + 1 and k + 2.
const more = (by) => k.map((plane) => plane.map((row) => row.map((value) => value + by)));
const [outputs] = conv2d([x], [k, more(1), more(2)]).toArray();
assert.deepEqual(outputs, [
  summed,
  [
    [76, 100],
    [148, 172],
  ],
  [
    [96, 128],
    [192, 224],
  ],
]);

// 1 x 1: at each pixel the same matrix, out channels by in channels, times the channels of that pixel.
const photo = await readPhoto(144);
const [, , height, width] = photo.shape;
const count = height * width;
const matrix = [
  [0.2126, 0.7152, 0.0722], // luminance
  [1, -1, 0], // red against green
  [-0.5, -0.5, 1], // blue against yellow
];
const weights = { data: Float32Array.from(matrix.flat()), shape: [3, 3, 1, 1] };
const mixed = conv2d(photo, weights);
let furthest = 0;
for (let pixel = 0; pixel < count; pixel++) {
  matrix.forEach((row, o) => {
    const product = row.reduce((sum, weight, i) => sum + weight * photo.data[i * count + pixel], 0);
    furthest = Math.max(furthest, Math.abs(product - mixed.data[o * count + pixel]));
  });
}
// Not the same to the last bit: float32 rounds each step, in an order of its own. (3 products + 2) roundings of sums
// of at most 2 bound it.
console.log(`the 1 x 1 convolution and the matrix product differ by ${furthest.toExponential(1)} at most`);
assert.ok(furthest <= 5 * 2 ** -24 * 2);

// Feature maps: 3 x 3 kernels over all three mixtures, each of them an edge detector of something else.
const filters = [
  { name: "light, d/dx", input: 0, kernel: kernels.sobel("x"), white: 2 },
  { name: "light, d/dy", input: 0, kernel: kernels.sobel("y"), white: 2 },
  { name: "light, spots", input: 0, kernel: kernels.laplacian(), white: 0.5 },
  { name: "red-green, d/dx", input: 1, kernel: kernels.sobel("x"), white: 0.4 },
];
const layer = new Float32Array(filters.length * 3 * 9);
filters.forEach(({ input, kernel }, o) => {
  layer.set(kernel.data, (o * 3 + input) * 9);
});
const options = { padding: 1, border: "mirror", activation: "relu" };
const maps = conv2d(mixed, { data: layer, shape: [filters.length, 3, 3, 3] }, options);
assert.deepEqual(maps.shape, [1, 4, height, width]);
assert.ok(maps.data.every((value) => value >= 0));

// A 1 x 1 layer and a 3 x 3 layer with nothing between them are one 3 x 3 layer: its weights are the products of theirs.
const joined = new Float32Array(filters.length * 27);
for (let o = 0; o < filters.length; o++) {
  for (let c = 0; c < 3; c++) {
    for (let tap = 0; tap < 9; tap++) {
      joined[(o * 3 + c) * 9 + tap] = matrix.reduce(
        (sum, row, m) => sum + layer[(o * 3 + m) * 9 + tap] * row[c],
        0,
      );
    }
  }
}
const atOnce = conv2d(photo, { data: joined, shape: [filters.length, 3, 3, 3] }, options);
assert.ok(atOnce.data.every((value, i) => Math.abs(value - maps.data[i]) < 1e-4));

const mixtures = [
  await pixelsView(channel(photo, 0), { title: "red", range: [0, 1] }),
  await pixelsView(channel(mixed, 0), { title: "luminance", range: [0, 1] }),
  await pixelsView(channel(mixed, 1), { title: "red - green", range: [-0.35, 0.35] }),
  await pixelsView(channel(mixed, 2), { title: "blue - yellow", range: [-0.35, 0.35] }),
];
await writePhotos("channels.png", gridView(mixtures));
const features = filters.map(({ name, white }, o) =>
  pixelsView(channel(maps, o), { title: name, range: [0, white] }),
);
await writePhotos("feature-maps.png", gridView(await Promise.all(features)));
