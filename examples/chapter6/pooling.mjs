// SPDX-License-Identifier: MIT
// Pooling, and what of it convolutions can do: node examples/chapter6/pooling.mjs [output folder]
import assert from "node:assert/strict";
import { avgPool2d, conv2d, corr2d, maxPool2d } from "corr2d";
import { luminance, readPhoto } from "./photo.mjs";
import { gridView, pixelsView, writePhotos } from "./picture.mjs";

const x = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
];
const window2 = { windowDimensions: 2 }; // stride 1
assert.deepEqual(maxPool2d([[x]], window2).toArray()[0][0], [
  [4, 5],
  [7, 8],
]);
assert.deepEqual(avgPool2d([[x]], window2).toArray()[0][0], [
  [2, 3],
  [5, 6],
]);
const sixteen = [
  [
    [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
      [12, 13, 14, 15],
    ],
  ],
];
assert.deepEqual(maxPool2d(sixteen, { windowDimensions: 3, strides: 3 }).toArray(), [[[[10]]]]);
assert.deepEqual(maxPool2d(sixteen, { windowDimensions: 3, strides: 2, padding: 1 }).toArray(), [
  [
    [
      [5, 7],
      [13, 15],
    ],
  ],
]);
assert.deepEqual(
  maxPool2d(sixteen, { windowDimensions: [2, 3], strides: [2, 3], padding: [0, 1] }).toArray(),
  [
    [
      [
        [5, 7],
        [13, 15],
      ],
    ],
  ],
);

// Each channel is pooled alone: as many come out as went in.
const twoChannels = [[sixteen[0][0], sixteen[0][0].map((row) => row.map((value) => value + 1))]];
assert.deepEqual(maxPool2d(twoChannels, { windowDimensions: 2, strides: 2 }).shape, [1, 2, 2, 2]);

// What moves by a pixel within a window leaves the pool as it was.
const edge = (at) => [[corr2d([[1, 1, 1, 1, 0, 0, 0, 0].map((_, i) => +(i <= at))], [[1, -1]]).toArray()[0]]];
const pooled = (at) =>
  maxPool2d([edge(at)], { windowDimensions: [1, 2], strides: 2 })
    .toArray()
    .flat(3);
assert.deepEqual(pooled(2), [0, 1, 0]);
assert.deepEqual(pooled(3), [0, 1, 0]);

// The mean is a convolution with equal weights.
const photo = luminance(await readPhoto(144));
const image = { data: photo.data, shape: [1, 1, 144, 144] };
const mean = avgPool2d(image, { windowDimensions: 4, strides: 4 });
const sixteenth = { data: new Float32Array(16).fill(1 / 16), shape: [1, 1, 4, 4] };
const asConvolution = conv2d(image, sixteenth, { strides: 4 });
assert.ok(mean.data.every((value, i) => Math.abs(value - asConvolution.data[i]) < 1e-6));

// The maximum is none: a convolution of a sum is the sum of convolutions, the maximum of a sum is not that of maxima.
const maxOf = (...values) => maxPool2d([[[values]]], { windowDimensions: [1, 2] }).data[0];
assert.deepEqual([maxOf(1, 0) + maxOf(0, 1), maxOf(1, 1)], [2, 1]);
// The minimum needs no operator of its own.
const minimum = (tensor, options) => {
  const negative = { data: tensor.data.map((value) => -value), shape: tensor.shape };
  const { data, shape } = maxPool2d(negative, options);
  return { data: data.map((value) => -value), shape };
};
assert.deepEqual([...minimum(tensorOfSixteen(), { windowDimensions: 2, strides: 2 }).data], [0, 2, 8, 10]);

// The cost: one comparison less than there are elements in a window, for each output and channel.
function maxPoolCounted({ data, shape: [, channels, height, width] }, [rows, columns], stride) {
  const out = [];
  let comparisons = 0;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y + rows <= height; y += stride) {
      for (let i = 0; i + columns <= width; i += stride) {
        const elements = Array.from(
          { length: rows * columns },
          (_, k) => data[(c * height + y + Math.floor(k / columns)) * width + i + (k % columns)],
        );
        out.push(
          elements.reduce((most, value) => {
            comparisons++;
            return Math.max(most, value);
          }),
        );
      }
    }
  }
  return { out, comparisons };
}
const maps = {
  data: Float32Array.from({ length: 6 * 28 * 28 }, (_, i) => (i * 61) % 127),
  shape: [1, 6, 28, 28],
};
const counted = maxPoolCounted(maps, [2, 2], 2);
assert.deepEqual(counted.out, [...maxPool2d(maps, { windowDimensions: 2, strides: 2 }).data]);
assert.equal(counted.comparisons, 6 * 14 * 14 * 3);
console.log(`LeNet's first pooling makes ${counted.comparisons} comparisons`);

