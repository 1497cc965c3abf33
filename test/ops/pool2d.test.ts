// SPDX-License-Identifier: MIT
// Pooling and its gradients: the definition, PyTorch's answers, finite differences, and what is refused.
import type * as corr2d from "corr2d";
import {
  type AvgPool2dOptions,
  avgPool2d,
  avgPool2dGradInput,
  Corr2dError,
  createEngine,
  type Engine,
  globalAvgPool2d,
  globalAvgPool2dGradInput,
  maxPool2d,
  maxPool2dGradInput,
  outputShape,
} from "corr2d";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectFailures, dtypes } from "../helpers/check.ts";
import { storedCases } from "../helpers/fixtures.ts";
import { expectedImplementations } from "../helpers/implementations.ts";
import { lay } from "../helpers/operands.ts";
import { type DType, type FloatArray, sourceIndex, unitRoundoff } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";

const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;

interface PoolCase {
  readonly kind: "max" | "average";
  readonly shape: readonly [batch: number, channels: number, height: number, width: number];
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  /** [top, bottom, left, right] */
  readonly padding: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly border: (typeof borders)[number];
  readonly rounding: "floor" | "ceil";
  readonly countIncludePad: boolean;
  readonly layout: "nchw" | "nhwc";
  readonly seed: number;
}

const array = (dtype: DType, values: Iterable<number>): FloatArray =>
  dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);

/** How many windows one axis has: all that begin in the padded input and, rounded down, end there. */
function windowsOf(c: PoolCase, axis: 0 | 1): number {
  const size = c.shape[2 + axis];
  const [before, after] = [c.padding[2 * axis], c.padding[2 * axis + 1]];
  const extent = (c.window[axis] - 1) * c.dilations[axis] + 1;
  let count = 0;
  while (count * c.strides[axis] + extent <= size + before + after) count++;
  const rest = size + before + after - extent - (count - 1) * c.strides[axis];
  if (c.rounding === "ceil" && rest > 0 && count * c.strides[axis] < size + before) count++;
  return count;
}

/** The elements of each window of a plane: where in the plane, or -1 for a zero that counts in a mean. */
function windowElements(c: PoolCase): number[][] {
  const [, , height, width] = c.shape;
  const windows: number[][] = [];
  for (let oy = 0; oy < windowsOf(c, 0); oy++) {
    for (let ox = 0; ox < windowsOf(c, 1); ox++) {
      const elements: number[] = [];
      for (let ky = 0; ky < c.window[0]; ky++) {
        for (let kx = 0; kx < c.window[1]; kx++) {
          const y = oy * c.strides[0] + ky * c.dilations[0] - c.padding[0];
          const x = ox * c.strides[1] + kx * c.dilations[1] - c.padding[2];
          if (y >= height + c.padding[1] || x >= width + c.padding[3]) continue;
          const row = sourceIndex(y, height, c.border);
          const column = sourceIndex(x, width, c.border);
          if (row >= 0 && column >= 0) elements.push(row * width + column);
          else if (c.kind === "average" && c.countIncludePad) elements.push(-1);
        }
      }
      windows.push(elements);
    }
  }
  return windows;
}

/** The place of the greatest: the first in scan order. Without NaN. */
function greatestOf(plane: FloatArray, elements: readonly number[]): number {
  return elements.reduce((best, at) => (plane[at] > plane[best] ? at : best), elements[0]);
}

interface Outcome {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly allowed: Float64Array;
}

/** Output of a case, NCHW, and how far an implementation may be from it. */
function poolOf(c: PoolCase, x: FloatArray, dtype: DType): Outcome {
  const windows = windowElements(c);
  const [batch, channels, height, width] = c.shape;
  const values: number[] = [];
  const allowed: number[] = [];
  for (let p = 0; p < batch * channels; p++) {
    const plane = x.subarray(p * height * width, (p + 1) * height * width);
    for (const elements of windows) {
      if (c.kind === "max") {
        values.push(elements.length === 0 ? Number.NEGATIVE_INFINITY : plane[greatestOf(plane, elements)]);
        allowed.push(0);
        continue;
      }
      const inside = elements.filter((at) => at >= 0).map((at) => plane[at]);
      values.push(inside.reduce((a, b) => a + b, 0) / elements.length);
      // A sum of n numbers in any order, and a division or a multiplication by a rounded reciprocal.
      const magnitude = inside.reduce((a, b) => a + Math.abs(b), 0) / elements.length;
      allowed.push((elements.length + 2) * unitRoundoff[dtype] * magnitude);
    }
  }
  const shape = [batch, channels, windowsOf(c, 0), windowsOf(c, 1)];
  return { shape, values: Float64Array.from(values), allowed: Float64Array.from(allowed) };
}

