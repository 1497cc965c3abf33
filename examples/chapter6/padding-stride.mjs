// SPDX-License-Identifier: MIT
// Output sizes for every padding and stride: node examples/chapter6/padding-stride.mjs [output folder]
import assert from "node:assert/strict";
import { corr2d, explainShape, kernels, outputShape, pad } from "corr2d";
import { luminance, readPhoto } from "./photo.mjs";
import { matrixView, writePicture } from "./picture.mjs";

const zeros = (...shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape });

// Kernel sizes 1..5 by paddings 0..2 and strides 1..4 on both axes, against the formula and against running it.
let combinations = 0;
const size = (n, k, p, s) => Math.floor((n + 2 * p - k + s) / s);
for (const kernelHeight of [1, 2, 3, 4, 5]) {
  for (const kernelWidth of [1, 2, 3, 4, 5]) {
    for (const padding of [0, 1, 2].flatMap((y) => [0, 1, 2].map((x) => [y, x]))) {
      for (const strides of [1, 2, 3, 4].flatMap((y) => [1, 2, 3, 4].map((x) => [y, x]))) {
        const options = { padding, strides };
        const expected = [
          size(8, kernelHeight, padding[0], strides[0]),
          size(8, kernelWidth, padding[1], strides[1]),
        ];
        assert.deepEqual(outputShape.corr2d([8, 8], [kernelHeight, kernelWidth], options), expected);
        assert.deepEqual(corr2d(zeros(8, 8), zeros(kernelHeight, kernelWidth), options).shape, expected);
        combinations++;
      }
    }
  }
}
console.log(`${combinations} combinations agree with floor((n + 2p - k + s) / s)`);

// The layers of the chapter, on 8 x 8.
const chapter = [
  { kernel: [3, 3], options: { padding: 1 }, shape: [8, 8] },
  { kernel: [5, 3], options: { padding: [2, 1] }, shape: [8, 8] },
  { kernel: [3, 3], options: { padding: 1, strides: 2 }, shape: [4, 4] },
  { kernel: [3, 5], options: { padding: [0, 1], strides: [3, 4] }, shape: [2, 2] },
];
for (const { kernel, options, shape } of chapter)
  assert.deepEqual(outputShape.corr2d([8, 8], kernel, options), shape);
console.log(explainShape([8, 8], [3, 5], { padding: [0, 1], strides: [3, 4] }));

// (k - 1) / 2 on each side keeps the size for odd k; an even kernel needs one more on one side.
for (const k of [1, 3, 5, 7])
  assert.deepEqual(outputShape.corr2d([8, 8], [k, k], { padding: (k - 1) / 2 }), [8, 8]);
assert.deepEqual(outputShape.corr2d([8, 8], [2, 2], { padding: [0, 1, 0, 1] }), [8, 8]);

// Padding with a mirror instead of zeros: pad first, or name the border.
const x = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
];
const mirrored = pad([[x]], 1, { border: "mirror" }).toArray()[0][0];
assert.deepEqual(mirrored[0], [4, 3, 4, 5, 4]);
const kernel = [
  [0, 1],
  [2, 3],
];
assert.deepEqual(
  corr2d(mirrored, kernel).toArray(),
  corr2d(x, kernel, { padding: 1, border: "mirror" }).toArray(),
);

const padded = corr2d(x, kernel, { padding: 1 }).toArray();
const strided = corr2d(x, kernel, { padding: 1, strides: [3, 2] }).toArray();
assert.deepEqual(padded, [
  [0, 3, 8, 4],
  [9, 19, 25, 10],
  [21, 37, 43, 16],
  [6, 7, 8, 0],
]);
assert.deepEqual(strided, [
  [0, 8],
  [6, 8],
]);
// A stride only leaves out: every third row and every second column of the output at stride 1.
assert.deepEqual(
  strided,
  padded.filter((_, y) => y % 3 === 0).map((row) => row.filter((_, i) => i % 2 === 0)),
);

// What it leaves out, the others half know: how alike outputs are that lie 1, 2, 4 and 8 pixels apart.
const edges = corr2d(luminance(await readPhoto(144)), kernels.sobel("y"));
const alike = (distance) => {
  const [, width] = edges.shape;
  const pairs = [...edges.data.keys()].filter((i) => (i % width) + distance < width);
  return correlationOf(
    pairs.map((i) => edges.data[i]),
    pairs.map((i) => edges.data[i + distance]),
  );
};
const correlations = [1, 2, 4, 8].map(alike);
console.log(
  `outputs 1, 2, 4, 8 apart correlate by ${correlations.map((value) => value.toFixed(2)).join(", ")}`,
);
assert.ok(correlations.every((value, i) => i === 0 || value < correlations[i - 1]));
assert.ok(correlations[0] > 0.8 && correlations[3] < 0.4);

/** Pearson's coefficient: 1 for numbers that rise and fall together, 0 for those that have nothing in common. */
function correlationOf(a, b) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const covariance = (u, meanU, v, meanV) => mean(u.map((value, i) => (value - meanU) * (v[i] - meanV)));
  return (
    covariance(a, meanA, b, meanB) /
    Math.sqrt(covariance(a, meanA, a, meanA) * covariance(b, meanB, b, meanB))
  );
}

const tables = [0, 1, 2].map((p) =>
  matrixView(
    [1, 2, 3, 4, 5].map((k) => [1, 2, 3, 4].map((s) => size(8, k, p, s))),
    { title: `padding ${p}`, extent: 20 },
  ),
);
await writePicture("padding-stride.svg", { hconcat: tables.map((table) => labelled(table)) });

/** The table with its axes: kernel sizes from 1 downwards, strides from 1 to the right. */
function labelled(table) {
  const axis = (field, title) => ({
    field,
    type: "ordinal",
    axis: {
      title,
      orient: field === "x" ? "top" : "left",
      labelExpr: "datum.value + 1",
      labelAngle: 0,
      ticks: false,
      domain: false,
    },
  });
  return { ...table, encoding: { x: axis("x", "stride"), y: axis("y", "kernel size") } };
}
