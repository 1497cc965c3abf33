// SPDX-License-Identifier: MIT
// Tensors with strides and offsets, as npm's ndarray and @stdlib's have them, give what dense copies of them give.
import * as corr2d from "corr2d";
import { createEngine, type Engine, type TensorLike } from "corr2d";
import * as learn from "corr2d/learn";
import { describe, expect, it } from "vitest";
import { Random } from "../helpers/random.ts";

const random = new Random(10);
type Matrix = TensorLike<Float32Array>;

function dense(...shape: number[]): TensorLike<Float32Array> {
  return { data: Float32Array.from({ length: count(shape) }, () => random.integer(-9, 9)), shape };
}

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

const rowMajor = (shape: readonly number[]) => shape.map((_, axis) => count(shape.slice(axis + 1)));

/** The same tensor, its elements lying with the steps and from the place on that `lay` says, between NaN. */
function laid(tensor: Matrix, steps: readonly number[], offset: number, length: number) {
  const { data, shape } = tensor;
  const spread = new Float32Array(length).fill(Number.NaN);
  const walk = (axis: number, from: number, to: number): void => {
    if (axis === shape.length) {
      spread[to] = data[from];
      return;
    }
    for (let i = 0; i < shape[axis]; i++)
      walk(axis + 1, from + i * rowMajor(shape)[axis], to + i * steps[axis]);
  };
  walk(0, 0, offset);
  return { data: spread, shape, stride: steps, offset };
}

/** Ways to lay a tensor, as ndarray's transpose, step, lo and hi make them. */
const layouts: Record<string, (tensor: Matrix) => Matrix> = {
  "column-major": (tensor) => {
    const steps = rowMajor([...tensor.shape].reverse()).reverse();
    return laid(tensor, steps, 0, tensor.data.length);
  },
  "backwards, every other": (tensor) => {
    const steps = rowMajor(tensor.shape).map((step) => -2 * step);
    const last = 2 * (tensor.data.length - 1);
    return laid(tensor, steps, last, last + 1);
  },
  "with a gap behind each row": (tensor) => {
    const inner = tensor.shape.length - 1;
    const wide = [...tensor.shape.slice(0, inner), tensor.shape[inner] + 3];
    return laid(tensor, rowMajor(wide), 5, 5 + count(wide));
  },
  "row-major from an offset on": (tensor) =>
    laid(tensor, rowMajor(tensor.shape), 7, 7 + tensor.data.length + 4),
  "strides instead of stride": (tensor) => {
    const { stride, ...rest } = laid(tensor, rowMajor(tensor.shape), 1, 1 + tensor.data.length);
    return { ...rest, strides: stride };
  },
  "an offset alone": (tensor) => {
    const { stride: _, ...rest } = laid(tensor, rowMajor(tensor.shape), 2, 2 + tensor.data.length);
    return rest;
  },
};

const [x, w, g] = [dense(2, 2, 6, 5), dense(3, 2, 3, 2), dense(2, 3, 4, 4)];
const [row, taps] = [dense(2, 2, 9), dense(2, 2, 3)];
const [volume, cube] = [dense(1, 2, 4, 4, 3), dense(2, 2, 2, 2, 2)];
const windows = { windowDimensions: 2, strides: 2 };
const pooled = dense(2, 2, 3, 2);
const matrix = dense(6, 5);

/** A call on tensors, each of which is laid in all ways. */
type Call = readonly [operands: TensorLike[], call: (engine: Engine, ...operands: TensorLike[]) => unknown];

