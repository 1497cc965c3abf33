// SPDX-License-Identifier: MIT
// Tensors in an engine's own memory: what is computed from and into them, and what becomes of the memory.
import { createEngine, type Engine, type FloatArray, type Tensor } from "corr2d";
import { describe, expect, it } from "vitest";
import { evaluate } from "../helpers/child.ts";
import { Random } from "../helpers/random.ts";

const backends = ["native", "wasm", "reference"] as const;
const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function filled(random: Random, shape: readonly number[], dtype: "float32" | "float64" = "float32") {
  const data = new (dtype === "float32" ? Float32Array : Float64Array)(count(shape));
  for (let i = 0; i < data.length; i++) data[i] = 2 * random.next() - 1;
  return { data, shape };
}

/** Throws unless all elements are the same. (toEqual takes minutes for a million of them.) */
function same(actual: FloatArray, expected: FloatArray): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1);
}

/** Layers of each algorithm, cut by rows, by groups and not at all, in both layouts, in batches. */
const problems = [
  { x: [1, 3, 20, 21], w: [8, 3, 3, 3], options: { padding: 1 } },
  { x: [3, 4, 9, 9], w: [6, 4, 1, 1], options: { algorithm: "direct" } },
  { x: [1, 16, 40, 40], w: [16, 1, 3, 3], options: { groups: 16, padding: 1 } },
  { x: [1, 64, 80, 80], w: [64, 1, 3, 3], options: { groups: 64, padding: 1 } },
  { x: [1, 1, 700, 800], w: [1, 1, 3, 3], options: { padding: 1 } },
  { x: [1, 1, 900, 800], w: [1, 1, 5, 5], options: { padding: 2, border: "mirror" } },
  { x: [1, 8, 400, 400], w: [8, 8, 3, 3], options: { padding: 1, algorithm: "winograd" } },
  { x: [1, 8, 400, 400], w: [8, 8, 3, 3], options: { algorithm: "direct" } },
  { x: [1, 400, 400, 8], w: [8, 8, 3, 3], options: { inputLayout: "nhwc", strides: 2, padding: 1 } },
] as const;

describe.each(backends)("%s", (backend) => {
  const open = (threads = 1) => createEngine({ backend, threads });

  it("gives a tensor of zeros, of the type and shape that were asked for", async () => {
    const engine = await open();
    const single = engine.alloc([2, 3]);
    const double = engine.alloc([4], "float64");
    expect([single.data, single.shape]).toEqual([new Float32Array(6), [2, 3]]);
    expect([double.data, double.shape]).toEqual([new Float64Array(4), [4]]);
    expect(engine.alloc([0, 3]).data).toEqual(new Float32Array(0));
    engine.dispose();
  });

  it.each([1, 2])("computes the same bits from and into it, on %i threads", async (threads) => {
    const engine = await open(threads);
    const random = new Random(77);
    for (const { x: shape, w, options } of problems) {
      if (backend === "reference" && count(shape) > 100_000) continue;
      const x = filled(random, shape);
      const plan = engine.planConv2d(shape, filled(random, w), options);
      const expected = plan.run(x).data;
      const from = engine.alloc(shape);
      from.data.set(x.data);
      const into = engine.alloc(plan.outputShape);
      const other = new Float32Array(expected.length);
      expect(plan.run(from, { out: into })).toBe(into);
      same(into.data, expected);
      same(plan.run(from, { out: other }).data, expected);
      into.data.fill(Number.NaN);
      plan.run(x, { out: into });
      same(into.data, expected);
      same((await plan.runAsync(from, { out: into })).data, expected);
      same(from.data, x.data);
      same((await plan.runAsync(from, { transfer: true })).data, expected);
      for (const it of [plan, from, into]) it.dispose();
    }
    engine.dispose();
  });

  it("keeps its elements while memory grows, and after its engine is gone", async () => {
    const engine = await open();
    const first = engine.alloc([1, 1, 4, 4]);
    first.data.set(Float32Array.from({ length: 16 }, (_, i) => i));
    const weights = engine.alloc([1, 1, 1, 1]);
    weights.data[0] = 2;
    const matrix = engine.alloc([1, 2]);
    matrix.data[1] = 1;
    const held: Tensor[] = [];
    for (let i = 0; i < 20; i++) {
      held.push(engine.alloc([1 << 20]));
      held[i].data[0] = i;
      // Reads both before it makes a plan, for which memory may have to grow.
      expect(engine.conv2d(first, weights).data).toEqual(first.data.map((value) => 2 * value));
      expect(engine.corr2d(matrix, [[3]]).data[1]).toBe(3);
    }
    expect(held.map(({ data }) => data[0])).toEqual(held.map((_, i) => i));
    engine.dispose();
    expect(first.data[15]).toBe(15);
  });

  it("refuses what is no shape or type, and says what was disposed of", async () => {
    const engine = await open();
    const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    const alloc = engine.alloc as (...args: unknown[]) => Tensor;
    for (const shape of [undefined, 4, [-1], [1.5], ["1"]]) expect(() => alloc(shape)).toThrow(invalid);
    for (const dtype of ["float16", 4, null]) expect(() => alloc([1], dtype)).toThrow(invalid);
    const tensor = engine.alloc([4]);
    tensor.dispose();
    tensor.dispose();
    expect(() => tensor.data).toThrow(expect.objectContaining({ code: "DISPOSED" }));
    engine.dispose();
    expect(() => engine.alloc([1])).toThrow(expect.objectContaining({ code: "DISPOSED" }));
  });
});

