// SPDX-License-Identifier: MIT
// unfold and fold: the definition, PyTorch's answers, that they are adjoint, and that convolution is a product.
import {
  Corr2dError,
  conv2d,
  createEngine,
  fold,
  outputShape,
  type Tensor,
  type UnfoldOptions,
  unfold,
} from "corr2d";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dtypes, sameBits } from "../helpers/check.ts";
import { type StoredTensor, storedCases } from "../helpers/fixtures.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { sourceIndex } from "../helpers/oracle.ts";

const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;
const size = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(size(min, max), size(min, max));
const seeds = size(1, 2 ** 30);

/** Whole numbers from -9 to 9, whose sums are exact. */
function integers(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return ((state >>> 16) % 19) - 9;
  });
}

const problem = fc
  .record({
    shape: fc.tuple(size(1, 2), size(1, 3), size(1, 6), fc.oneof(size(1, 7), size(50, 55))),
    windowDimensions: pair(1, 4),
    strides: pair(1, 3),
    dilations: pair(1, 3),
    padding: fc.tuple(size(0, 4), size(0, 4), size(0, 4), size(0, 4)),
    border: fc.constantFrom(...borders),
    seed: seeds,
  })
  .filter(({ shape, windowDimensions, dilations, padding }) =>
    [0, 1].every(
      (axis) =>
        (windowDimensions[axis] - 1) * dilations[axis] + 1 <=
        shape[2 + axis] + padding[2 * axis] + padding[2 * axis + 1],
    ),
  );

type Problem = typeof problem extends fc.Arbitrary<infer P> ? P : never;
const optionsOf = ({ shape, seed, ...options }: Problem): UnfoldOptions => options;

/** Rows and columns of windows, from the convolution that has them. */
function gridOf({ shape, windowDimensions, seed, ...options }: Problem): readonly number[] {
  return outputShape.conv2d([1, 1, shape[2], shape[3]], [1, 1, ...windowDimensions], options).slice(2);
}

/** For each element of the matrix of columns of one image, the element of the image it stands for; -1 for a zero. */
function sourcesOf(p: Problem): number[] {
  const [, channels, height, width] = p.shape;
  const [outHeight, outWidth] = gridOf(p);
  const sources: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < p.windowDimensions[0]; ky++) {
      for (let kx = 0; kx < p.windowDimensions[1]; kx++) {
        for (let oy = 0; oy < outHeight; oy++) {
          for (let ox = 0; ox < outWidth; ox++) {
            const row = sourceIndex(oy * p.strides[0] + ky * p.dilations[0] - p.padding[0], height, p.border);
            const column = sourceIndex(
              ox * p.strides[1] + kx * p.dilations[1] - p.padding[2],
              width,
              p.border,
            );
            sources.push(row < 0 || column < 0 ? -1 : (c * height + row) * width + column);
          }
        }
      }
    }
  }
  return sources;
}

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

interface Unfolded {
  readonly x: StoredTensor;
  readonly y: StoredTensor;
  readonly columns: StoredTensor;
  readonly image: StoredTensor;
  readonly options: UnfoldOptions;
}

