// SPDX-License-Identifier: MIT
// What only many repetitions bring to light: workers that end at random moments, and memory that grows bit by bit.
import { describe, expect, it } from "vitest";
import { evaluate } from "../helpers/child.ts";

/** A worker that convolves without end, asynchronously or not; it says when it begins. */
const worker = (backend: string, isAsync: boolean) =>
  JSON.stringify(`(async () => {
    const { parentPort } = require("node:worker_threads");
    const { createEngine } = await import("corr2d");
    const engine = await createEngine({ backend: "${backend}", threads: 2 });
    const tensor = (...shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape });
    const [x, w, g] = [tensor(1, 16, 56, 56), tensor(16, 16, 3, 3), tensor(1, 16, 54, 54)];
    const calls = [
      ["conv2d", x, w], ["conv2dGradWeights", x, w.shape, g], ["maxPool2d", x, { windowDimensions: 3 }],
      ["convTranspose2d", g, w], ["corr2d", tensor(100, 100), tensor(5, 5)],
    ];
    parentPort.postMessage("begun");
    for (let i = 0; ; i++) {
      const [name, ...operands] = calls[i % calls.length];
      ${
        isAsync
          ? `await Promise.all([1, 2, 3].map(() => engine[name + "Async"](...operands)));`
          : `for (let k = 0; k < 3; k++) engine[name](...operands); engine.alloc([1000]).data[0] = 1;`
      }
    }
  })()`);

describe.each(["native", "wasm"])("%s", (backend) => {
  it.each([true, false])("50 workers end at random moments of their work, async: %s", async (isAsync) => {
    const code = `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      import { createEngine } from "corr2d";
      let seed = 12345;
      const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
      const source = ${worker(backend, isAsync)};
      let ended = 0;
      const one = async () => {
        const worker = new Worker(source, { eval: true, execArgv: [] });
        await once(worker, "message");
        await new Promise((resolve) => setTimeout(resolve, 30 * random()));
        await worker.terminate();
        ended++;
      };
      for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 5 }, one));
      const engine = await createEngine({ backend: "${backend}", threads: 2 });
      const y = await engine.corr2dAsync([[2, 1]], [[3, 4]]);
      console.log(JSON.stringify([ended, y.toArray()]));
    `;
    expect(await evaluate(code, { timeout: 120_000 })).toEqual([50, [[10]]]);
  });

  it("100,000 mixed calls leave memory as it was", async () => {
    const code = `
      import { createEngine } from "corr2d";
      let seed = 54321;
      const random = (most) => ((seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 8) % most;
      const engine = await createEngine({ backend: "${backend}", threads: 2 });
      const tensor = (...shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1), shape });
      const weights = tensor(8, 4, 3, 3);
      const calls = [
        (h, w) => engine.corr2d(tensor(h, w), tensor(3, 3)),
        (h, w) => engine.conv2d(tensor(1, 4, h, w), weights, { padding: 1 }),
        (h, w) => engine.conv2d(tensor(1, h, w, 4), weights, { inputLayout: "nhwc", strides: 2 }),
        (h, w) => engine.conv2dGradWeights(tensor(1, 4, h, w), [8, 4, 3, 3], tensor(1, 8, h - 2, w - 2)),
        (h, w) => engine.conv2dGradInput([1, 4, h, w], weights, tensor(1, 8, h - 2, w - 2)),
        (h, w) => engine.convTranspose2d(tensor(1, 8, h, w), weights, { strides: 2 }),
        (h, w) => engine.maxPool2d(tensor(1, 4, h, w), { windowDimensions: 2 }),
        (h, w) => engine.unfold(tensor(1, 4, h, w), { windowDimensions: 2 }),
        (h, w) => engine.pad(tensor(h, w), 1, { border: "mirror" }),
        (h, w) => engine.convolve1d(new Float32Array(h * w), new Float32Array(9)),
        (h, w) => { const it = engine.alloc([h, w]); it.data[0] = 1; it.dispose(); },
        (h, w) => { const plan = engine.planConv2d([1, 4, h, w], weights); plan.run(tensor(1, 4, h, w)); plan.dispose(); },
        (h) => { try { engine.conv2d(tensor(1, 3, h, h), weights); } catch {} },
        (h, w) => engine.conv2dAsync(tensor(1, 4, h, w), weights),
        (h, w) => engine.maxPool2dAsync(tensor(1, 4, h, w), { windowDimensions: 2 }),
        (h, w) => engine.corr2dAsync(tensor(h, w), tensor(3, 3), { signal: AbortSignal.timeout(1) }).catch(() => {}),
      ];
      const some = async (count) => {
        for (let i = 0; i < count; i++) {
          // The last three wait for a worker: one in fifty of all.
          const call = calls[i % 50 === 0 ? 13 + random(3) : random(13)];
          const result = call(4 + random(20), 4 + random(20));
          if (result instanceof Promise) await result;
        }
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 20));
        globalThis.gc();
        return process.memoryUsage.rss() / 2 ** 20;
      };
      const before = await some(30_000);
      const after = await some(70_000);
      console.log(JSON.stringify(after - before));
    `;
    // A single leaked block of 64 bytes for each call would be 4.3 MiB; 32 MiB is what V8 itself comes and goes by.
    expect(await evaluate<number>(code, { args: ["--expose-gc"], timeout: 200_000 })).toBeLessThan(32);
  });
});
