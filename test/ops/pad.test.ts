// SPDX-License-Identifier: MIT
// Padding: the definition, NumPy's answers, and its adjoint.
import { Corr2dError, createEngine, type ImagePadding, type PadOptions, pad, padGradInput } from "corr2d";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dtypes, sameBits } from "../helpers/check.ts";
import { type StoredTensor, storedCases } from "../helpers/fixtures.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { lay } from "../helpers/operands.ts";
import { sourceIndex } from "../helpers/oracle.ts";

const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;

const size = (min: number, max: number) => fc.integer({ min, max });
/** Whole numbers, whose sums are exact. */
const integers = (length: number) =>
  fc.array(size(-9, 9), { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));

const problem = fc.record({
  shape: fc.tuple(size(1, 2), size(1, 3), size(1, 5), fc.oneof(size(1, 6), size(47, 50))),
  padding: fc.tuple(size(0, 7), size(0, 7), size(0, 7), size(0, 7)),
  border: fc.constantFrom(...borders),
  inputLayout: fc.constantFrom("nchw" as const, "nhwc" as const),
});

interface Padded {
  readonly x: StoredTensor;
  readonly padding: Parameters<typeof pad>[1];
  readonly options: Parameters<typeof pad>[2];
  readonly y: StoredTensor;
}

forEachImplementation({ threads: [1, 3] }, (on) => {
  describe("pad", () => {
    it("puts each element where its border says, in both layouts", () => {
      fc.assert(
        fc.property(
          problem.chain((p) => fc.tuple(fc.constant(p), integers(p.shape.reduce((a, b) => a * b, 1)))),
          ([{ shape, padding, border, inputLayout }, data]) => {
            const [batch, channels, height, width] = shape;
            const [top, bottom, left, right] = padding;
            const x = lay(data, "float32", shape, "nchw", inputLayout, 0);
            const value = border === "constant" ? { value: 0.5 } : {};
            const y = on.engine.pad(x, padding, { border, inputLayout, ...value });
            const sizes = [batch, channels, height + top + bottom, width + left + right];
            const laid = lay(y.data, "float32", y.shape, inputLayout, "nchw", 0);
            expect(laid.shape).toEqual(sizes);
            const expected: number[] = [];
            for (let p = 0; p < batch * channels; p++) {
              for (let oy = 0; oy < sizes[2]; oy++) {
                for (let ox = 0; ox < sizes[3]; ox++) {
                  const row = sourceIndex(oy - top, height, border);
                  const column = sourceIndex(ox - left, width, border);
                  expected.push(row < 0 || column < 0 ? 0.5 : data[(p * height + row) * width + column]);
                }
              }
            }
            expect([...laid.data]).toEqual(expected);
          },
        ),
        { seed: 6, numRuns: 300 },
      );
    });

    it.each(storedCases<Padded>("numpy-pad"))(
      "is numpy.pad: $padding, $options",
      ({ x, padding, options, y }) => {
        for (const type of [Float32Array, Float64Array]) {
          const padded = on.engine.pad({ data: type.from(x.data), shape: x.shape }, padding, options);
          expect(padded.data).toBeInstanceOf(type);
          expect({ shape: padded.shape, data: [...padded.data] }).toEqual(y);
        }
      },
    );

    it("takes nested arrays, one number, two or four", () => {
      const rows = [[1, 2]];
      expect(on.engine.pad(rows, 1).toArray()).toEqual([
        [0, 0, 0, 0],
        [0, 1, 2, 0],
        [0, 0, 0, 0],
      ]);
      expect(on.engine.pad(rows, [0, 1], { border: "wrap" }).toArray()).toEqual([[2, 1, 2, 1]]);
      expect(on.engine.pad(rows, [0, 0, 0, 2], { value: Number.NaN }).toArray()).toEqual([
        [1, 2, Number.NaN, Number.NaN],
      ]);
      expect(on.engine.pad([[[[1]]]], [1, 0]).shape).toEqual([1, 1, 3, 1]);
    });

    it("writes all of an out, and takes an empty batch", () => {
      const out = new Float32Array(4).fill(Number.NaN);
      expect(on.engine.pad([[5]], [1, 0, 1, 0], { out }).data).toBe(out);
      expect([...out]).toEqual([0, 0, 0, 5]);
      expect(on.engine.pad({ data: new Float32Array(0), shape: [0, 1, 2, 3] }, 1).shape).toEqual([
        0, 1, 4, 5,
      ]);
    });
  });

  describe("padGradInput", () => {
    it.each(dtypes)("is the adjoint of pad, %s", (dtype) => {
      const type = dtype === "float32" ? Float32Array : Float64Array;
      fc.assert(
        fc.property(
          problem.chain((p) => {
            const [batch, channels, height, width] = p.shape;
            const [top, bottom, left, right] = p.padding;
            const outer = batch * channels * (height + top + bottom) * (width + left + right);
            return fc.tuple(fc.constant(p), integers(batch * channels * height * width), integers(outer));
          }),
          ([{ shape, padding, border, inputLayout }, a, b]) => {
            const sizes = [...inputLayout].map((axis) => shape["nchw".indexOf(axis)]);
            const y = on.engine.pad({ data: type.from(a), shape: sizes }, padding, { border, inputLayout });
            const grad = on.engine.padGradInput(sizes, { data: type.from(b), shape: y.shape }, padding, {
              border,
              inputLayout,
            });
            expect(grad.shape).toEqual(sizes);
            expect(grad.data).toBeInstanceOf(type);
            const dot = (u: ArrayLike<number>, v: ArrayLike<number>) =>
              Array.from(u).reduce((sum, value, i) => sum + value * v[i], 0);
            expect(dot(grad.data, a)).toBe(dot(b, y.data));
          },
        ),
        { seed: 7, numRuns: 200 },
      );
    });
  });

  it("gives the same on more threads", async () => {
    const x = {
      data: Float32Array.from({ length: 5 * 301 * 303 }, (_, i) => (i * 7919) % 1009),
      shape: [5, 1, 301, 303],
    };
    const [, several] = on.engines;
    for (const shape of [x.shape, [1, 1, 5 * 301, 303], [1, 301, 303, 5]]) {
      const options = { border: "mirror", inputLayout: shape[3] === 5 ? "nhwc" : "nchw" } as const;
      const y = on.engine.pad({ data: x.data, shape }, [3, 2], options);
      expect(sameBits(several.pad({ data: x.data, shape }, [3, 2], options).data, y.data)).toBe(true);
      const grad = on.engine.padGradInput(shape, y, [3, 2], options);
      expect(sameBits(several.padGradInput(shape, y, [3, 2], options).data, grad.data)).toBe(true);
    }
  });
});

