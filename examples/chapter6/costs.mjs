// SPDX-License-Identifier: MIT
// What layers cost, forward and backward, and LeNet layer by layer: node examples/chapter6/costs.mjs
import assert from "node:assert/strict";
import { conv2dCost, corr2d, outputShape } from "corr2d";

// Forward: outputs times products for each of them. Twice the channels on both sides is four times as much of everything
// but outputs, of which there are twice as many.
const cost = (channels, options) => conv2dCost([1, channels, 56, 56], [channels, channels, 3, 3], options);
const [single, double] = [cost(64, { padding: 1 }), cost(128, { padding: 1 })];
assert.equal(single.multiplyAdds, 64 * 56 * 56 * 64 * 3 * 3);
assert.equal(double.multiplyAdds, 4 * single.multiplyAdds);
assert.equal(double.parameters, 4 * single.parameters);
// Twice the padding adds a frame of outputs around them.
const wider = cost(64, { padding: 2 });
assert.deepEqual(wider.outputShape, [1, 64, 58, 58]);
assert.equal(wider.multiplyAdds * 56 ** 2, single.multiplyAdds * 58 ** 2);
console.log(
  `64 channels: ${single.flops} flops, 128: ${double.flops}; padding 2 instead of 1: ${wider.flops}`,
);
// A stride divides by its product, groups by their number.
assert.equal(cost(64, { padding: 1, strides: 2 }).multiplyAdds, single.multiplyAdds / 4);
assert.equal(
  conv2dCost([1, 64, 56, 56], [64, 16, 3, 3], { padding: 1, groups: 4 }).multiplyAdds,
  single.multiplyAdds / 4,
);

// Backward: the gradient of the weights has as many products as the output (each weight with each output), and so has that
// of the input. Counted on one layer, tap by tap:
const [input, kernel] = [
  [7, 6],
  [3, 2],
];
const output = outputShape.corr2d(input, kernel);
const products = { output: 0, gradWeights: 0, gradInput: 0 };
const gradInput = new Float32Array(42);
const gradWeights = new Float32Array(6);
const x = Float32Array.from({ length: 42 }, (_, i) => ((i * 11) % 13) - 6);
const w = Float32Array.from({ length: 6 }, (_, i) => i - 2);
const g = Float32Array.from({ length: 25 }, (_, i) => ((i * 7) % 9) - 4);
for (let oy = 0; oy < output[0]; oy++) {
  for (let ox = 0; ox < output[1]; ox++) {
    for (let ky = 0; ky < 3; ky++) {
      for (let kx = 0; kx < 2; kx++) {
        const [at, tap, out] = [(oy + ky) * 6 + ox + kx, ky * 2 + kx, oy * output[1] + ox];
        products.output++; // x[at] * w[tap]
        gradWeights[tap] += x[at] * g[out];
        products.gradWeights++;
        gradInput[at] += w[tap] * g[out];
        products.gradInput++;
      }
    }
  }
}
assert.deepEqual(products, { output: 150, gradWeights: 150, gradInput: 150 });
// Both are correlations themselves: of the input with gradOutput; of gradOutput, padded, with the flipped kernel.
const matrix = (data, shape) => ({ data, shape });
assert.deepEqual(corr2d(matrix(x, input), matrix(g, output)).data, gradWeights);
assert.deepEqual(corr2d(matrix(g, output), matrix(w.toReversed(), kernel), { mode: "full" }).data, gradInput);
console.log("forward 150 products, backward 150 for the weights and 150 for the input");

// Memory: forward needs input, weights and output of one layer at a time; backward needs the input of every layer again.
const vgg = [
  [64, 224],
  [64, 224],
  [128, 112],
  [128, 112],
  [256, 56],
  [256, 56],
  [256, 56],
];
const mebibytes = vgg.map(([channels, side]) => (4 * channels * side * side) / 2 ** 20);
const kept = mebibytes.reduce((sum, size) => sum + size, 0);
const atOnce = Math.max(...mebibytes.slice(1).map((size, i) => mebibytes[i] + size));
console.log(`seven layers: ${atOnce} MiB at once forward, ${kept} MiB kept for the way back`);
assert.deepEqual([atOnce, kept], [24.5, 45.9375]);

