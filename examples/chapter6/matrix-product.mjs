// SPDX-License-Identifier: MIT
// A correlation as one matrix product, in two ways: node examples/chapter6/matrix-product.mjs [output folder]
import assert from "node:assert/strict";
import { conv2d, convolve2d, corr2d, unfold } from "corr2d";
import { matrixView, writePicture } from "./picture.mjs";

const multiply = (a, b) =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, i) => sum + value * b[i][j], 0)));
const transpose = (matrix) => matrix[0].map((_, x) => matrix.map((row) => row[x]));
const column = (matrix) => matrix.flat().map((value) => [value]);

// The kernel as a row, times the windows as columns.
const x = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
];
const kernel = [
  [0, 1],
  [2, 3],
];
const [windows] = unfold([[x]], { windowDimensions: 2 }).toArray();
assert.deepEqual(windows, [
  [0, 1, 3, 4],
  [1, 2, 4, 5],
  [3, 4, 6, 7],
  [4, 5, 7, 8],
]);
const product = multiply([kernel.flat()], windows);
assert.deepEqual(product[0], corr2d(x, kernel).toArray().flat());

// With channels a window is longer and there is a row of weights for each output channel; batch 1, padding and strides
// change nothing but what lies in the windows.
const counting = (shape, modulus) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((i * 37) % modulus) - 5),
  shape,
});
const photos = counting([1, 3, 9, 8], 13);
const weights = counting([4, 3, 3, 3], 11);
const options = { padding: 1, strides: 2 };
const [columns] = unfold(photos, { windowDimensions: 3, ...options }).toArray();
const rows = Array.from({ length: 4 }, (_, o) => [...weights.data.subarray(27 * o, 27 * o + 27)]);
assert.deepEqual(multiply(rows, columns).flat(), conv2d(photos, weights, options).toArray().flat(3));
console.log(
  `weights [4, 27] times windows [${columns.length}, ${columns[0].length}] is conv2d, to the last bit`,
);

// The other way: a fully connected layer from 25 pixels to 16 outputs, whose column j is the response to pixel j alone.
const weightsOnShow = [
  [1, -2],
  [3, -4],
];
const units = Array.from({ length: 25 }, (_, j) =>
  Array.from({ length: 5 }, (_, y) => [0, 1, 2, 3, 4].map((i) => +(5 * y + i === j))),
);
const layer = transpose(units.map((unit) => corr2d(unit, weightsOnShow).toArray().flat()));
assert.equal(layer.flat().filter((weight) => weight !== 0).length, 16 * 4); // of 400; and only four different ones
assert.deepEqual(new Set(layer.flat()), new Set([1, 0, -2, 3, -4]));
const image = units[0].map((row, y) => row.map((_, i) => ((7 * y + 3 * i) % 10) - 4));
assert.deepEqual(multiply(layer, column(image)).flat(), corr2d(image, weightsOnShow).toArray().flat());

// Its transpose carries gradients from the output back to the input: the full strict convolution.
const gradOutput = [0, 1, 2, 3].map((y) => [0, 1, 2, 3].map((i) => ((5 * y + 2 * i) % 7) - 3));
const gradInput = multiply(transpose(layer), column(gradOutput)).flat();
assert.deepEqual(gradInput, convolve2d(gradOutput, weightsOnShow, { mode: "full" }).toArray().flat());

await writePicture("matrix-product.png", {
  hconcat: [
    {
      vconcat: [
        matrixView(windows, { title: "windows as columns" }),
        matrixView([kernel.flat()], { title: "kernel as a row" }),
        matrixView(product, { title: "their product" }),
      ],
    },
    matrixView(layer, { title: "[[1, -2], [3, -4]] as a fully connected layer, 25 to 16", cell: 17 }),
  ],
});