/**
 * Maximum pooling with size x size windows from conv2d and ReLU alone. As max(a, b) = relu(a - b) + relu(b) - relu(-b),
 * three channels hold the maximum of a pair, two (relu(a), relu(-a)) a number without partner: each layer halves how many
 * numbers are left. The first is a convolution over the window, those that follow are 1 x 1, the last without ReLU.
 */
function maxByRelu(tensor, size, strides) {
  let rows = Array.from({ length: size * size }, (_, i) =>
    Array.from({ length: size * size }, (_, j) => +(i === j)),
  );
  let [current, kernel, options] = [tensor, [1, size, size], { strides }];
  const channels = [];
  while (rows.length > 1) {
    const layer = [];
    const next = []; // how the numbers that are left are summed from the channels of this layer
    for (let i = 0; i < rows.length; i += 2) {
      const [a, b] = [rows[i], rows[i + 1]];
      const held =
        b === undefined
          ? [
              [a, 1],
              [negated(a), -1],
            ]
          : [
              [minus(a, b), 1],
              [b, 1],
              [negated(b), -1],
            ];
      next.push(held.map(([, sign], j) => [layer.length + j, sign]));
      layer.push(...held.map(([weights]) => weights));
    }
    current = conv2d(current, tensorOf(layer, kernel), { ...options, activation: "relu" });
    channels.push(layer.length);
    rows = next.map((terms) => {
      const row = new Array(layer.length).fill(0);
      for (const [index, sign] of terms) row[index] = sign;
      return row;
    });
    [kernel, options] = [[layer.length, 1, 1], {}];
  }
  return { result: conv2d(current, tensorOf(rows, kernel)), channels };
}
function tensorOfSixteen() {
  return { data: Float32Array.from(sixteen.flat(3)), shape: [1, 1, 4, 4] };
}
function negated(row) {
  return row.map((value) => 0 - value);
}
function minus(a, b) {
  return a.map((value, i) => value - b[i]);
}
function tensorOf(rows, kernel) {
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, ...kernel] };
}

const whole = {
  data: Float32Array.from({ length: 144 }, (_, i) => ((i * 53) % 97) - 48),
  shape: [1, 1, 12, 12],
};
for (const [size, expected] of [
  [2, [6, 3]],
  [3, [14, 8, 5, 3]],
]) {
  const { result, channels } = maxByRelu(whole, size, size);
  assert.deepEqual(result.toArray(), maxPool2d(whole, { windowDimensions: size, strides: size }).toArray());
  assert.deepEqual(channels, expected);
  console.log(`${size} x ${size} maximum: ReLU layers of ${channels.join(", ")} channels, and a sum`);
}

// Between the mean and the maximum: the mean weighted by exp(value / temperature).
function softPool(values, temperature) {
  const weights = values.map((value) => Math.exp((value - Math.max(...values)) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, value, i) => sum + (weights[i] / total) * value, 0);
}
assert.ok(Math.abs(softPool([1, 2, 3, 6], 0.05) - 6) < 1e-9);
assert.ok(Math.abs(softPool([1, 2, 3, 6], 1e6) - 3) < 1e-5);

// On the edges of a photograph: the maximum keeps thin lines, the mean thins them out, a stride alone takes pot luck.
const options = { windowDimensions: 4, strides: 4 };
const edges = corr2d(photo, [[-1, 0, 1]], { mode: "same", border: "mirror" });
const strength = { data: edges.data.map(Math.abs), shape: [1, 1, 144, 144] };
const strongest = maxPool2d(strength, options);
const average = avgPool2d(strength, options);
const every4th = conv2d(strength, { data: new Float32Array([1]), shape: [1, 1, 1, 1] }, { strides: 4 });
const meanOf = ({ data }) => data.reduce((sum, value) => sum + value, 0) / data.length;
assert.ok(meanOf(strongest) > 2 * meanOf(average));
// Behind a ReLU the minimum is mostly 0: one element of the window that is not positive is enough.
const positive = { data: edges.data.map((value) => Math.max(value, 0)), shape: [1, 1, 144, 144] };
const zeros = minimum(positive, options).data.filter((value) => value === 0).length / (36 * 36);
console.log(`behind a ReLU ${(100 * zeros).toFixed(0)} % of the minima are 0`);
assert.ok(zeros > 0.8);
const matrix = ({ data, shape }) => ({ data, shape: shape.slice(-2) });
const range = [0, 0.6];
await writePhotos(
  "pooling.png",
  gridView([
    await pixelsView(matrix(strength), { title: "edges", range }),
    await pixelsView(matrix(strongest), { title: "maximum of 4 x 4", range, scale: 4 }),
    await pixelsView(matrix(average), { title: "mean of 4 x 4", range, scale: 4 }),
    await pixelsView(matrix(every4th), { title: "every 4th pixel", range, scale: 4 }),
  ]),
);
