// SPDX-License-Identifier: MIT
// conv1d and conv3d: the definition, PyTorch's answers, and what they have in common with conv2d.
import { conv1d, conv1dAsync, conv2d, conv3d, conv3dAsync, planConv1d, planConv3d, Tensor } from "corr2d";
import { describe, expect, it } from "vitest";
import { collectFailures, dtypes } from "../helpers/check.ts";
import { type StoredTensor, storedCases } from "../helpers/fixtures.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import { type DType, type FloatArray, sourceIndex } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";

const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;

/** A convolution over three axes, the first two of size 1 where it is over one. Whole numbers: all sums are exact. */
interface Case {
  readonly axes: 1 | 3;
  readonly batch: number;
  readonly groups: number;
  readonly groupIn: number;
  readonly groupOut: number;
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** [before, after] of each axis, one after the other. */
  readonly padding: readonly number[];
  readonly border: (typeof borders)[number];
  readonly bias: boolean;
  readonly seed: number;
}

const axesOf = [0, 1, 2];
const extent = (c: Case, axis: number) => (c.kernel[axis] - 1) * c.dilations[axis] + 1;
const padded = (c: Case, axis: number) => c.size[axis] + c.padding[2 * axis] + c.padding[2 * axis + 1];
const outSize = (c: Case, axis: number) =>
  Math.floor((padded(c, axis) - extent(c, axis)) / c.strides[axis]) + 1;

function randomCases(axes: 1 | 3, count: number): Case[] {
  const random = new Random(axes);
  const cases: Case[] = [];
  while (cases.length < count) {
    const each = (draw: () => number, one: number) =>
      axesOf.map((axis) => (axes === 1 && axis < 2 ? one : draw()));
    const pad = () => (random.chance(0.5) ? 0 : random.integer(0, 3));
    const kernel = random.chance(0.2) ? [random.integer(1, 3), 1, 1] : each(() => random.integer(1, 4), 1);
    const flat = kernel[1] === 1 && kernel[2] === 1 && random.chance(0.8);
    const step = (most: number) => each(() => (random.chance(0.6) ? 1 : random.integer(2, most)), 1);
    const strides = step(3);
    const padding = axesOf.flatMap((axis) =>
      (axes === 1 && axis < 2) || (flat && axis > 0) ? [0, 0] : [pad(), pad()],
    );
    const candidate: Case = {
      axes,
      batch: random.integer(1, 2),
      groups: random.pick([1, 1, 1, 2, 3]),
      groupIn: random.integer(1, 3),
      groupOut: random.integer(1, 3),
      size: each(() => random.integer(1, axes === 1 ? 40 : 7), 1),
      kernel: axes === 1 ? [1, 1, random.integer(1, 6)] : kernel,
      strides: flat && axes === 3 ? [strides[0], 1, 1] : strides,
      dilations: step(3),
      padding,
      border: random.chance(0.5) ? "constant" : random.pick(borders),
      bias: random.chance(0.5),
      seed: cases.length,
    };
    if (axesOf.every((axis) => outSize(candidate, axis) > 0)) cases.push(candidate);
  }
  return cases;
}

interface Operands {
  readonly x: { data: FloatArray; shape: number[] };
  readonly weights: { data: FloatArray; shape: number[] };
  readonly options: object;
}

