// SPDX-License-Identifier: MIT
// An edge detector of two weights: node examples/chapter6/edges.mjs [output folder]
import assert from "node:assert/strict";
import { corr2d } from "corr2d";
import { matrixView, writePicture } from "./picture.mjs";

const transpose = (matrix) => matrix[0].map((_, x) => matrix.map((row) => row[x]));
const matrixOf = (height, width, value) =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value(y, x)));
const fill = (rows, row) => Array.from({ length: rows }, () => row);

// White, a black bar, white. The kernel is the difference of a pixel and its right neighbour.
const image = fill(6, [1, 1, 0, 0, 0, 0, 1, 1]);
const kernel = [[1, -1]];
const edges = corr2d(image, kernel).toArray();
assert.deepEqual(edges, fill(6, [0, 1, 0, 0, 0, -1, 0]));

// The edges of the transposed image are horizontal: along its rows nothing changes.
const turned = corr2d(transpose(image), kernel).toArray();
assert.deepEqual(turned, fill(8, [0, 0, 0, 0, 0]));

// With the kernel transposed as well everything is: the output is the transposed output.
const bothTurned = corr2d(transpose(image), transpose(kernel)).toArray();
assert.deepEqual(bothTurned, transpose(edges));

// A diagonal edge crosses every row and every column, so that both kernels see it: 1 in each row, 1 in each column.
const diagonal = matrixOf(6, 6, (y, x) => (x <= y ? 1 : 0));
const across = corr2d(diagonal, kernel).toArray();
const down = corr2d(diagonal, transpose(kernel)).toArray();
assert.deepEqual(
  across,
  matrixOf(6, 5, (y, x) => (x === y ? 1 : 0)),
);
assert.deepEqual(
  down,
  matrixOf(5, 6, (y, x) => (x === y + 1 ? -1 : 0)),
); // downwards from black to white
// Transposing the image exchanges the two triangles, and with them black and white.
const diagonalTurned = corr2d(transpose(diagonal), kernel).toArray();
assert.deepEqual(diagonalTurned, transpose(down));

await writePicture("edges.png", {
  vconcat: [
    {
      hconcat: [
        matrixView(image, { title: "image" }),
        matrixView(edges, { title: "[1, -1]" }),
        matrixView(bothTurned, { title: "both transposed" }),
        matrixView(turned, { title: "image transposed", extent: 1 }),
      ],
    },
    {
      hconcat: [
        matrixView(diagonal, { title: "diagonal edge" }),
        matrixView(across, { title: "[1, -1]" }),
        matrixView(down, { title: "[[1], [-1]]" }),
      ],
    },
  ],
});
