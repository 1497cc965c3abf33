// SPDX-License-Identifier: MIT
// What holds for every convolution. Operands are whole numbers with sums far below 2^24, so each law holds exactly.
import { createEngine, type Engine, type TensorLike } from "corr2d";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const settings = { seed: 6, numRuns: 100 };

/** The engine whose turn it is. */
let engine: Engine;
const conv2d = ((...operands: [never, never, never]) => engine.conv2d(...operands)) as Engine["conv2d"];
const corr2d = ((...operands: [never, never, never]) => engine.corr2d(...operands)) as Engine["corr2d"];
const convolve2d = ((...operands: [never, never, never]) =>
  engine.convolve2d(...operands)) as Engine["convolve2d"];

type Floats = TensorLike<Float32Array>;

/** Whole numbers from -9 to 9 in the given shape. */
function tensor(...shape: number[]): fc.Arbitrary<Floats> {
  const length = shape.reduce((a, b) => a * b, 1);
  return fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: length, maxLength: length })
    .map((values) => ({ data: Float32Array.from(values), shape }));
}

const size = (min: number, max: number) => fc.integer({ min, max });

/** A matrix and a kernel that fits into it. */
const matrixAndKernel = fc
  .tuple(size(1, 4), size(1, 5), size(0, 6), size(0, 9))
  .chain(([kh, kw, moreRows, moreColumns]) =>
    fc.tuple(tensor(kh + moreRows, kw + moreColumns), tensor(kh, kw)),
  );

interface Layer {
  readonly x: Floats;
  readonly weights: Floats;
  readonly groups: number;
}

/** Operands of a conv2d: batch, groups, channels of each group, kernel and image sizes vary. */
const layer: fc.Arbitrary<Layer> = fc
  .record({
    batch: size(1, 3),
    groups: size(1, 3),
    groupIn: size(1, 3),
    groupOut: size(1, 5),
    kernel: size(1, 3),
    height: size(3, 6),
    width: size(3, 9),
  })
  .chain(({ batch, groups, groupIn, groupOut, kernel, height, width }) =>
    fc.record({
      x: tensor(batch, groups * groupIn, height, width),
      weights: tensor(groups * groupOut, groupIn, kernel, kernel),
      groups: fc.constant(groups),
    }),
  );

const layerAnd = <T>(more: (l: Layer) => fc.Arbitrary<T>) =>
  layer.chain((l) => fc.tuple(fc.constant(l), more(l)));

/** -0 as 0: both are the exact result, and the sign is nobody's business. */
const numbers = (data: ArrayLike<number>) => Array.from(data, (value) => value + 0);
const like = ({ shape }: Floats, data: Float32Array): Floats => ({ data, shape });
const flipped = (kernel: Floats) => like(kernel, kernel.data.slice().reverse());

/** The blocks of `block` elements that make up `data`, in the order given. */
function permute(data: Float32Array, block: number, order: readonly number[]): Float32Array {
  return Float32Array.from(order.flatMap((at) => [...data.subarray(at * block, (at + 1) * block)]));
}

const order = (count: number) =>
  fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count });