describe("what is refused", () => {
  const x = { data: new Float32Array(6), shape: [1, 1, 2, 3] };
  const rows: [unknown, unknown, object | undefined, string][] = [
    [x, -1, undefined, "a whole number from 0 to 2147483647 for padding"],
    [x, 1.5, undefined, "for padding"],
    [x, [1, 2, 3], undefined, "for padding"],
    [x, [0, 0, 0, "1"], undefined, "for padding[3]"],
    [x, "same", undefined, 'for padding but received "same"'],
    [x, 2 ** 31 - 1, undefined, "padded sizes of at most"],
    [x, undefined, undefined, "for padding"],
    [x, 1, { border: "edge" }, "for border"],
    [x, 1, { value: "0" }, "a number for value"],
    [x, 1, { border: "wrap", value: 1 }, 'nothing, as border is not "constant", for value'],
    [x, 1, { inputLayout: "hwc" }, "for inputLayout"],
    [[[1]], 1, { inputLayout: "nhwc" }, "nothing, as the input has two dimensions, for inputLayout"],
    [x, 1, { mode: "wrap" }, "the name of an option"],
    [x, 1, { out: new Float32Array(3) }, "20 elements for out"],
    [x, 0, { out: x.data }, "an array apart from x for out"],
    [[1, 2], 1, undefined, "for x"],
    [{ data: new Float32Array(6), shape: [1, 2, 3] }, 1, undefined, "2 or 4 dimensions for x.shape"],
    [{ data: new Float32Array(0), shape: [0, 3] }, 1, undefined, "sizes of at least 1 for x.shape"],
    [{ data: new Float32Array(0), shape: [1, 0, 3, 3] }, 1, undefined, "sizes of at least 1 after the batch"],
    [null, 1, undefined, "for x"],
    [7, 1, undefined, "for x"],
  ];
  it.each(rows)("pad(%j, %j, %j)", (operand, padding, options, message) => {
    const call = () => pad(operand as never, padding as ImagePadding, options as PadOptions);
    expect(call).toThrow(Corr2dError);
    expect(call).toThrow(message);
  });

  it("padGradInput of other shapes, types and options", async () => {
    expect(() => padGradInput([1, 1, 2, 3], x, 1)).toThrow(
      "[1, 1, 4, 5], the shape of the output, for gradOutput.shape",
    );
    expect(() => padGradInput([1, 2, 3], x, 1)).toThrow("2 or 4 dimensions for inputShape");
    expect(() => padGradInput([1, 1, 2, 3], x, 0, { value: "1" } as never)).toThrow("a number for value");
    const engine = await createEngine({ backend: "reference" });
    engine.dispose();
    expect(() => engine.pad(x, 1)).toThrow("disposed");
    expect(() => engine.padGradInput([1, 1, 2, 3], x, 0)).toThrow("disposed");
  });
});