const sync: Record<string, Call> = {
  corr2d: [[matrix, dense(2, 3)], (e, a, b) => e.corr2d(a, b)],
  "corr2d with options": [[matrix, dense(2, 3)], (e, a, b) => e.corr2d(a, b, { mode: "same" })],
  convolve2d: [[matrix, dense(2, 3)], (e, a, b) => e.convolve2d(a, b)],
  conv2d: [[x, w, dense(3)], (e, a, b, bias) => e.conv2d(a, b, { bias })],
  planConv2d: [[x, w], (e, a, b) => e.planConv2d([2, 2, 6, 5], b).run(a)],
  conv1d: [[row, taps], (e, a, b) => e.conv1d(a, b)],
  planConv1d: [[row, taps], (e, a, b) => e.planConv1d([2, 2, 9], b).run(a)],
  conv3d: [[volume, cube], (e, a, b) => e.conv3d(a, b)],
  planConv3d: [[volume, cube], (e, a, b) => e.planConv3d([1, 2, 4, 4, 3], b).run(a)],
  convTranspose2d: [[g, w], (e, a, b) => e.convTranspose2d(a, b)],
  convTranspose1d: [[row, taps], (e, a, b) => e.convTranspose1d(a, b)],
  conv2dGradInput: [[w, g], (e, a, b) => e.conv2dGradInput([2, 2, 6, 5], a, b)],
  conv2dGradWeights: [[x, g], (e, a, b) => e.conv2dGradWeights(a, [3, 2, 3, 2], b)],
  planConv2dGradWeights: [[x, g], (e, a, b) => e.planConv2dGradWeights(x.shape, w.shape).run(a, b)],
  conv2dGradBias: [[g], (e, a) => e.conv2dGradBias(a)],
  corr1d: [[dense(9), dense(3)], (e, a, b) => e.corr1d(a, b)],
  "corr1d with a row as kernel": [[dense(9), dense(1, 3)], (e, a, b) => e.corr1d(a, b)],
  convolve1d: [[dense(9), dense(3)], (e, a, b) => e.convolve1d(a, b)],
  streamCorr1d: [[dense(9), dense(3)], (e, a, kernel) => e.streamCorr1d({ kernel }).push(a)],
  pad: [[x], (e, a) => e.pad(a, 1)],
  padGradInput: [[dense(2, 2, 8, 7)], (e, a) => e.padGradInput([2, 2, 6, 5], a, 1)],
  maxPool2d: [[x], (e, a) => e.maxPool2d(a, windows)],
  avgPool2dGradInput: [[pooled], (e, a) => e.avgPool2dGradInput([2, 2, 6, 5], a, windows)],
  maxPool2dGradInput: [[x, pooled], (e, a, b) => e.maxPool2dGradInput(a, b, windows)],
  unfold: [[x], (e, a) => e.unfold(a, windows)],
  fold: [[dense(2, 8, 6)], (e, a) => e.fold(a, [6, 5], windows)],
  stft: [[dense(40)], (_, a) => corr2d.stft(a, { windowLength: 8 })],
  moments: [[dense(3, 4)], (_, a) => corr2d.kernels.moments(a)],
  mse: [[g, dense(2, 3, 4, 4)], (_, a, b) => learn.mse(a, b)],
  Relu: [[x], (_, a) => new learn.Relu().forward(a)],
  Linear: [
    [matrix, dense(6, 2)],
    (_, a, b) => {
      const layer = new learn.Linear(5, 2);
      return [layer.forward(a), layer.backward(b), layer.weight.gradient];
    },
  ],
  Flatten: [
    [x, dense(2, 60)],
    (_, a, b) => {
      const layer = new learn.Flatten();
      return [layer.forward(a), layer.backward(b)];
    },
  ],
  Conv2d: [
    [x, g],
    (_, a, b) => {
      const layer = new learn.Conv2d(2, 3, [3, 2]);
      return [layer.forward(a), layer.backward(b), layer.weight.gradient];
    },
  ],
  writeSafetensors: [[x], (_, a) => learn.writeSafetensors([["x", a]])],
};

const later: Record<string, Call> = {
  corr2dAsync: [[matrix, dense(2, 3)], (e, a, b) => e.corr2dAsync(a, b)],
  conv2dAsync: [[x, w], (e, a, b) => e.conv2dAsync(a, b)],
  runAsync: [[x, w], (e, a, b) => e.planConv2d([2, 2, 6, 5], b).runAsync(a)],
  conv2dGradWeightsAsync: [[x, g], (e, a, b) => e.conv2dGradWeightsAsync(a, [3, 2, 3, 2], b)],
  corr1dAsync: [[dense(9), dense(3)], (e, a, b) => e.corr1dAsync(a, b)],
  maxPool2dAsync: [[x], (e, a) => e.maxPool2dAsync(a, windows)],
};