describe.each(["native", "wasm", "reference"] as const)("%s", (backend) => {
  beforeAll(async () => {
    engine = await createEngine({ backend });
  });
  afterAll(() => engine?.dispose());

  it("is linear in the input", () => {
    fc.assert(
      fc.property(
        layerAnd(({ x }) => fc.tuple(tensor(...x.shape), size(-5, 5))),
        ([{ x, weights, groups }, [other, factor]]) => {
          const convolve = (data: Float32Array) => conv2d(like(x, data), weights, { groups }).data;
          const a = convolve(x.data);
          const b = convolve(other.data);
          const mixed = convolve(x.data.map((value, i) => factor * value + other.data[i]));
          expect(numbers(mixed)).toEqual(numbers(a.map((value, i) => factor * value + b[i])));
        },
      ),
      settings,
    );
  });

  it("is linear in the weights", () => {
    fc.assert(
      fc.property(
        layerAnd(({ weights }) => tensor(...weights.shape)),
        ([{ x, weights, groups }, other]) => {
          const convolve = (data: Float32Array) => conv2d(x, like(weights, data), { groups }).data;
          const a = convolve(weights.data);
          const b = convolve(other.data);
          const sum = convolve(weights.data.map((value, i) => value + other.data[i]));
          expect(numbers(sum)).toEqual(numbers(a.map((value, i) => value + b[i])));
        },
      ),
      settings,
    );
  });

  it("moves with its input", () => {
    fc.assert(
      fc.property(matrixAndKernel, size(0, 3), size(0, 3), ([x, kernel], down, right) => {
        const [height, width] = x.shape;
        // The matrix moved into a field of zeros, seen through "full", is the result moved likewise.
        const moved = new Float32Array((height + 3) * (width + 3));
        for (let i = 0; i < x.data.length; i++) {
          moved[(Math.floor(i / width) + down) * (width + 3) + (i % width) + right] = x.data[i];
        }
        const y = corr2d(x, kernel, { mode: "full" });
        const z = corr2d({ data: moved, shape: [height + 3, width + 3] }, kernel, { mode: "full" });
        const seen = Array.from(y.data, (_, i) => {
          const row = Math.floor(i / y.shape[1]) + down;
          return z.data[row * z.shape[1] + (i % y.shape[1]) + right];
        });
        expect(numbers(seen)).toEqual(numbers(y.data));
      }),
      settings,
    );
  });

  it("gives the input back through a delta kernel, on every border", () => {
    const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;
    fc.assert(
      fc.property(tensor(5, 7), size(0, 2), size(0, 3), fc.constantFrom(...borders), (x, ry, rx, border) => {
        const data = new Float32Array((2 * ry + 1) * (2 * rx + 1));
        data[(data.length - 1) / 2] = 1;
        const delta = { data, shape: [2 * ry + 1, 2 * rx + 1] };
        expect(numbers(corr2d(x, delta, { mode: "same", border }).data)).toEqual(numbers(x.data));
      }),
      settings,
    );
  });

  it("convolve2d is corr2d with the kernel flipped, in every mode", () => {
    fc.assert(
      fc.property(matrixAndKernel, fc.constantFrom("valid", "same", "full"), ([x, kernel], mode) => {
        const a = convolve2d(x, kernel, { mode });
        const b = corr2d(x, flipped(kernel), { mode });
        expect(a.shape).toEqual(b.shape);
        expect(numbers(a.data)).toEqual(numbers(b.data));
      }),
      settings,
    );
  });

  it("full convolution is commutative and associative", () => {
    fc.assert(
      fc.property(matrixAndKernel, tensor(2, 3), ([x, kernel], other) => {
        const full = (a: TensorLike, b: TensorLike) => convolve2d(a, b, { mode: "full" });
        expect(numbers(full(kernel, x).data)).toEqual(numbers(full(x, kernel).data));
        expect(numbers(full(full(x, kernel), other).data)).toEqual(
          numbers(full(x, full(kernel, other)).data),
        );
      }),
      settings,
    );
  });

  it("permuted filters permute the output channels", () => {
    fc.assert(
      fc.property(
        layerAnd(({ weights }) => order(weights.shape[0])),
        ([{ x, weights }, filters]) => {
          // Without groups, as a permutation must not move a filter into another group.
          const first = {
            data: x.data.slice(0, weights.shape[1] * x.shape[2] * x.shape[3]),
            shape: [1, weights.shape[1], x.shape[2], x.shape[3]],
          };
          const y = conv2d(first, weights);
          const block = weights.data.length / weights.shape[0];
          const z = conv2d(first, like(weights, permute(weights.data, block, filters)));
          const plane = y.shape[2] * y.shape[3];
          expect(numbers(z.data)).toEqual(numbers(permute(y.data as Float32Array, plane, filters)));
        },
      ),
      settings,
    );
  });

  it("input channels may be permuted together with those of the weights", () => {
    fc.assert(
      fc.property(
        layer
          .filter(({ groups, x }) => groups === 1 && x.shape[0] === 1)
          .chain((l) => fc.tuple(fc.constant(l), order(l.x.shape[1]))),
        ([{ x, weights }, channels]) => {
          const plane = x.shape[2] * x.shape[3];
          const taps = weights.shape[2] * weights.shape[3];
          const filters = weights.shape[0];
          const inEach = Array.from({ length: filters }, (_, o) =>
            channels.map((c) => o * channels.length + c),
          ).flat();
          const z = conv2d(
            like(x, permute(x.data, plane, channels)),
            like(weights, permute(weights.data, taps, inEach)),
          );
          expect(numbers(z.data)).toEqual(numbers(conv2d(x, weights).data));
        },
      ),
      settings,
    );
  });

  it("groups are convolutions of their own", () => {
    fc.assert(
      fc.property(layer, ({ x, weights, groups }) => {
        const [batch, channels, height, width] = x.shape;
        const [filters, groupIn] = weights.shape;
        const y = conv2d(x, weights, { groups });
        const outPlane = y.shape[2] * y.shape[3];
        const groupOut = filters / groups;
        const inputBlock = groupIn * height * width;
        const weightBlock = weights.data.length / groups;
        const outputBlock = groupOut * outPlane;
        for (let n = 0; n < batch; n++) {
          for (let g = 0; g < groups; g++) {
            const from = n * channels * height * width + g * inputBlock;
            const part = conv2d(
              { data: x.data.slice(from, from + inputBlock), shape: [1, groupIn, height, width] },
              {
                data: weights.data.slice(g * weightBlock, (g + 1) * weightBlock),
                shape: [groupOut, ...weights.shape.slice(1)],
              },
            );
            const at = (n * groups + g) * outputBlock;
            expect(numbers(part.data)).toEqual(numbers(y.data.slice(at, at + outputBlock)));
          }
        }
      }),
      settings,
    );
  });

  it("a batch is its images one by one", () => {
    fc.assert(
      fc.property(layer, ({ x, weights, groups }) => {
        const [batch, ...image] = x.shape;
        const block = x.data.length / batch;
        const parts = Array.from({ length: batch }, (_, n) =>
          conv2d({ data: x.data.slice(n * block, (n + 1) * block), shape: [1, ...image] }, weights, {
            groups,
          }),
        );
        expect(parts.flatMap((part) => numbers(part.data))).toEqual(
          numbers(conv2d(x, weights, { groups }).data),
        );
      }),
      settings,
    );
  });

  it("strides pick from the output without strides", () => {
    fc.assert(
      fc.property(layer, size(1, 4), size(1, 4), ({ x, weights, groups }, strideY, strideX) => {
        const dense = conv2d(x, weights, { groups });
        const y = conv2d(x, weights, { groups, strides: [strideY, strideX] });
        const [, , height, width] = dense.shape;
        const picked = dense.data.filter(
          (_, i) => (Math.floor(i / width) % height) % strideY === 0 && (i % width) % strideX === 0,
        );
        expect(numbers(y.data)).toEqual(numbers(picked));
      }),
      settings,
    );
  });
});