/** Bytes of linear memory, or of a process where there is none. */
const memoryOf = (engine: Engine) => engine.alloc([1]).data.buffer.byteLength;

describe("memory on WebAssembly", () => {
  it("reaches a steady state: 10,000 runs of mixed shapes need what the largest needs", async () => {
    const engine = await createEngine({ backend: "wasm", threads: 1 });
    const random = new Random(4711);
    const size = () => random.integer(1, 24);
    const runOnce = (channels: number, height: number, width: number, kernel: number) => {
      const weights = {
        data: new Float32Array(channels * kernel * kernel),
        shape: [1, channels, kernel, kernel],
      };
      const x = engine.alloc([1, channels, height, width]);
      const out = engine.alloc([1, 1, height, width]);
      const options = { padding: (kernel - 1) / 2 };
      if (kernel === 1) engine.conv2d(x, weights, options);
      else
        engine.conv2d({ data: new Float32Array(x.data.length), shape: x.shape }, weights, {
          ...options,
          out,
        });
      x.dispose();
      out.dispose();
    };
    runOnce(24, 24, 24, 5);
    const largest = memoryOf(engine);
    for (let i = 0; i < 10_000; i++) runOnce(size(), size(), size(), random.pick([1, 3, 5]));
    expect(memoryOf(engine)).toBeLessThanOrEqual(1.5 * largest);
    engine.dispose();
  });

  it("is given back by tensors that were forgotten, but not while their array is held", async () => {
    const code = `
      import { createEngine } from "corr2d";
      const engine = await createEngine({ backend: "wasm", threads: 1 });
      const keep = (() => engine.alloc([1000]).data)();
      const part = (() => engine.alloc([1000]).data.subarray(20).subarray(1, 5))();
      keep[0] = 42;
      part[0] = 43;
      for (let i = 0; i < 60; i++) {
        engine.alloc([1 << 20]);
        if (i % 5 === 4) {
          globalThis.gc();
          await new Promise((resolve) => setTimeout(resolve));
        }
      }
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve));
      const now = engine.alloc([1000]);
      const others = Array.from({ length: 50 }, () => engine.alloc([1000]));
      for (const { data } of others) data.fill(7);
      const mebibytes = now.data.buffer.byteLength / 2 ** 20;
      const all = new Float32Array(now.data.buffer);
      // Last used here: before, the garbage collector might take what nobody asks for any more.
      const held = [keep, part].length;
      console.log(JSON.stringify([mebibytes, all.includes(42) && all.includes(43), held]));
    `;
    const [mebibytes, kept] = await evaluate<[number, boolean]>(code, { args: ["--expose-gc"] });
    expect(mebibytes).toBeLessThan(100);
    expect(kept).toBe(true);
  });
});