for (const backend of ["native", "wasm", "reference"] as const) {
  describe(`strided operands on ${backend}`, async () => {
    const engine = await createEngine({ backend, threads: 1 });
    for (const [name, [operands, call]] of Object.entries({ ...sync, ...later })) {
      it(name, async () => {
        const expected = await call(engine, ...operands);
        for (const [layout, lay] of Object.entries(layouts)) {
          const views = operands.map((operand) => lay(operand as TensorLike<Float32Array>));
          expect(await call(engine, ...views), layout).toEqual(expected);
        }
      });
    }
  });
}

describe("strided tensors", () => {
  const kernel = dense(2, 2);
  const message = (stride: unknown, offset: unknown, shape = [2, 3], length = 6) => {
    try {
      corr2d.corr2d({ data: new Float32Array(length), shape, stride, offset } as never, kernel);
    } catch (error) {
      expect(error).toMatchObject({ name: "Corr2dError", code: "INVALID_ARGUMENT" });
      return (error as Error).message;
    }
    return "computed";
  };

  it("may repeat elements: a step of 0 is NumPy's broadcast_to", () => {
    const one = { data: Float32Array.of(1, 2, 3), shape: [2, 3], stride: [0, 1], offset: 0 };
    expect(corr2d.corr2d(one, [[1, 1]]).toArray()).toEqual([
      [3, 5],
      [3, 5],
    ]);
  });

  it("of bytes keep their type", () => {
    const bytes = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2], stride: [1, 3], offset: 0 };
    expect(corr2d.corr2d(bytes, [[1, 1]]).data).toEqual(Int32Array.of(5, 7, 9));
  });

  it("are refused where they leave their data", () => {
    expect(message([3, 1], 1)).toContain("elements 1 to 6");
    expect(message([-3, 1], 0)).toContain("elements -3 to 2");
    expect(message([3, 2 ** 40], 0)).toContain("x.data");
    expect(message([3], 0)).toContain("x.stride");
    expect(message([3, 0.5], 0)).toContain("x.stride[1]");
    expect(message("3,1", 0)).toContain("x.stride");
    expect(message([3, 1], -1)).toContain("x.offset");
    expect(message([3, 1], Number.NaN)).toContain("x.offset");
    expect(message(undefined, 7)).toContain("x.offset");
  });

  it("with both stride and strides are refused", () => {
    const both = { data: new Float32Array(6), shape: [2, 3], stride: [3, 1], strides: [3, 1] };
    expect(() => corr2d.corr2d(both, kernel)).toThrow(/x\.strides/);
  });

  it("as out: row-major ones are written from their offset on, others refused", () => {
    const [a, b] = [dense(1, 1, 3, 3), dense(1, 1, 2, 2)];
    const expected = corr2d.conv2d(a, b).data;
    const data = new Float32Array(8).fill(7);
    const out = { data, shape: [1, 1, 2, 2], stride: [4, 4, 2, 1], offset: 3 };
    const y = corr2d.conv2d(a, b, { out });
    expect(y.data).toEqual(expected);
    expect(data).toEqual(Float32Array.of(7, 7, 7, ...expected, 7));
    for (const stride of [
      [4, 4, 1, 2],
      [4, 4, 0, 0],
      [0, 0, -2, 1],
    ]) {
      const wrong = { data: new Float32Array(9), shape: [1, 1, 2, 2], stride, offset: 4 };
      expect(() => corr2d.conv2d(a, b, { out: wrong })).toThrow(/out\.stride/);
      expect(() => corr2d.planConv2d([1, 1, 3, 3], b).run(a, { out: wrong })).toThrow(/out\.stride/);
      const flat = { ...wrong, shape: [2, 2], stride: stride.slice(2) };
      const [m, k] = [dense(3, 3), dense(2, 2)];
      expect(() => corr2d.corr2d(m, k, { out: flat })).toThrow(/out\.stride/);
      expect(() => corr2d.pad({ data: new Float32Array(4), shape: [2, 2] }, 0, { out: flat })).toThrow(
        /out\.stride/,
      );
    }
  });

  it("as out that overlaps the input are refused, wherever they begin", () => {
    const data = new Float32Array(16);
    const out = { data, shape: [1, 1, 2, 2], stride: [4, 4, 2, 1], offset: 8 };
    expect(() => corr2d.conv2d({ data, shape: [1, 1, 3, 3], offset: 0 }, dense(1, 1, 2, 2), { out })).toThrow(
      /apart from x/,
    );
  });
});
