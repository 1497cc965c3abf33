// SPDX-License-Identifier: MIT
// Gradients of pooling: the definition, finite differences, and who receives what of equals.
import { avgPool2d, avgPool2dGradInput, type Engine, maxPool2d, maxPool2dGradInput } from "corr2d";
import { describe, expect, it } from "vitest";
import { collectFailures, dtypes } from "../helpers/check.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { lay } from "../helpers/operands.ts";
import type { DType } from "../helpers/oracle.ts";
import {
  array,
  compare,
  gradientOf,
  optionsOf,
  type PoolCase,
  poolCases,
  sizeOf,
  uniform,
  windowsOf,
} from "../helpers/pool-oracle.ts";

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

forEachImplementation({ threads: [1] }, (on) => {
  describe.each(dtypes)("%s", (dtype) => {
    it("has gradients that follow the definition", async () => {
      expect(await collectFailures(poolCases, (c) => checkGradient(on.engine, c, dtype))).toEqual([]);
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
          const gradient = on.engine.maxPool2dGradInput(
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
    const gradient = on.engine.globalAvgPool2dGradInput([1, 2, 2, 4], [[[[8]], [[-16]]]]);
    expect(gradient.shape).toEqual([1, 2, 2, 4]);
    expect([...gradient.data]).toEqual([...new Array(8).fill(1), ...new Array(8).fill(-2)]);
  });

  it("writes all of an out with a gradient", () => {
    const out = new Float32Array(4).fill(Number.NaN);
    expect(
      on.engine.avgPool2dGradInput([1, 1, 2, 2], [[[[4]]]], { windowDimensions: 1, strides: 2, out }).data,
    ).toBe(out);
    expect([...out]).toEqual([4, 0, 0, 0]);
    const x = { data: new Float32Array(9), shape: [1, 1, 3, 3] };
    const all = new Float32Array(9).fill(Number.NaN);
    on.engine.maxPool2dGradInput(x, [[[[1]]]], {
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
      const gradient = on.engine.maxPool2dGradInput(x, [[[[7]]]], { inputLayout }).data as Float32Array;
      expect(gradient[place]).toBe(7);
      expect(gradient.reduce((sum, value) => sum + Math.abs(value), 0)).toBe(7);
    }
  });
});

describe("gradients", () => {
  it("are finite differences", async () => {
    expect(
      await collectFailures(
        poolCases.filter((c) => sizeOf(c.shape) < 300),
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
