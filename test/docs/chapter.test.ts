// SPDX-License-Identifier: MIT
// The examples of "Dive into Deep Learning", chapter 7 (6 in its first edition), with the outputs printed there.
import { conv2d, corr2d, outputShape, planConv2d } from "corr2d";
import { describe, expect, it } from "vitest";

const x3 = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
];
const k2 = [
  [0, 1],
  [2, 3],
];
/** A tensor whose values do not matter, only its shape. */
const zeros = (...shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)), shape });

describe("from fully connected layers to convolutions", () => {
  it("corr2d of 3 x 3 with 2 x 2", () => {
    expect(corr2d(x3, k2).toArray()).toEqual([
      [19, 25],
      [37, 43],
    ]);
  });
});

describe("object edge detection in images", () => {
  const image = Array.from({ length: 6 }, () => [1, 1, 0, 0, 0, 0, 1, 1]);

  it("finds the two edges of a 6 x 8 image with [1, -1]", () => {
    expect(corr2d(image, [[1, -1]]).toArray()).toEqual(
      Array.from({ length: 6 }, () => [0, 1, 0, 0, 0, -1, 0]),
    );
  });

  it("finds nothing in the transposed image", () => {
    const transposed = image[0].map((_, x) => image.map((row) => row[x]));
    const y = corr2d(transposed, [[1, -1]]);
    expect(y.toArray()).toEqual(Array.from({ length: 8 }, () => [0, 0, 0, 0, 0]));
  });

  it("learns the kernel [1, -1] from inputs and outputs, by the chapter's gradient descent", () => {
    const y = corr2d(image, [[1, -1]]).data;
    let kernel = [0.3, 0.1];
    for (let epoch = 0; epoch < 30; epoch++) {
      const guess = corr2d(image, [kernel]).data;
      const error = Array.from(guess, (value, i) => 2 * (value - y[i]));
      // The gradient of the loss is the input correlated with the gradient of the output.
      const rows = image.map((_, r) => error.slice(r * 7, r * 7 + 7));
      const gradient = corr2d(image, rows).data;
      kernel = kernel.map((weight, i) => weight - 0.03 * gradient[i]);
    }
    expect(kernel[0]).toBeCloseTo(1, 1);
    expect(kernel[1]).toBeCloseTo(-1, 1);
  });
});

describe("padding and stride", () => {
  const x = zeros(1, 1, 8, 8);

  it.each([
    { kernel: [3, 3], options: { padding: 1 }, shape: [8, 8] },
    { kernel: [5, 3], options: { padding: [2, 1] }, shape: [8, 8] },
    { kernel: [3, 3], options: { padding: 1, strides: 2 }, shape: [4, 4] },
    { kernel: [3, 5], options: { padding: [0, 1], strides: [3, 4] }, shape: [2, 2] },
  ] as const)("8 x 8 with kernel $kernel and $options gives $shape", ({ kernel, options, shape }) => {
    const weights = zeros(1, 1, ...kernel);
    expect(conv2d(x, weights, options).shape).toEqual([1, 1, ...shape]);
    expect(outputShape.conv2d(x.shape, weights.shape, options)).toEqual([1, 1, ...shape]);
    expect(planConv2d(x.shape, weights, options).outputShape).toEqual([1, 1, ...shape]);
  });

  it("3 x 3 padded by one, with 2 x 2", () => {
    expect(corr2d(x3, k2, { padding: 1 }).toArray()).toEqual([
      [0, 3, 8, 4],
      [9, 19, 25, 10],
      [21, 37, 43, 16],
      [6, 7, 8, 0],
    ]);
  });

  it("strides of 3 vertically and 2 horizontally", () => {
    expect(corr2d(x3, k2, { padding: 1, strides: [3, 2] }).toArray()).toEqual([
      [0, 8],
      [6, 8],
    ]);
  });
});

describe("multiple input and output channels", () => {
  const x = {
    data: Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    shape: [1, 2, 3, 3],
  };
  const kernel = [0, 1, 2, 3, 1, 2, 3, 4];

  it("corr2d_multi_in", () => {
    const weights = { data: Float32Array.from(kernel), shape: [1, 2, 2, 2] };
    expect(conv2d(x, weights).toArray()).toEqual([
      [
        [
          [56, 72],
          [104, 120],
        ],
      ],
    ]);
  });

  it("corr2d_multi_in_out, with K, K + 1 and K + 2", () => {
    const data = Float32Array.from([0, 1, 2].flatMap((more) => kernel.map((value) => value + more)));
    expect(conv2d(x, { data, shape: [3, 2, 2, 2] }).toArray()).toEqual([
      [
        [
          [56, 72],
          [104, 120],
        ],
        [
          [76, 100],
          [148, 172],
        ],
        [
          [96, 128],
          [192, 224],
        ],
      ],
    ]);
  });

  it("a 1 x 1 convolution is a matrix product over channels", () => {
    const pixels = Float32Array.from({ length: 27 }, (_, i) => ((i * 7) % 11) - 5);
    const weights = Float32Array.from([1, -2, 3, 0, 4, -1]);
    const y = conv2d({ data: pixels, shape: [1, 3, 3, 3] }, { data: weights, shape: [2, 3, 1, 1] }).data;
    const product = [0, 1].flatMap((o) =>
      Array.from({ length: 9 }, (_, p) =>
        [0, 1, 2].reduce((sum, i) => sum + weights[o * 3 + i] * pixels[i * 9 + p], 0),
      ),
    );
    expect([...y]).toEqual(product);
  });
});
