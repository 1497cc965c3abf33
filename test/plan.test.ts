// SPDX-License-Identifier: MIT
// The life of a plan: reuse, asynchronous work and its end, and being forgotten.
import { Corr2dError, createEngine, type Engine } from "corr2d";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluate, runModule } from "./child.ts";
import { Random } from "./random.ts";

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
  const long = backend === "reference" ? floats(1, 8, 96, 96) : floats(1, 64, 112, 112);
  const longWeights = floats(backend === "reference" ? 8 : 128, long.shape[1], 3, 3);

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

  it("needs at most 8 MiB of workspace for im2col, whatever the image", () => {
    const plan = engine.planConv2d([1, 16, 3000, 3000], floats(8, 16, 5, 5), { algorithm: "im2col" });
    expect(plan.workspaceBytes).toBeGreaterThan(0);
    expect(plan.workspaceBytes).toBeLessThanOrEqual(8 * 2 ** 20);
    plan.dispose();
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

  // The reference backend computes on the event loop: nothing can happen meanwhile.
  it.runIf(backend !== "reference")("ends early when the signal fires during the work", async () => {
    const plan = engine.planConv2d(long.shape, longWeights, { algorithm: "direct" });
    const startWhole = performance.now();
    const expected = plan.run(long).data;
    const whole = performance.now() - startWhole;
    const reason = new Error("enough");
    const controller = new AbortController();
    // So many on one pool take far longer than one, unless the abort ends them all.
    const runs = Array.from({ length: 24 }, () => plan.runAsync(long, { signal: controller.signal }));
    const start = performance.now();
    setTimeout(() => controller.abort(reason), 5);
    const outcomes = await Promise.allSettled(runs);
    expect(performance.now() - start).toBeLessThan(2.5 * whole + 200);
    for (const outcome of outcomes) expect(outcome).toEqual({ status: "rejected", reason });
    expect(Buffer.compare(bytes((await plan.runAsync(long)).data), bytes(expected))).toBe(0);
    plan.dispose();
  });

  it.runIf(backend !== "reference")("does not block the event loop", async () => {
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

describe("a process of its own", () => {
  it.each(["native", "wasm"])("%s: forgotten plans do not leak", async (backend) => {
    // Each plan packs 2.4 MB of weights; 400 of them kept would be about 1 GB.
    const code = `
      import { createEngine } from "corr2d";
      const engine = await createEngine({ backend: "${backend}", threads: 1 });
      const weights = { data: new Float32Array(256 * 256 * 9).fill(1), shape: [256, 256, 3, 3] };
      const x = new Float32Array(256 * 9);
      const some = async (count) => {
        for (let i = 0; i < count; i++) {
          engine.planConv2d([1, 256, 3, 3], weights).run(x);
          if (i % 10 === 9) {
            globalThis.gc();
            await new Promise((resolve) => setTimeout(resolve));
          }
        }
      };
      await some(50);
      const before = process.memoryUsage.rss();
      await some(350);
      console.log(JSON.stringify((process.memoryUsage.rss() - before) / 2 ** 20));
    `;
    expect(await evaluate<number>(code, { args: ["--expose-gc"] })).toBeLessThan(120);
  });

  it.each(["native", "wasm"])("%s: a thousand plans disposed of at once neither", async (backend) => {
    const code = `
      import { createEngine } from "corr2d";
      const engine = await createEngine({ backend: "${backend}", threads: 2 });
      const weights = { data: new Float32Array(128 * 128 * 9).fill(1), shape: [128, 128, 3, 3] };
      const some = (count) => {
        for (let i = 0; i < count; i++) engine.planConv2d([1, 128, 3, 3], weights).dispose();
      };
      some(100);
      const before = process.memoryUsage.rss();
      some(900);
      console.log(JSON.stringify((process.memoryUsage.rss() - before) / 2 ** 20));
    `;
    expect(await evaluate<number>(code)).toBeLessThan(120);
  });

  it.each(["native", "wasm", "reference"])("%s: exits promptly with idle pools", async (backend) => {
    const code = `
      import { createEngine } from "corr2d";
      const engine = await createEngine({ backend: "${backend}", threads: 2 });
      const weights = { data: new Float32Array(8 * 8 * 9).fill(1), shape: [8, 8, 3, 3] };
      const plan = engine.planConv2d([1, 8, 64, 64], weights);
      plan.run(new Float32Array(8 * 64 * 64));
      await plan.runAsync(new Float32Array(8 * 64 * 64));
      console.log("done", Date.now());
    `;
    const ended = await runModule(code);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    const done = Number(/done (\d+)/.exec(ended.stdout)?.[1]);
    expect(Date.now() - done).toBeLessThan(2000);
  });

  it.each(["native", "wasm", "reference"])("%s: waits for a run that is under way", async (backend) => {
    const code = `
      import { conv2dAsync, createEngine } from "corr2d";
      const engine = await createEngine({ backend: "${backend}" });
      const x = { data: new Float32Array(16 * 64 * 64).fill(1), shape: [1, 16, 64, 64] };
      const weights = { data: new Float32Array(16 * 16 * 9).fill(1), shape: [16, 16, 3, 3] };
      engine.conv2dAsync(x, weights).then(({ data }) => console.log(data[0]));
    `;
    const ended = await runModule(code);
    expect([ended.code, ended.stdout.trim(), ended.stderr]).toEqual([0, "144", ""]);
  });

  /** Code of a worker thread: opens an engine on the given backend, then does as told. */
  const worker = (backend: string, body: string) =>
    JSON.stringify(`(async () => {
      const { parentPort } = require("node:worker_threads");
      const { createEngine } = await import("corr2d");
      const engine = await createEngine({ backend: "${backend}", threads: 2 });
      const tensor = (...shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape });
      ${body}
    })()`);

  it.each(["native", "wasm"])("%s: works in several worker threads at once", async (backend) => {
    const body = `
      const sums = [];
      for (let i = 0; i < 20; i++) {
        const operands = [tensor(1, 8, 40, 40), tensor(8, 8, 3, 3)];
        const y = i % 2 ? engine.conv2d(...operands) : await engine.conv2dAsync(...operands);
        sums.push(y.data.reduce((a, b) => a + b));
      }
      parentPort.postMessage(sums);
      parentPort.unref();
    `;
    const code = `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      const workers = Array.from({ length: 6 }, () => new Worker(${worker(backend, body)}, { eval: true, execArgv: [] }));
      const sums = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0]));
      console.log(JSON.stringify([sums.length, [...new Set(sums.flat())]]));
    `;
    expect(await evaluate(code)).toEqual([6, [8 * 38 * 38 * 72]]);
  });

  it.each(["native", "wasm"])("%s: a worker may be terminated in the middle of its work", async (backend) => {
    const body = `
      const plan = engine.planConv2d([1, 64, 112, 112], tensor(64, 64, 3, 3));
      const x = tensor(1, 64, 112, 112);
      const runs = [plan.runAsync(x), plan.runAsync(x), plan.runAsync(x)];
      parentPort.postMessage("started");
      plan.run(x);
      await Promise.all(runs);
    `;
    const code = `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      import { createEngine } from "corr2d";
      for (let i = 0; i < 5; i++) {
        const worker = new Worker(${worker(backend, body)}, { eval: true, execArgv: [] });
        await once(worker, "message");
        await new Promise((resolve) => setTimeout(resolve, i * 4));
        await worker.terminate();
      }
      const engine = await createEngine({ backend: "${backend}", threads: 2 });
      console.log(JSON.stringify((await engine.corr2dAsync([[2, 1]], [[3, 4]])).toArray()));
    `;
    expect(await evaluate(code)).toEqual([[10]]);
  });

  it.each(["native", "wasm"])("%s: may exit in the middle of its work", async (backend) => {
    const code = `
      import { createEngine } from "corr2d";
      const engine = await createEngine({ backend: "${backend}", threads: 2 });
      const tensor = (...shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape });
      const plan = engine.planConv2d([1, 64, 112, 112], tensor(64, 64, 3, 3));
      const x = tensor(1, 64, 112, 112);
      for (let i = 0; i < 9; i++) plan.runAsync(x);
      setTimeout(() => process.exit(7), 10);
    `;
    const ended = await runModule(code);
    expect([ended.code, ended.signal, ended.stderr]).toEqual([7, null, ""]);
  });
});
