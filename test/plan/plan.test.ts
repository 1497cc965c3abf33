// SPDX-License-Identifier: MIT
// The life of a plan: reuse, asynchronous work and its end, and being forgotten.
import { Corr2dError, createEngine, type Engine } from "corr2d";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../helpers/random.ts";

const random = new Random(9);
const floats = (...shape: number[]) => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  return { data: data.map(() => random.integer(-4, 4)), shape };
};

const disposed = expect.objectContaining({ name: "Corr2dError", code: "DISPOSED" });

describe.each(["native", "wasm", "reference"] as const)("%s", (backend) => {
  let engine: Engine;
  const x = floats(2, 3, 9, 10);
  const weights = floats(4, 3, 3, 3);
  /** Takes long enough, on any backend, for something to happen meanwhile. */
  const long = backend === "reference" ? floats(1, 16, 112, 112) : floats(1, 64, 112, 112);
  const longWeights = floats(backend === "reference" ? 16 : 64, long.shape[1], 3, 3);

  beforeAll(async () => {
    engine = await createEngine({ backend, threads: 2 });
  });
  afterAll(() => engine?.dispose());

  it("describes itself", () => {
    const plan = engine.planConv2d(x.shape, weights, { algorithm: "im2col", padding: 1 });
    expect(plan.inputShape).toEqual([2, 3, 9, 10]);
    expect(plan.outputShape).toEqual([2, 4, 9, 10]);
    expect(plan).toMatchObject({ backend, isa: engine.isa, threads: engine.threads, algorithm: "im2col" });
    expect(plan.spec).toMatchObject({ padding: [1, 1, 1, 1], strides: [1, 1], groups: 1, dtype: "float32" });
    expect(plan.explain()).toContain(backend);
    expect(plan.explain()).toContain("im2col");
    plan.dispose();
  });

  it("needs at most 8 MiB of workspace for a thread, whatever the image, kernel, stride and dilation", async () => {
    const alone = await createEngine({ backend, threads: 1 });
    for (const [inputShape, weightsShape, options] of [
      [[1, 16, 3000, 3000], [8, 16, 5, 5], {}],
      [[1, 64, 1024, 1024], [16, 64, 3, 3], { dilations: 64, padding: 64 }],
      [[1, 64, 512, 512], [16, 64, 3, 3], { dilations: 16, padding: 16 }],
      [[1, 4, 600, 600], [8, 4, 64, 64], { strides: 50, padding: 7 }],
      [[1, 1, 400, 400], [1, 1, 255, 255], { padding: "same" }],
      [[1, 64, 100, 100], [8, 64, 31, 31], { padding: "same" }],
      [[1, 3000, 20, 20], [8, 3000, 3, 3], { padding: 1 }],
      [[1, 1000, 1000, 64], [8, 64, 3, 3], { padding: 1, inputLayout: "nhwc" }],
    ] as const) {
      for (const algorithm of ["direct", "im2col", "strided"] as const) {
        using plan = alone.planConv2d(inputShape, floats(...weightsShape), { ...options, algorithm });
        expect(plan.workspaceBytes, plan.explain()).toBeLessThanOrEqual(8 * 2 ** 20);
      }
    }
    alone.dispose();
  });

  it("copies weights and bias: later changes do not show", () => {
    const filters = { data: weights.data.slice(), shape: weights.shape };
    const bias = Float32Array.of(1, 2, 3, 4);
    const plan = engine.planConv2d(x.shape, filters, { bias });
    const before = [...plan.run(x).data];
    filters.data.fill(0);
    bias.fill(0);
    expect([...plan.run(x).data]).toEqual(before);
    plan.dispose();
  });

  it("gives each run an output of its own, or the one it was given", async () => {
    const plan = engine.planConv2d(x.shape, weights);
    const first = plan.run(x);
    const kept = [...first.data];
    plan.run(floats(2, 3, 9, 10));
    expect([...first.data]).toEqual(kept);
    const out = { data: new Float32Array(first.data.length).fill(Number.NaN), shape: [...plan.outputShape] };
    expect(plan.run(x, { out }).data).toBe(out.data);
    expect([...out.data]).toEqual(kept);
    out.data.fill(Number.NaN);
    expect((await plan.runAsync(x, { out })).data).toBe(out.data);
    expect([...out.data]).toEqual(kept);
    plan.dispose();
  });

  it("refuses to run after dispose, which may be called twice", async () => {
    const plan = engine.planConv2d(x.shape, weights);
    plan.run(x);
    plan.dispose();
    plan.dispose();
    expect(() => plan.run(x)).toThrow(disposed);
    await expect(plan.runAsync(x)).rejects.toEqual(disposed);
  });

  it("is disposed of at the end of a using block", () => {
    let escaped: ReturnType<Engine["planConv2d"]>;
    {
      using plan = engine.planConv2d(x.shape, weights);
      escaped = plan;
      escaped.run(x);
    }
    expect(() => escaped.run(x)).toThrow(disposed);
  });

  it("finishes a run under way when it is disposed of", async () => {
    const plan = engine.planConv2d(long.shape, longWeights);
    const expected = plan.run(long).data;
    const pending = plan.runAsync(long);
    plan.dispose();
    expect(Buffer.compare(bytes((await pending).data), bytes(expected))).toBe(0);
  });

  it("runs many at once, each with its own result", async () => {
    const plan = engine.planConv2d(x.shape, weights);
    const inputs = Array.from({ length: 20 }, () => floats(2, 3, 9, 10));
    const expected = inputs.map((input) => [...plan.run(input).data]);
    const results = await Promise.all(inputs.map((input) => plan.runAsync(input)));
    expect(results.map(({ data }) => [...data])).toEqual(expected);
    plan.dispose();
  });

  it("takes a snapshot of the input: changing or moving it after the call does not show", async () => {
    const plan = engine.planConv2d(long.shape, longWeights);
    const expected = plan.run(long).data;
    const input = long.data.slice();
    const changed = plan.runAsync(input);
    input.fill(Number.NaN);
    expect(Buffer.compare(bytes((await changed).data), bytes(expected))).toBe(0);
    const moving = long.data.slice();
    const moved = plan.runAsync(moving);
    structuredClone(moving.buffer, { transfer: [moving.buffer] });
    expect(Buffer.compare(bytes((await moved).data), bytes(expected))).toBe(0);
    plan.dispose();
  });

  it("takes the input over with transfer", async () => {
    const plan = engine.planConv2d(x.shape, weights);
    const expected = [...plan.run(x).data];
    const buffer = new ArrayBuffer(x.data.byteLength + 8);
    const input = new Float32Array(buffer, 4, x.data.length);
    input.set(x.data);
    const result = plan.runAsync(input, { transfer: true });
    expect(input).toHaveLength(0);
    expect(buffer.byteLength).toBe(0);
    expect([...(await result).data]).toEqual(expected);
    plan.dispose();
  });

  it("leaves out alone until it is done, and fails in words if it was taken away", async () => {
    const plan = engine.planConv2d(x.shape, weights);
    const out = new Float32Array(plan.run(x).data.length).fill(7);
    const pending = plan.runAsync(x, { out });
    expect(out.every((value) => value === 7)).toBe(true);
    structuredClone(out.buffer, { transfer: [out.buffer] });
    await expect(pending).rejects.toBeInstanceOf(Corr2dError);
    plan.dispose();
  });

  it("does not start when the signal is aborted already", async () => {
    const plan = engine.planConv2d(x.shape, weights);
    const out = new Float32Array(plan.run(x).data.length).fill(7);
    const reason = new Error("not wanted");
    await expect(plan.runAsync(x, { out, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(out.every((value) => value === 7)).toBe(true);
    plan.dispose();
  });

  it("stays usable after a signal that never fires, and leaves no listener behind", async () => {
    const plan = engine.planConv2d(x.shape, weights);
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    for (let i = 0; i < 5; i++) await plan.runAsync(x, { signal });
    expect(listeners).toBe(0);
    plan.dispose();
  });

  it("ends early when the signal fires during the work", async () => {
    const plan = engine.planConv2d(long.shape, longWeights, { algorithm: "direct" });
    const startWhole = performance.now();
    const expected = plan.run(long).data;
    const whole = performance.now() - startWhole;
    const reason = new Error("enough");
    const controller = new AbortController();
    // So many on one pool take far longer than one, unless the abort ends them all.
    const runs = Array.from({ length: 24 }, () => plan.runAsync(long, { signal: controller.signal }));
    const start = performance.now();
    // The first have begun by now, the others wait for a thread.
    controller.abort(reason);
    const outcomes = await Promise.allSettled(runs);
    expect(performance.now() - start).toBeLessThan(8 * whole + 500);
    for (const outcome of outcomes) expect(outcome.status === "rejected" && outcome.reason).toBe(reason);
    expect(Buffer.compare(bytes((await plan.runAsync(long)).data), bytes(expected))).toBe(0);
    plan.dispose();
  });

  it("does not block the event loop", async () => {
    const plan = engine.planConv2d(long.shape, longWeights, { algorithm: "direct" });
    const start = performance.now();
    plan.run(long);
    const whole = performance.now() - start;
    let done = false;
    const pending = plan.runAsync(long).then(() => {
      done = true;
    });
    let turns = 0;
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      turns++;
    }
    await pending;
    expect(turns).toBeGreaterThan(Math.min(whole / 20, 3));
    plan.dispose();
  });
});

function bytes({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
