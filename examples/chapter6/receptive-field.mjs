// SPDX-License-Identifier: MIT
// What of the input an output sees: node examples/chapter6/receptive-field.mjs [output folder]
import assert from "node:assert/strict";
import { conv2d, receptiveField } from "corr2d";
import { gridView, matrixView, writePicture } from "./picture.mjs";

const size = 19;
const stacks = [
  {
    name: "three layers of 3 x 3",
    layers: [1, 1, 1].map((dilations) => ({ kernelSize: 3, padding: 1, dilations })),
  },
  {
    name: "dilations 1, 2, 4",
    layers: [1, 2, 4].map((dilations) => ({ kernelSize: 3, padding: dilations, dilations })),
  },
  { name: "strides 2, 2, 1", layers: [2, 2, 1].map((strides) => ({ kernelSize: 3, padding: 1, strides })) },
];

/** The output of the stack with all weights 1. */
function run(x, layers) {
  return layers.reduce((current, { kernelSize, ...options }) => {
    const weights = {
      data: new Float32Array(kernelSize ** 2).fill(1),
      shape: [1, 1, kernelSize, kernelSize],
    };
    return conv2d(current, weights, options);
  }, x);
}

/** On how many ways each pixel of the input reaches the output in the middle: what a 1 there adds to it. */
function paths(layers) {
  return Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) => {
      const data = new Float32Array(size * size);
      data[y * size + x] = 1;
      const output = run({ data, shape: [1, 1, size, size] }, layers);
      const [, , height, width] = output.shape;
      return output.data[(height >> 1) * width + (width >> 1)];
    }),
  );
}

const views = stacks.map(({ name, layers }) => {
  const counts = paths(layers);
  const field = receptiveField(layers, { inputSize: size });
  const [height, width] = field.outputSize;
  const { rows, columns } = field.of(height >> 1, width >> 1);
  // The pixels that it names are those that have a way.
  counts.forEach((row, y) => {
    row.forEach((count, x) => {
      assert.equal(count > 0, rows.includes(y) && columns.includes(x));
    });
  });
  console.log(`${name}: ${field.size.join(" x ")} pixels, outputs ${field.jump[0]} apart`);
  const most = Math.max(...counts.flat());
  return matrixView(counts, { title: `${name}: ${field.size.join(" x ")}`, cell: 11, extent: most });
});

// Three layers of 3 x 3 see as far as one of 7 x 7, with 27 weights instead of 49; dilation and stride see further.
const fieldSize = (index) => receptiveField(stacks[index].layers, { inputSize: size }).size[0];
assert.deepEqual([0, 1, 2].map(fieldSize), [7, 15, 15]);
assert.deepEqual(receptiveField([{ kernelSize: 7 }]).size, [7, 7]);

// LeNet: an output of the second pooling sees 16 x 16 of the 28 x 28 pixels, neighbours 4 apart.
const lenet = receptiveField(
  [
    { kernelSize: 5, padding: 2 },
    { kernelSize: 2, strides: 2 },
    { kernelSize: 5 },
    { kernelSize: 2, strides: 2 },
  ],
  { inputSize: 28 },
);
assert.deepEqual(
  [lenet.size, lenet.jump, lenet.outputSize],
  [
    [16, 16],
    [4, 4],
    [5, 5],
  ],
);

await writePicture("receptive-field.png", gridView(views));