function operandsOf(c: Case, dtype: DType): Operands {
  const random = new Random(c.seed + 50);
  const type = dtype === "float32" ? Float32Array : Float64Array;
  const integers = (shape: number[]) => {
    const data = new type(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = random.integer(-9, 9);
    return { data, shape };
  };
  const bare = <T>(values: readonly T[]) => (c.axes === 1 ? values[2] : values) as number;
  return {
    x: integers([c.batch, c.groups * c.groupIn, ...c.size.slice(3 - c.axes)]),
    weights: integers([c.groups * c.groupOut, c.groupIn, ...c.kernel.slice(3 - c.axes)]),
    options: {
      strides: bare(c.strides),
      dilations: bare(c.dilations),
      padding: c.axes === 1 ? c.padding.slice(4) : c.padding,
      groups: c.groups,
      border: c.border,
      ...(c.bias && { bias: integers([c.groups * c.groupOut]).data }),
    },
  };
}

function expectedOf(c: Case, { x, weights, options }: Operands): number[] {
  const bias = (options as { bias?: FloatArray }).bias;
  const sources = axesOf.map((axis) =>
    Array.from({ length: outSize(c, axis) }, (_, o) =>
      Array.from({ length: c.kernel[axis] }, (_, k) =>
        sourceIndex(
          o * c.strides[axis] + k * c.dilations[axis] - c.padding[2 * axis],
          c.size[axis],
          c.border,
        ),
      ),
    ),
  );
  const [, height, width] = c.size;
  const values: number[] = [];
  for (let n = 0; n < c.batch; n++) {
    for (let oc = 0; oc < c.groups * c.groupOut; oc++) {
      const firstChannel = n * c.groups * c.groupIn + Math.floor(oc / c.groupOut) * c.groupIn;
      for (const zs of sources[0]) {
        for (const ys of sources[1]) {
          for (const xs of sources[2]) {
            let sum = bias?.[oc] ?? 0;
            let w = oc * c.groupIn * zs.length * ys.length * xs.length;
            for (let ic = 0; ic < c.groupIn; ic++) {
              for (const z of zs) {
                for (const y of ys) {
                  for (const at of xs) {
                    const element = (((firstChannel + ic) * c.size[0] + z) * height + y) * width + at;
                    sum += weights.data[w++] * (z < 0 || y < 0 || at < 0 ? 0 : x.data[element]);
                  }
                }
              }
            }
            values.push(sum + 0);
          }
        }
      }
    }
  }
  return values;
}

const cases = [...randomCases(1, 60), ...randomCases(3, 90)];

const plain = ({ shape, data }: Tensor) => ({
  shape: [...shape],
  data: Array.from(data, (value) => value + 0),
});

interface Convolved {
  readonly x: StoredTensor;
  readonly weights: StoredTensor;
  readonly bias: readonly number[];
  readonly options: Record<string, never>;
  readonly y: StoredTensor;
}
const golden = storedCases<Convolved>("torch-conv-nd");

forEachImplementation({}, (on) => {
  it.each(dtypes)("convolves by the definition, %s", async (dtype) => {
    expect(
      await collectFailures(cases, (c) => {
        const operands = operandsOf(c, dtype);
        const { x, weights, options } = operands;
        const convolve = c.axes === 1 ? on.engine.conv1d : on.engine.conv3d;
        // Winograd rounds, whole numbers or not.
        const y = convolve(x, weights, { ...options, accuracy: "exact" });
        const shape = [
          c.batch,
          c.groups * c.groupOut,
          ...axesOf.slice(3 - c.axes).map((axis) => outSize(c, axis)),
        ];
        try {
          expect(plain(y)).toEqual({ shape, data: expectedOf(c, operands) });
        } catch (error) {
          throw new Error(`${JSON.stringify(c)}: ${error}`);
        }
      }),
    ).toEqual([]);
  });

  it("answers as PyTorch", () => {
    for (const { x, weights, bias, options, y } of golden) {
      const convolve = x.shape.length === 3 ? on.engine.conv1d : on.engine.conv3d;
      const floats = (value: StoredTensor) => ({
        ...value,
        data: Float32Array.from(value.data),
      });
      expect(plain(convolve(floats(x), floats(weights), { ...options, bias, accuracy: "exact" }))).toEqual(y);
    }
  });

  it("gives the same async, from a plan, and again", async () => {
    for (const c of [...cases.slice(0, 5), ...cases.slice(60, 75)]) {
      const { x, weights, options } = operandsOf(c, "float32");
      const [once, async, prepare] =
        c.axes === 1
          ? ([on.engine.conv1d, on.engine.conv1dAsync, on.engine.planConv1d] as const)
          : ([on.engine.conv3d, on.engine.conv3dAsync, on.engine.planConv3d] as const);
      const expected = plain(once(x, weights, options as never));
      using plan = prepare(x.shape, weights, options as never);
      expect(plan.outputShape).toEqual(expected.shape);
      const out = new Float32Array(expected.data.length).fill(Number.NaN);
      for (let i = 0; i < 2; i++) expect(plan.run(x, { out }).data).toBe(out);
      expect(plain(new Tensor(out, plan.outputShape))).toEqual(expected);
      // A snapshot: what is done to the input after the call does not show.
      const copy = { data: x.data.slice(), shape: x.shape };
      const promise = async(copy, weights, options as never);
      copy.data.fill(Number.NaN);
      expect(plain(await promise)).toEqual(expected);
      const target = new Tensor(out.fill(Number.NaN), expected.shape);
      expect(await plan.runAsync(x.data, { out: target })).toBe(target);
      expect(plain(target)).toEqual(expected);
    }
  });
});

const floats = (...shape: number[]) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7) % 11) - 5),
  shape,
});