// Memory of the fast way, too. All windows as columns hold k^2 copies of the image; a strip of k rows is enough for one row
// of outputs, whose windows overlap in it.
const columns = ([channels, height, width], k) => channels * k * k * (height - k + 1) * (width - k + 1);
const strip = ([channels, , width], k) => channels * k * width;
assert.equal(columns([64, 58, 58], 3), 9 * 64 * 56 * 56);
assert.equal(strip([64, 58, 58], 3), 64 * 3 * 58);

// How wide a strip to read at once. For `wide` neighbouring outputs k rows of wide + k - 1 elements are read, and their sums kept
// until all products are added. Run, with the reads counted:
function correlateInStrips(image, taps, wide) {
  const [k, height, width] = [taps.length, image.length - taps.length + 1, image[0].length - taps.length + 1];
  let reads = 0;
  const out = Array.from({ length: height }, () => new Array(width).fill(0));
  for (let oy = 0; oy < height; oy++) {
    for (let ox = 0; ox < width; ox += wide) {
      for (let ky = 0; ky < k; ky++) {
        for (let i = 0; i < wide + k - 1; i++) {
          const element = image[oy + ky][ox + i];
          reads++;
          // It meets each weight of the row, for another of the outputs each time.
          for (let kx = Math.max(0, i - wide + 1); kx < Math.min(k, i + 1); kx++) {
            out[oy][ox + i - kx] += element * taps[ky][kx];
          }
        }
      }
    }
  }
  return { out, reads: reads / (height * width) };
}
const picture = Array.from({ length: 18 }, (_, y) =>
  Array.from({ length: 34 }, (_, i) => ((7 * y + 5 * i) % 11) - 5),
);
const taps = [
  [1, -2, 3],
  [0, 4, -1],
  [2, 1, -3],
];
const readsAt = (wide) => {
  const { out, reads } = correlateInStrips(picture, taps, wide);
  assert.deepEqual(out, corr2d(picture, taps).toArray());
  assert.equal(reads, (3 * (wide + 2)) / wide);
  return reads;
};
const reads = [1, 2, 4, 8, 16].map(readsAt);
console.log(`reads for each output, strips of 1, 2, 4, 8, 16 outputs: ${reads.join(", ")}`);
assert.deepEqual(reads, [9, 6, 4.5, 3.75, 3.375]);

// LeNet: shapes, weights, products. Most weights are fully connected, most work is convolution.
const layers = [
  { name: "conv 5 x 5, padding 2", weights: [6, 1, 5, 5], options: { padding: 2 } },
  { name: "pool 2 x 2", pool: { windowDimensions: 2, strides: 2 } },
  { name: "conv 5 x 5", weights: [16, 6, 5, 5] },
  { name: "pool 2 x 2", pool: { windowDimensions: 2, strides: 2 } },
  // Fully connected: a convolution as large as its input.
  { name: "fully connected", weights: [120, 16, 5, 5] },
  { name: "fully connected", weights: [84, 120, 1, 1] },
  { name: "fully connected", weights: [10, 84, 1, 1] },
];
let shape = [1, 1, 28, 28];
const table = layers.map(({ name, weights, options, pool }) => {
  if (pool !== undefined) {
    shape = outputShape.maxPool2d(shape, pool);
    return { layer: name, output: shape.join(" x "), parameters: 0, multiplyAdds: 0 };
  }
  const {
    outputShape: next,
    parameters,
    multiplyAdds,
  } = conv2dCost(shape, weights, { ...options, bias: true });
  shape = [...next];
  return { layer: name, output: shape.join(" x "), parameters, multiplyAdds };
});
console.table(table);
const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);
const convolutions = table.slice(0, 4);
assert.equal(sum(table, "parameters"), 61706);
assert.equal(sum(convolutions, "parameters"), 2572);
assert.equal(sum(table, "multiplyAdds"), 416520);
assert.equal(sum(convolutions, "multiplyAdds"), 357600);
