// SPDX-License-Identifier: MIT
// Pooling: the definition, what is not finite, threads, and output shapes.
import { type Engine, outputShape } from "corr2d";
import { describe, expect, it } from "vitest";
import { collectFailures, dtypes } from "../helpers/check.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { lay } from "../helpers/operands.ts";
import { type DType, unitRoundoff } from "../helpers/oracle.ts";
import {
  array,
  compare,
  optionsOf,
  type PoolCase,
  poolCases,
  poolOf,
  sizeOf,
  uniform,
  windowsOf,
} from "../helpers/pool-oracle.ts";

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

forEachImplementation({ threads: [1, 3] }, (on) => {
  describe.each(dtypes)("%s", (dtype) => {
    it("pools by the definition", async () => {
      expect(await collectFailures(poolCases, (c) => checkCase(on.engine, c, dtype))).toEqual([]);
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
            const y = on.engine.maxPool2d({ data, shape }, options).data;
            const expected = new Array(37).fill(-2);
            if (odd !== Number.NEGATIVE_INFINITY) expected[place] = odd;
            expect([...y]).toEqual(expected);
            const mean = new Array(37).fill(-2);
            mean[place] = odd;
            expect([...on.engine.avgPool2d({ data, shape }, options).data]).toEqual(mean);
          }
        }
      }
      const low = { data: array(dtype, [Number.NEGATIVE_INFINITY]), shape: [1, 1, 1, 1] };
      expect([...on.engine.maxPool2d(low).data]).toEqual([Number.NEGATIVE_INFINITY]);
    });

    it("is -Infinity, or the mean of nothing, where a window has nothing but padding", () => {
      const x = { data: array(dtype, [1, 2]), shape: [1, 1, 1, 2] };
      const options = { windowDimensions: [1, 2], padding: [0, 0, 3, 0] } as const;
      expect([...on.engine.maxPool2d(x, options).data]).toEqual([-Infinity, -Infinity, 1, 2]);
      expect([...on.engine.avgPool2d(x, options).data]).toEqual([Number.NaN, Number.NaN, 1, 1.5]);
      expect([...on.engine.avgPool2d(x, { ...options, countIncludePad: true }).data]).toEqual([
        0, 0, 0.5, 1.5,
      ]);
    });

    it("takes the mean or the greatest of whole channels", () => {
      const x = uniform(dtype, 2 * 5 * 49, 3);
      const whole = on.engine.globalAvgPool2d({ data: x, shape: [2, 5, 7, 7] });
      expect(whole.shape).toEqual([2, 5, 1, 1]);
      whole.data.forEach((value, p) => {
        const plane = [...x.subarray(p * 49, p * 49 + 49)];
        const allowed = (51 * unitRoundoff[dtype] * plane.reduce((a, b) => a + Math.abs(b), 0)) / 49;
        expect(Math.abs(value - plane.reduce((a, b) => a + b, 0) / 49)).toBeLessThanOrEqual(allowed);
      });
      const greatest = on.engine.maxPool2d({ data: x, shape: [2, 5, 7, 7] });
      expect([...greatest.data]).toEqual(
        Array.from({ length: 10 }, (_, p) => Math.max(...x.subarray(p * 49, p * 49 + 49))),
      );
      const last = lay(x, dtype, [2, 5, 7, 7], "nchw", "nhwc", 0);
      const { data, shape } = on.engine.globalAvgPool2d(last, { inputLayout: "nhwc" });
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
    expect(() => on.engine.maxPool2d({ data, shape: [1, 1, 64, 64] }, options)).toThrow(
      "4096 elements for x but received Float32Array(0)",
    );
  });

  it("gives the same on more threads", async () => {
    const x = { data: uniform("float32", 3 * 8 * 130 * 130, 5), shape: [3, 8, 130, 130] };
    const options = { windowDimensions: 3, strides: 2, padding: 1 };
    const [, several] = on.engines;
    for (const operator of ["maxPool2d", "avgPool2d"] as const) {
      const expected = on.engine[operator](x, options).data;
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
        for (const gradient of [
          (e: Engine) => e.maxPool2dGradInput(image, g, given).data,
          (e: Engine) => e.avgPool2dGradInput(shape, g, given).data,
        ]) {
          const expected = gradient(on.engine);
          const actual = gradient(several);
          expect(actual.findIndex((value, at) => value !== expected[at])).toBe(-1);
        }
      }
    }
  });

  it("pools an empty batch", () => {
    const empty = { data: new Float32Array(0), shape: [0, 3, 8, 8] };
    expect(on.engine.maxPool2d(empty, { windowDimensions: 2, strides: 2 }).shape).toEqual([0, 3, 4, 4]);
    expect(on.engine.globalAvgPool2d(empty).shape).toEqual([0, 3, 1, 1]);
  });
});

describe("outputShape.avgPool2d", () => {
  it("is the shape that comes out", () => {
    for (const c of poolCases) {
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
