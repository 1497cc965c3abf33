// SPDX-License-Identifier: MIT
// What plans and their threads do to a whole process: memory, exit, workers that come and go.
import { expect, it } from "vitest";
import { evaluate, runModule } from "../helpers/child.ts";

it.each(["native", "wasm"])("%s: forgotten plans do not leak", async (backend) => {
  // Each plan packs 2.4 MB of weights; 170 of them kept would be 400 MB.
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
      await some(30);
      const before = process.memoryUsage.rss();
      await some(170);
      console.log(JSON.stringify((process.memoryUsage.rss() - before) / 2 ** 20));
    `;
  expect(await evaluate<number>(code, { args: ["--expose-gc"] })).toBeLessThan(120);
});

it.each(["native", "wasm"])(
  "%s: plans disposed of at once do not wait for the garbage collector",
  async (backend) => {
    const code = `
      import { createEngine } from "corr2d";
      const engine = await createEngine({ backend: "${backend}", threads: 2 });
      const weights = { data: new Float32Array(128 * 128 * 9).fill(1), shape: [128, 128, 3, 3] };
      const some = (count) => {
        for (let i = 0; i < count; i++) engine.planConv2d([1, 128, 3, 3], weights).dispose();
      };
      some(50);
      const before = process.memoryUsage.rss();
      some(350);
      console.log(JSON.stringify((process.memoryUsage.rss() - before) / 2 ** 20));
    `;
    expect(await evaluate<number>(code)).toBeLessThan(120);
  },
);

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
  expect(Date.now() - done).toBeLessThan(5000);
});

it.each(["native", "wasm", "reference"])("%s: waits for a run that is under way", async (backend) => {
  const code = `
      import { conv2dAsync, createEngine } from "corr2d";
      const engine = await createEngine({ backend: "${backend}" });
      const x = { data: new Float32Array(16 * 64 * 64).fill(1), shape: [1, 16, 64, 64] };
      const weights = { data: new Float32Array(16 * 16 * 9).fill(1), shape: [16, 16, 3, 3] };
      engine.conv2dAsync(x, weights, { accuracy: "exact" }).then(({ data }) => console.log(data[0]));
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
        const operands = [tensor(1, 8, 40, 40), tensor(8, 8, 3, 3), { accuracy: "exact" }];
        const y = i % 2 ? engine.conv2d(...operands) : await engine.conv2dAsync(...operands);
        sums.push(y.data.reduce((a, b) => a + b));
      }
      parentPort.postMessage(sums);
      parentPort.unref();
    `;
  const code = `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      const workers = Array.from({ length: 4 }, () => new Worker(${worker(backend, body)}, { eval: true, execArgv: [] }));
      const sums = await Promise.all(workers.map(async (worker) => (await once(worker, "message"))[0]));
      console.log(JSON.stringify([sums.length, [...new Set(sums.flat())]]));
    `;
  expect(await evaluate(code)).toEqual([4, [8 * 38 * 38 * 72]]);
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
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(${worker(backend, body)}, { eval: true, execArgv: [] });
        await once(worker, "message");
        await new Promise((resolve) => setTimeout(resolve, i * 6));
        await worker.terminate();
      }
      const engine = await createEngine({ backend: "${backend}", threads: 2 });
      console.log(JSON.stringify((await engine.corr2dAsync([[2, 1]], [[3, 4]])).toArray()));
    `;
  expect(await evaluate(code)).toEqual([[10]]);
});

it("native: the end of a worker waits for a part of its work only", async () => {
  const body = `
      const plan = engine.planConv2d([1, 256, 256, 256], tensor(256, 256, 3, 3), { algorithm: "direct" });
      const x = tensor(1, 256, 256, 256);
      const start = performance.now();
      plan.run(x);
      const whole = performance.now() - start;
      plan.runAsync(x, { transfer: true });
      parentPort.postMessage(whole);
    `;
  const code = `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      const worker = new Worker(${worker("native", body)}, { eval: true, execArgv: [] });
      const [whole] = await once(worker, "message");
      const start = performance.now();
      await worker.terminate();
      console.log(JSON.stringify((performance.now() - start) / whole));
    `;
  expect(await evaluate<number>(code)).toBeLessThan(0.6);
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

it.each(["wasm", "reference"])(
  "%s: waits for a worker that starts, though the call before, which started it, was aborted",
  async (backend) => {
    const code = `
      import { createEngine } from "corr2d";
      const engine = await createEngine({ backend: "${backend}", threads: 2 });
      const controller = new AbortController();
      const aborted = engine.corr2dAsync([[2, 1]], [[3, 4]], { signal: controller.signal });
      controller.abort();
      await aborted.catch(() => {});
      console.log(JSON.stringify((await engine.corr2dAsync([[2, 1]], [[3, 4]])).toArray()));
    `;
    expect(await evaluate(code)).toEqual([[10]]);
  },
);