describe("beside conv2d", () => {
  it("a volume of one slice is an image", () => {
    const options = { padding: "same", strides: 2, activation: "relu" } as const;
    const flat = conv2d(floats(2, 3, 7, 6), floats(4, 3, 3, 3), options);
    const deep = conv3d(floats(2, 3, 1, 7, 6), floats(4, 3, 1, 3, 3), options);
    expect(deep.shape).toEqual([2, 4, 1, 4, 3]);
    expect(deep.data).toEqual(flat.data);
  });

  it("a signal is an image of one row", () => {
    const signal = conv1d(floats(2, 4, 30), floats(6, 2, 3), { groups: 2, padding: "full" });
    const image = conv2d(floats(2, 4, 1, 30), floats(6, 2, 1, 3), { groups: 2, padding: "full" });
    expect(signal.shape).toEqual([2, 6, 32]);
    expect(signal.data).toEqual(image.data);
  });

  it("paddings by rule", () => {
    expect(conv1d(floats(1, 1, 9), floats(1, 1, 4), { padding: "same", strides: 2 }).shape).toEqual([
      1, 1, 5,
    ]);
    expect(conv1d(floats(1, 1, 9), floats(1, 1, 4), { padding: "valid" }).shape).toEqual([1, 1, 6]);
    expect(conv3d(floats(1, 1, 3, 4, 5), floats(1, 1, 3, 3, 3), { padding: "same" }).shape).toEqual([
      1, 1, 3, 4, 5,
    ]);
    expect(conv3d(floats(1, 1, 3, 4, 5), floats(1, 1, 3, 3, 3), { padding: "full" }).shape).toEqual([
      1, 1, 5, 6, 7,
    ]);
    expect(conv3d(floats(1, 1, 3, 4, 5), floats(1, 1, 1, 1, 1), { padding: [1, 2, 3] }).shape).toEqual([
      1, 1, 5, 8, 11,
    ]);
  });

  it("nested arrays, float64, and batches of none", () => {
    expect(conv1d([[[1, 2, 3]]], [[[1, -1]]]).toArray()).toEqual([[[-1, -1]]]);
    expect(conv3d([[[[[1, 2]], [[3, 5]]]]], [[[[[1, 1]], [[0, 1]]]]]).toArray()).toEqual([[[[[8]]]]]);
    const weights = { data: Float64Array.of(0.1), shape: [1, 1, 1] };
    expect(conv1d([[[3]]], weights).data).toEqual(Float64Array.of(3 * 0.1));
    expect(conv1d(floats(0, 1, 5), floats(2, 1, 3)).shape).toEqual([0, 2, 3]);
    expect(conv3d(floats(0, 1, 5, 5, 5), floats(2, 1, 3, 3, 3)).shape).toEqual([0, 2, 3, 3, 3]);
    expect(conv3d(floats(0, 1, 5, 5, 5), floats(2, 1, 3, 1, 1)).shape).toEqual([0, 2, 3, 5, 5]);
  });

  it("plans say how they run", () => {
    using flat = planConv3d([1, 8, 4, 5, 5], floats(8, 8, 3, 1, 1));
    expect(flat.explain()).toContain("kernel 3x1");
    using deep = planConv3d([1, 8, 4, 5, 5], floats(8, 4, 3, 3, 3), { groups: 2 });
    expect(deep.explain()).toContain("conv3d as 4 conv2d for each volume");
    using line = planConv1d([1, 8, 40], floats(8, 8, 3));
    expect(line.explain()).toContain("kernel 1x3");
  });

  it("an input is taken over on request, and an abort ends the work", async () => {
    for (const [convolve, x, w] of [
      [conv1dAsync, floats(1, 1, 9), floats(1, 1, 3)],
      [conv3dAsync, floats(1, 1, 4, 4, 4), floats(1, 1, 3, 3, 3)],
      [conv3dAsync, floats(1, 1, 4, 4, 4), floats(1, 1, 3, 1, 1)],
    ] as const) {
      await expect(convolve(x, w, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
        "enough",
      );
      const expected = await convolve(x, w);
      const y = await convolve(x, w, { transfer: true });
      expect(x.data.length).toBe(0);
      expect(y.data).toEqual(expected.data);
    }
  });
});