/** Gradient of a case with respect to its input, NCHW. */
function gradientOf(c: PoolCase, x: FloatArray, gradOutput: FloatArray, dtype: DType): Outcome {
  const windows = windowElements(c);
  const [batch, channels, height, width] = c.shape;
  const values = new Float64Array(x.length);
  const allowed = new Float64Array(x.length);
  let next = 0;
  for (let p = 0; p < batch * channels; p++) {
    const plane = x.subarray(p * height * width, (p + 1) * height * width);
    for (const elements of windows) {
      const gradient = gradOutput[next++];
      const receivers = c.kind === "max" ? [greatestOf(plane, elements)].slice(0, elements.length) : elements;
      for (const at of receivers.filter((at) => at >= 0)) {
        values[p * height * width + at] += gradient / receivers.length;
        allowed[p * height * width + at] += Math.abs(gradient / receivers.length);
      }
    }
  }
  // No element takes part more often than there are taps of all windows, of which each addition rounds once.
  const additions = windows.length * c.window[0] * c.window[1] + 2;
  return { shape: c.shape, values, allowed: allowed.map((sum) => additions * unitRoundoff[dtype] * sum) };
}

function randomCases(count: number): PoolCase[] {
  const random = new Random(11);
  const cases: PoolCase[] = [];
  while (cases.length < count) {
    const pads = () => (random.chance(0.5) ? 0 : random.integer(0, 3));
    const candidate: PoolCase = {
      kind: random.pick(["max", "average"]),
      shape: [
        random.integer(1, 2),
        random.pick([1, 2, 3, 7, 17, 35]),
        random.integer(1, 9),
        random.pick([1, 2, 5, 8, 15, 16, 17, 31, 33, 34, 40]),
      ],
      window: random.pick([
        [2, 2],
        [3, 3],
        [random.integer(1, 4), random.integer(1, 5)],
      ]),
      strides: random.pick([
        [1, 1],
        [2, 2],
        [random.integer(1, 3), random.integer(1, 4)],
      ]),
      padding: random.pick([
        [0, 0, 0, 0],
        [1, 1, 1, 1],
        [pads(), pads(), pads(), pads()],
      ]),
      dilations: random.chance(0.7) ? [1, 1] : [random.integer(1, 3), random.integer(1, 3)],
      border: random.chance(0.6) ? "constant" : random.pick(borders),
      rounding: random.pick(["floor", "ceil"]),
      countIncludePad: random.chance(0.5),
      layout: random.pick(["nchw", "nhwc"]),
      seed: cases.length,
    };
    if (windowsOf(candidate, 0) > 0 && windowsOf(candidate, 1) > 0) cases.push(candidate);
  }
  return cases;
}

const cases = randomCases(150);

const optionsOf = (c: PoolCase): AvgPool2dOptions => ({
  windowDimensions: c.window,
  strides: c.strides,
  padding: c.padding,
  dilations: c.dilations,
  border: c.border,
  outputShapeRounding: c.rounding,
  inputLayout: c.layout,
  ...(c.kind === "average" && { countIncludePad: c.countIncludePad }),
});