forEachImplementation({ threads: [1, 3] }, (on) => {
  describe("unfold", () => {
    it("has each window as a column", () => {
      fc.assert(
        fc.property(problem, (p) => {
          const x = { data: integers(product(p.shape), p.seed), shape: p.shape };
          const y = on.engine.unfold(x, optionsOf(p));
          const sources = sourcesOf(p);
          const image = product(p.shape.slice(1));
          const expected = Array.from({ length: p.shape[0] }, (_, n) =>
            sources.map((at) => (at < 0 ? 0 : x.data[n * image + at])),
          ).flat();
          const rows = p.shape[1] * product(p.windowDimensions);
          expect(y.shape).toEqual([p.shape[0], rows, product(gridOf(p))]);
          expect([...y.data]).toEqual(expected);
        }),
        { seed: 6, numRuns: 300 },
      );
    });

    it("times weights is a convolution", () => {
      fc.assert(
        fc.property(problem, size(1, 4), seeds, (p, outChannels, seed) => {
          const x = { data: integers(product(p.shape), p.seed), shape: p.shape };
          const weightsShape = [outChannels, p.shape[1], ...p.windowDimensions];
          const weights = { data: integers(product(weightsShape), seed), shape: weightsShape };
          const { windowDimensions, ...options } = optionsOf(p);
          const columns = on.engine.unfold(x, optionsOf(p));
          const [batch, rows, count] = columns.shape;
          const expected = conv2d(x, weights, options).data;
          let next = 0;
          for (let n = 0; n < batch; n++) {
            for (let o = 0; o < outChannels; o++) {
              for (let i = 0; i < count; i++) {
                let sum = 0;
                for (let k = 0; k < rows; k++)
                  sum += weights.data[o * rows + k] * columns.data[(n * rows + k) * count + i];
                expect(expected[next++] + 0).toBe(sum + 0);
              }
            }
          }
        }),
        { seed: 7, numRuns: 100 },
      );
    });
  });

  describe("fold", () => {
    it.each(dtypes)("is the adjoint of unfold, %s", (dtype) => {
      const type = dtype === "float32" ? Float32Array : Float64Array;
      fc.assert(
        fc.property(problem, seeds, (p, seed) => {
          const x = { data: type.from(integers(product(p.shape), p.seed)), shape: p.shape };
          const y = on.engine.unfold(x, optionsOf(p));
          const columns = { data: type.from(integers(y.data.length, seed)), shape: y.shape };
          const out = new type(x.data.length).fill(Number.NaN);
          const image = on.engine.fold(columns, [p.shape[2], p.shape[3]], { ...optionsOf(p), out });
          expect(image.shape).toEqual(p.shape);
          expect(image.data).toBe(out);
          const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
            Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
          expect(dot(image.data, x.data) + 0).toBe(dot(columns.data, y.data) + 0);
        }),
        { seed: 8, numRuns: 200 },
      );
    });

    it("of an unfold counts how often each element was taken", () => {
      const ones = { data: new Float32Array(9).fill(1), shape: [1, 1, 3, 3] };
      const options = { windowDimensions: 2 };
      expect(on.engine.fold(on.engine.unfold(ones, options), 3, options).toArray()).toEqual([
        [
          [
            [1, 2, 1],
            [2, 4, 2],
            [1, 2, 1],
          ],
        ],
      ]);
    });
  });

  describe("both", () => {
    it.each(storedCases<Unfolded>("torch-unfold"))("are PyTorch's: $options", (stored) => {
      const { x, y, columns, image, options } = stored;
      for (const type of [Float32Array, Float64Array]) {
        const tensorOf = (value: StoredTensor) => ({
          ...value,
          data: type.from(value.data),
        });
        const plain = ({ shape, data }: Tensor) => ({
          shape: [...shape],
          data: Array.from(data, (value) => value + 0),
        });
        expect(plain(on.engine.unfold(tensorOf(x), options))).toEqual(y);
        expect(plain(on.engine.fold(tensorOf(columns), [image.shape[2], image.shape[3]], options))).toEqual(
          image,
        );
      }
    });

    it("take empty batches and write all of an out", () => {
      const empty = { data: new Float32Array(0), shape: [0, 2, 3, 3] };
      const options = { windowDimensions: 2, padding: 1 };
      expect(on.engine.unfold(empty, options).shape).toEqual([0, 8, 16]);
      expect(on.engine.fold({ data: new Float32Array(0), shape: [0, 8, 16] }, 3, options).shape).toEqual([
        0, 2, 3, 3,
      ]);
      const out = new Float32Array(24).fill(Number.NaN);
      expect(on.engine.unfold([[[[3]]]], { windowDimensions: 2, padding: [1, 2, 1, 1], out }).data).toBe(out);
      expect([...out].sort()).toEqual([...new Array(20).fill(0), 3, 3, 3, 3]);
    });
  });

  it("gives the same on more threads", async () => {
    const x = { data: integers(6 * 90 * 91, 3), shape: [2, 3, 90, 91] };
    const [, several] = on.engines;
    for (const shape of [x.shape, [1, 1, 540, 91]]) {
      const options = { windowDimensions: 3, padding: 1, border: "wrap" } as const;
      const y = on.engine.unfold({ data: x.data, shape }, options);
      expect(sameBits(several.unfold({ data: x.data, shape }, options).data, y.data)).toBe(true);
      const columns = { data: y.data.map((value, i) => value / ((i % 7) + 3)), shape: y.shape };
      const image = on.engine.fold(columns, [shape[2], shape[3]], options);
      expect(sameBits(several.fold(columns, [shape[2], shape[3]], options).data, image.data)).toBe(true);
    }
  });
});

describe("what is refused", () => {
  const x = { data: new Float32Array(12), shape: [1, 1, 3, 4] };
  const columns = { data: new Float32Array(24), shape: [1, 4, 6] };
  const bad: [object | undefined, string][] = [
    [undefined, "windowDimensions"],
    [{}, "windowDimensions"],
    [{ windowDimensions: 0 }, "a positive integer for windowDimensions but received 0"],
    [{ windowDimensions: [2, 2, 2] }, "windowDimensions"],
    [{ windowDimensions: 4 }, "a window that fits into the padded input (3 rows)"],
    [{ windowDimensions: 2, strides: 0 }, "strides"],
    [{ windowDimensions: 2, dilations: -1 }, "dilations"],
    [{ windowDimensions: 2, padding: -1 }, "padding"],
    [{ windowDimensions: 2, border: "circular" }, "border"],
    [{ windowDimensions: 2, inputLayout: "nhwc" }, "the name of an option"],
    [{ windowDimensions: 2, out: new Float32Array(3) }, "for out"],
  ];
  it.each(bad)("refuse %j", (options, message) => {
    const given = options as UnfoldOptions;
    expect(() => unfold(x, given)).toThrow(Corr2dError);
    expect(() => unfold(x, given)).toThrow(message);
    expect(() => fold({ data: new Float32Array(16 * 6), shape: [1, 16, 6] }, [3, 4], given)).toThrow(message);
  });

  it("refuse operands that do not fit", async () => {
    const options = { windowDimensions: 2 };
    expect(() => unfold([[1]], options)).toThrow("4 dimensions for x.shape");
    expect(() =>
      unfold({ data: x.data, shape: [1, 1, 3, 4] }, { ...options, out: x.data.subarray(0, 24) }),
    ).toThrow();
    expect(() => fold(x, 3, options)).toThrow("3 dimensions for columns.shape");
    expect(() => fold(columns, [3, 3], options)).toThrow("2 x 2 = 4 columns for columns.shape");
    expect(() => fold(columns, 0, options)).toThrow("outputSize");
    expect(() => fold(columns, [3, 1.5], options)).toThrow("outputSize[1]");
    expect(() => fold(columns, [3, 4], { windowDimensions: 3 })).toThrow("a multiple of 3 x 3 = 9 rows");
    expect(() => fold({ data: new Float32Array(0), shape: [1, 0, 6] }, [3, 4], options)).toThrow(
      "a multiple of 2 x 2",
    );
    const engine = await createEngine({ backend: "reference" });
    engine.dispose();
    expect(() => engine.unfold(x, options)).toThrow("disposed");
    expect(() => engine.fold(columns, [3, 4], options)).toThrow("disposed");
  });
});