function uniform(dtype: DType, length: number, seed: number): FloatArray {
  const random = new Random(seed);
  return array(
    dtype,
    Array.from({ length }, () => 2 * random.next() - 1),
  );
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Throws unless `actual`, in the layout of the case, is what was expected. */
function compare(
  c: PoolCase,
  actual: corr2d.Tensor,
  dtype: DType,
  { shape, values, allowed }: Outcome,
): void {
  const sizes = [...c.layout].map((axis) => shape["nchw".indexOf(axis)]);
  if (actual.shape.join() !== sizes.join()) throw new Error(`shape [${actual.shape}], not [${sizes}]`);
  const { data } = lay(actual.data, dtype, sizes, c.layout, "nchw", 0);
  values.forEach((value, i) => {
    if (!Object.is(data[i] + 0, value + 0) && !(Math.abs(data[i] - value) <= allowed[i]))
      throw new Error(`element ${i}: ${data[i]}, not ${value}, where ${allowed[i]} is allowed`);
  });
}

function checkCase(engine: Engine, c: PoolCase, dtype: DType): void {
  const x = uniform(dtype, sizeOf(c.shape), c.seed);
  const laid = lay(x, dtype, c.shape, "nchw", c.layout, 1);
  const before = laid.data.slice();
  const expected = poolOf(c, x, dtype);
  const operator = c.kind === "max" ? engine.maxPool2d : engine.avgPool2d;
  const out = array(dtype, new Float64Array(expected.values.length).fill(Number.NaN));
  try {
    const y = operator(laid, { ...optionsOf(c), out });
    if (y.data !== out) throw new Error("`out` was not used");
    compare(c, y, dtype, expected);
    if (!laid.data.every((value, i) => value === before[i])) throw new Error("the input was written to");
  } catch (cause) {
    throw new Error(`${dtype} ${JSON.stringify(c)}: ${cause}`);
  }
}

function checkGradient(engine: Engine, c: PoolCase, dtype: DType): void {
  const x = uniform(dtype, sizeOf(c.shape), c.seed);
  const laid = lay(x, dtype, c.shape, "nchw", c.layout, 0);
  const sizes = [c.shape[0], c.shape[1], windowsOf(c, 0), windowsOf(c, 1)];
  const gradOutput = uniform(dtype, sizeOf(sizes), c.seed + 1000);
  const g = lay(gradOutput, dtype, sizes, "nchw", c.layout, 0);
  try {
    const actual =
      c.kind === "max"
        ? engine.maxPool2dGradInput(laid, g, optionsOf(c))
        : engine.avgPool2dGradInput(laid.shape, g, optionsOf(c));
    compare(c, actual, dtype, gradientOf(c, x, gradOutput, dtype));
  } catch (cause) {
    throw new Error(`${dtype} ${JSON.stringify(c)}: ${cause}`);
  }
}

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
interface Fixture {
  readonly function: "maxPool2d" | "avgPool2d";
  readonly x: Stored;
  readonly options: AvgPool2dOptions;
  readonly y: Stored;
  readonly gradOutput: Stored;
  readonly gradX: Stored;
}

const golden = storedCases<Fixture>("torch-pool2d");

const tensor = (dtype: DType, { shape, data }: Stored) => ({ shape, data: array(dtype, data) });

/** Whole numbers are summed exactly; then comes one division, or a reciprocal and a product, in gradients summed up. */
function compareStored(actual: corr2d.Tensor, expected: Stored, dtype: DType, roundings: number): void {
  if (actual.shape.join() !== expected.shape.join())
    throw new Error(`shape [${actual.shape}], not [${expected.shape}]`);
  expected.data.forEach((value, i) => {
    // Gradients of means are sums of fractions of up to 9 that may cancel.
    const allowed = roundings * unitRoundoff[dtype] * Math.max(Math.abs(value), roundings > 3 ? 9 : 0);
    if (!(Math.abs(actual.data[i] - value) <= allowed))
      throw new Error(`element ${i}: ${actual.data[i]}, not ${value}`);
  });
}

describe.each(expectedImplementations().map(({ backend, isa }) => [backend, isa] as const))(
  "%s %s",
  (backend, isa) => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await createEngine({ backend, isa, threads: 1 });
    });
    afterAll(() => engine?.dispose());

    describe.each(dtypes)("%s", (dtype) => {
      it("pools by the definition", async () => {
        expect(await collectFailures(cases, (c) => checkCase(engine, c, dtype))).toEqual([]);
      });

      it("pools as PyTorch does", async () => {
        expect(
          await collectFailures(golden, (c) => {
            const y = engine[c.function](tensor(dtype, c.x), c.options);
            compareStored(y, c.y, dtype, c.function === "maxPool2d" ? 0 : 3);
          }),
        ).toEqual([]);
      });

      it("has gradients that follow the definition", async () => {
        expect(await collectFailures(cases, (c) => checkGradient(engine, c, dtype))).toEqual([]);
      });

      it("has PyTorch's gradients", async () => {
        expect(
          await collectFailures(golden, (c) => {
            const [x, gradOutput] = [tensor(dtype, c.x), tensor(dtype, c.gradOutput)];
            const actual =
              c.function === "maxPool2d"
                ? engine.maxPool2dGradInput(x, gradOutput, c.options)
                : engine.avgPool2dGradInput(x.shape, gradOutput, c.options);
            compareStored(actual, c.gradX, dtype, c.function === "maxPool2d" ? 0 : 64);
          }),
        ).toEqual([]);
      });

      it("sends the gradient of a maximum to the first of equals, and to the last NaN, in any lane", () => {
        for (const inputLayout of ["nchw", "nhwc"] as const) {
          for (const [values, place] of [
            [[3, 3, 3, 3], 0],
            [[1, 3, 3, 2], 1],
            [[1, 2, 3, 3], 2],
            [[-Infinity, -Infinity, -Infinity, -Infinity], 0],
            [[9, Number.NaN, Number.NaN, 1], 2],
            [[Number.NaN, Infinity, 1, 1], 0],
          ] as const) {
            // 37 windows of four numbers one above the other, side by side or in channels.
            const shape = inputLayout === "nchw" ? [1, 1, 4, 37] : [1, 4, 1, 37];
            const data = array(
              dtype,
              values.flatMap((value) => new Array<number>(37).fill(value)),
            );
            const g = array(
              dtype,
              Array.from({ length: 37 }, (_, i) => i + 1),
            );
            const gradient = engine.maxPool2dGradInput(
              { data, shape },
              { data: g, shape: [1, 1, 1, 37] },
              { inputLayout, windowDimensions: [4, 1] },
            );
            const expected = new Array<number>(4 * 37).fill(0);
            for (let i = 0; i < 37; i++) expected[place * 37 + i] = i + 1;
            expect([...gradient.data]).toEqual(expected);
          }
        }
      });

      it("carries NaN and infinities", () => {
        for (const inputLayout of ["nchw", "nhwc"] as const) {
          // One odd value among many channels or columns, at each place: vectors have to notice it in any lane.
          for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
            for (let place = 0; place < 37; place++) {
              const data = array(dtype, new Float64Array(2 * 37).fill(-2));
              data[place] = odd;
              const shape = inputLayout === "nchw" ? [1, 1, 2, 37] : [1, 2, 1, 37];
              const options = { inputLayout, windowDimensions: [2, 1] } as const;
              const y = engine.maxPool2d({ data, shape }, options).data;
              const expected = new Array(37).fill(-2);
              if (odd !== Number.NEGATIVE_INFINITY) expected[place] = odd;
              expect([...y]).toEqual(expected);
              const mean = new Array(37).fill(-2);
              mean[place] = odd;
              expect([...engine.avgPool2d({ data, shape }, options).data]).toEqual(mean);
            }
          }
        }
        const low = { data: array(dtype, [Number.NEGATIVE_INFINITY]), shape: [1, 1, 1, 1] };
        expect([...engine.maxPool2d(low).data]).toEqual([Number.NEGATIVE_INFINITY]);
      });

      it("is -Infinity, or the mean of nothing, where a window has nothing but padding", () => {
        const x = { data: array(dtype, [1, 2]), shape: [1, 1, 1, 2] };
        const options = { windowDimensions: [1, 2], padding: [0, 0, 3, 0] } as const;
        expect([...engine.maxPool2d(x, options).data]).toEqual([-Infinity, -Infinity, 1, 2]);
        expect([...engine.avgPool2d(x, options).data]).toEqual([Number.NaN, Number.NaN, 1, 1.5]);
        expect([...engine.avgPool2d(x, { ...options, countIncludePad: true }).data]).toEqual([
          0, 0, 0.5, 1.5,
        ]);
      });

      it("takes the mean or the greatest of whole channels", () => {
        const x = uniform(dtype, 2 * 5 * 49, 3);
        const whole = engine.globalAvgPool2d({ data: x, shape: [2, 5, 7, 7] });
        expect(whole.shape).toEqual([2, 5, 1, 1]);
        whole.data.forEach((value, p) => {
          const plane = [...x.subarray(p * 49, p * 49 + 49)];
          const allowed = (51 * unitRoundoff[dtype] * plane.reduce((a, b) => a + Math.abs(b), 0)) / 49;
          expect(Math.abs(value - plane.reduce((a, b) => a + b, 0) / 49)).toBeLessThanOrEqual(allowed);
        });
        const greatest = engine.maxPool2d({ data: x, shape: [2, 5, 7, 7] });
        expect([...greatest.data]).toEqual(
          Array.from({ length: 10 }, (_, p) => Math.max(...x.subarray(p * 49, p * 49 + 49))),
        );
        const last = lay(x, dtype, [2, 5, 7, 7], "nchw", "nhwc", 0);
        const { data, shape } = engine.globalAvgPool2d(last, { inputLayout: "nhwc" });
        expect(shape).toEqual([2, 1, 1, 5]);
        data.forEach((value, i) => {
          expect(value).toBeCloseTo(whole.data[i], dtype === "float32" ? 6 : 14);
        });
      });
    });

    it("refuses an out that takes the input away", () => {
      const data = new Float32Array(64 * 64);
      const out = {
        shape: [1, 1, 32, 32],
        get data() {
          structuredClone(data.buffer, { transfer: [data.buffer] });
          return new Float32Array(32 * 32);
        },
      };
      const options = { windowDimensions: 2, strides: 2, out };
      expect(() => engine.maxPool2d({ data, shape: [1, 1, 64, 64] }, options)).toThrow(
        "4096 elements for x but received Float32Array(0)",
      );
    });

    it("gives the same on more threads", async () => {
      const x = { data: uniform("float32", 3 * 8 * 130 * 130, 5), shape: [3, 8, 130, 130] };
      const options = { windowDimensions: 3, strides: 2, padding: 1 };
      const several = await createEngine({ backend, isa, threads: 3 });
      try {
        for (const operator of ["maxPool2d", "avgPool2d"] as const) {
          const expected = engine[operator](x, options).data;
          const actual = several[operator](x, options).data;
          expect(actual.findIndex((value, at) => value !== expected[at])).toBe(-1);
        }
        // One plane as well, whose rows are then shared out.
        for (const inputLayout of ["nchw", "nhwc"] as const) {
          for (const shape of [x.shape, [1, 390, 1, 1040], [1, 1, 390, 1040]]) {
            const image = { data: x.data.subarray(0, sizeOf(shape)), shape };
            const given = { ...options, inputLayout };
            const outShape = outputShape.avgPool2d(shape, given);
            const g = { data: uniform("float32", sizeOf(outShape), 6), shape: outShape };
            for (const on of [
              (e: Engine) => e.maxPool2dGradInput(image, g, given).data,
              (e: Engine) => e.avgPool2dGradInput(shape, g, given).data,
            ]) {
              const expected = on(engine);
              const actual = on(several);
              expect(actual.findIndex((value, at) => value !== expected[at])).toBe(-1);
            }
          }
        }
      } finally {
        several.dispose();
      }
    });

    it("sends the gradient of a maximum to the first of equals, and to the last NaN", () => {
      const options = { windowDimensions: [2, 2] } as const;
      const place = (values: number[]) => [
        ...maxPool2dGradInput(
          [[values.slice(0, 2), values.slice(2)]].map((rows) => [rows]) as never,
          [[[[5]]]],
          options,
        ).data,
      ];
      expect(place([3, 3, 3, 3])).toEqual([5, 0, 0, 0]);
      expect(place([1, 3, 3, 2])).toEqual([0, 5, 0, 0]);
      expect(place([1, 2, 3, 3])).toEqual([0, 0, 5, 0]);
      expect(place([-Infinity, -Infinity, -Infinity, -Infinity])).toEqual([5, 0, 0, 0]);
      expect(place([9, Number.NaN, Number.NaN, 1])).toEqual([0, 0, 5, 0]);
    });

    it("shares the gradient of a mean of everything equally", () => {
      const gradient = engine.globalAvgPool2dGradInput([1, 2, 2, 4], [[[[8]], [[-16]]]]);
      expect(gradient.shape).toEqual([1, 2, 2, 4]);
      expect([...gradient.data]).toEqual([...new Array(8).fill(1), ...new Array(8).fill(-2)]);
    });

    it("writes all of an out with a gradient", () => {
      const out = new Float32Array(4).fill(Number.NaN);
      expect(
        engine.avgPool2dGradInput([1, 1, 2, 2], [[[[4]]]], { windowDimensions: 1, strides: 2, out }).data,
      ).toBe(out);
      expect([...out]).toEqual([4, 0, 0, 0]);
      const x = { data: new Float32Array(9), shape: [1, 1, 3, 3] };
      const all = new Float32Array(9).fill(Number.NaN);
      engine.maxPool2dGradInput(x, [[[[1]]]], {
        padding: [1, 0, 1, 0],
        border: "wrap",
        strides: 9,
        windowDimensions: 1,
        out: all,
      });
      expect([...all]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1]);
    });

    it("finds the greatest of a large window", () => {
      const size = 4097;
      const data = new Float32Array(size * size);
      const place = 2 ** 24 + 5;
      data[place] = 1;
      for (const inputLayout of ["nchw", "nhwc"] as const) {
        const x = { data, shape: inputLayout === "nchw" ? [1, 1, size, size] : [1, size, size, 1] };
        const gradient = engine.maxPool2dGradInput(x, [[[[7]]]], { inputLayout }).data as Float32Array;
        expect(gradient[place]).toBe(7);
        expect(gradient.reduce((sum, value) => sum + Math.abs(value), 0)).toBe(7);
      }
    });

    it("pools an empty batch", () => {
      const empty = { data: new Float32Array(0), shape: [0, 3, 8, 8] };
      expect(engine.maxPool2d(empty, { windowDimensions: 2, strides: 2 }).shape).toEqual([0, 3, 4, 4]);
      expect(engine.globalAvgPool2d(empty).shape).toEqual([0, 3, 1, 1]);
    });
  },
);

describe("gradients", () => {
  it("are finite differences", async () => {
    expect(
      await collectFailures(
        cases.filter((c) => sizeOf(c.shape) < 300),
        (c) => {
          const data = uniform("float64", sizeOf(c.shape), c.seed) as Float64Array;
          const x = lay(data, "float64", c.shape, "nchw", c.layout, 0);
          const options = optionsOf(c);
          const operator = c.kind === "max" ? maxPool2d : avgPool2d;
          const y = operator(x, options);
          const weights = uniform("float64", y.data.length, c.seed + 7);
          const loss = () => {
            let sum = 0;
            operator(x, options).data.forEach((value, i) => {
              if (Number.isFinite(value)) sum += weights[i] * value;
            });
            return sum;
          };
          const g = { data: weights, shape: y.shape };
          const gradient =
            c.kind === "max" ? maxPool2dGradInput(x, g, options) : avgPool2dGradInput(x.shape, g, options);
          const step = 1e-6;
          for (let i = 0; i < x.data.length; i++) {
            const at = x.data[i];
            x.data[i] = at + step;
            const above = loss();
            x.data[i] = at - step;
            const below = loss();
            x.data[i] = at;
            // Piecewise linear: what is left is the rounding of two sums of fewer than 1000 terms of at most 1.
            if (Math.abs((above - below) / (2 * step) - gradient.data[i]) > (1000 * 1000 * 2 ** -53) / step)
              throw new Error(`${JSON.stringify(c)} element ${i}`);
          }
        },
      ),
    ).toEqual([]);
  });
});

describe("outputShape.avgPool2d", () => {
  it("is the shape that comes out", () => {
    for (const c of cases) {
      const sizes = [c.shape[0], c.shape[1], windowsOf(c, 0), windowsOf(c, 1)];
      const input = [...c.layout].map((axis) => c.shape["nchw".indexOf(axis)]);
      const expected = [...c.layout].map((axis) => sizes["nchw".indexOf(axis)]);
      expect(outputShape.avgPool2d(input, optionsOf(c))).toEqual(expected);
    }
    expect(outputShape.avgPool2d([1, 64, 112, 112], { windowDimensions: 3, strides: 2, padding: 1 })).toEqual(
      [1, 64, 56, 56],
    );
    expect(outputShape.avgPool2d([1, 64, 7, 7])).toEqual([1, 64, 1, 1]);
  });
});

describe("what is refused", () => {
  const x = { data: new Float32Array(2 * 3 * 4), shape: [1, 2, 3, 4] };
  const g = { data: new Float32Array(2), shape: [1, 2, 1, 1] };

  function expectInvalid(call: () => unknown, message: string): void {
    let error: unknown;
    try {
      call();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(Corr2dError);
    expect((error as Corr2dError).code).toBe("INVALID_ARGUMENT");
    expect((error as Corr2dError).message).toContain(message);
  }

  const options: [object, string][] = [
    [{ windowDimensions: 0 }, "a positive integer for windowDimensions but received 0"],
    [{ windowDimensions: [2] }, "for windowDimensions but received [2]"],
    [{ windowDimensions: [2, 1.5] }, "windowDimensions[1]"],
    [{ windowDimensions: "2" }, "windowDimensions"],
    [{ windowDimensions: 4 }, "a window that fits into the padded input (3 rows)"],
    [{ windowDimensions: [1, 5] }, "a window that fits into the padded input (4 columns)"],
    [{ windowDimensions: [2, 3], dilations: [3, 1] }, "windowDimensions with its dilations"],
    [{ strides: 0 }, "strides"],
    [{ strides: [1, -1] }, "strides[1]"],
    [{ dilations: 0 }, "dilations"],
    [{ padding: -1 }, "padding"],
    [{ padding: [1, 2, 3] }, "padding"],
    [{ padding: "half" }, "padding"],
    [{ padding: 2 ** 31 - 1 }, "padded and dilated sizes of at most 2147483647"],
    [{ border: "zeros" }, "border"],
    [{ inputLayout: "chwn" }, "inputLayout"],
    [{ outputShapeRounding: "round" }, "outputShapeRounding"],
    [{ kernelSize: 2 }, "the name of an option"],
    [{ out: new Float32Array(3) }, "for out"],
    [{ out: new Float64Array(2) }, "for out"],
    [{ out: [1, 2] }, "for out"],
    [{ out: { data: new Float32Array(2), shape: [2] } }, "out.shape"],
    [{ out: x.data.subarray(0, 2) }, "an array apart from x for out"],
  ];
  it.each(options)("options %j", (given, message) => {
    for (const operator of [maxPool2d, avgPool2d]) expectInvalid(() => operator(x, given), message);
    if (!message.includes("out")) {
      expectInvalid(() => maxPool2dGradInput(x, g, given), message);
      expectInvalid(() => avgPool2dGradInput(x.shape, g, given), message);
      expectInvalid(() => outputShape.avgPool2d(x.shape, given), message);
    }
  });

  it("operands", () => {
    expectInvalid(() => maxPool2d([[1]]), "4 dimensions for x.shape");
    expectInvalid(() => maxPool2d(null as never), "for x ");
    expectInvalid(() => avgPool2d({ data: new Int32Array(1), shape: [1, 1, 1, 1] } as never), "x.data");
    expectInvalid(() => avgPool2d({ data: new Float32Array(0), shape: [1, 1, 0, 1] }), "x.shape");
    expectInvalid(() => maxPool2d({ data: new Float32Array(0), shape: [1, 0, 1, 1] }), "x.shape");
    expectInvalid(() => avgPool2d(x, { countIncludePad: 1 } as never), "true or false for countIncludePad");
    expectInvalid(() => maxPool2d(x, { countIncludePad: true } as never), "the name of an option");
    expectInvalid(() => globalAvgPool2d(x, { strides: 1 } as never), "the name of an option");
    expectInvalid(() => avgPool2dGradInput([1, 2, 3], g), "4 dimensions for inputShape");
    expectInvalid(() => globalAvgPool2dGradInput([1, 2, 3, 0], g), "inputShape");
    expectInvalid(
      () => globalAvgPool2dGradInput([1, 3, 3, 4], g),
      "[1, 3, 1, 1], the shape of the output, for gradOutput.shape",
    );
    expectInvalid(
      () => maxPool2dGradInput(x, { ...g, data: new Float64Array(2) }),
      "float32 elements, as x has, for gradOutput",
    );
    expectInvalid(() => outputShape.avgPool2d([1, 2, 3] as never), "4 dimensions for inputShape");
  });

  it("a disposed engine", async () => {
    const engine = await createEngine({ backend: "reference" });
    engine.dispose();
    for (const call of [
      () => engine.maxPool2d(x),
      () => engine.avgPool2dGradInput(x.shape, g),
      () => engine.maxPool2dGradInput(x, g),
      () => engine.globalAvgPool2dGradInput(x.shape, g),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    }
  });
});
