// SPDX-License-Identifier: MIT
// Everything that can be disposed of, read and run and then forgotten instead: its memory comes back.
import { describe, expect, it } from "vitest";
import { evaluate } from "../helpers/child.ts";

/** Makes one of a kind, of about a megabyte, uses it, and returns it to be forgotten. */
const kinds = {
  "a tensor": `engine.alloc([1 << 18])`,
  "a tensor whose data was read": `const it = engine.alloc([1 << 18]); it.data[1] = 1; return it`,
  "a tensor of which a part was read": `const it = engine.alloc([1 << 18]); it.data.subarray(1, 3).subarray(1)[0] = 1; return it`,
  "a tensor that was computed into": `const it = engine.alloc([1, 1, 512, 512]); engine.conv2d(it, ones(1, 1, 1, 1), { out: engine.alloc([1, 1, 512, 512]) }); return it`,
  planConv2d: `ran(engine.planConv2d([1, 160, 3, 3], ones(160, 160, 3, 3)))`,
  "planConv2d of integers": `const w = { data: new Int8Array(320 * 320 * 9), shape: [320, 320, 3, 3] }; return ran(engine.planConv2d([1, 320, 3, 3], w), Int8Array)`,
  planConvTranspose2d: `ran(engine.planConvTranspose2d([1, 160, 3, 3], ones(160, 160, 3, 3), { strides: 2 }))`,
  planConv2dGradInput: `ran(engine.planConv2dGradInput([1, 160, 3, 3], ones(160, 160, 3, 3)))`,
  planConv2dGradWeights: `
    const it = engine.planConv2dGradWeights([1, 16, 64, 64], [16, 16, 3, 3]);
    const g = engine.alloc([1, 16, 62, 62]);
    it.run(new Float32Array(16 * 64 * 64), g);
    it.extra = new Float32Array(1 << 18).fill(1);
    return it`,
  planConv1d: `ran(engine.planConv1d([1, 500, 3], ones(500, 500, 1)))`,
  planConv3d: `ran(engine.planConv3d([1, 96, 3, 3, 3], ones(96, 96, 3, 3, 3)))`,
  planConvTranspose1d: `ran(engine.planConvTranspose1d([1, 500, 3], ones(500, 500, 1)))`,
  streamCorr1d: `const it = engine.streamCorr1d({ kernel: ones(1 << 17).data }); it.push(ones(1 << 17).data); return it`,
  "planConv2d run off the event loop": `
    const it = engine.planConv2d([1, 160, 3, 3], ones(160, 160, 3, 3));
    await it.runAsync(new Float32Array(160 * 9));
    return it`,
};

const code = (backend: string) => `
  import { createEngine } from "corr2d";
  const count = (shape) => shape.reduce((a, b) => a * b, 1);
  const ones = (...shape) => ({ data: new Float32Array(count(shape)).fill(1), shape });
  const ran = (plan, type = Float32Array) => {
    plan.run(new type(count(plan.inputShape)));
    return plan;
  };
  const engine = await createEngine({ backend: "${backend}", threads: 1 });
  const kinds = ${JSON.stringify(kinds)};
  const AsyncFunction = (async () => {}).constructor;
  const result = {};
  for (const [kind, source] of Object.entries(kinds)) {
    const make = AsyncFunction("engine", "ones", "ran", source.includes("return") ? source : "return " + source);
    let alive = 0;
    const registry = new FinalizationRegistry(() => alive--);
    const some = async (times) => {
      for (let i = 0; i < times; i++) {
        registry.register(await make(engine, ones, ran));
        alive++;
        if (i % 10 === 9) {
          // What an await keeps goes with the next turn, what a finaliser frees with the one after it.
          for (let turn = 0; turn < 2; turn++) {
            await new Promise((resolve) => setTimeout(resolve));
            globalThis.gc();
          }
          await new Promise((resolve) => setTimeout(resolve));
        }
      }
    };
    await some(20);
    const before = process.memoryUsage.rss();
    await some(100);
    result[kind] = { alive, grown: Math.round((process.memoryUsage.rss() - before) / 2 ** 20) };
  }
  console.log(JSON.stringify(result));
`;

describe.each(["native", "wasm"])("%s: forgotten", (backend) => {
  it("things of every kind are freed", async () => {
    const result = await evaluate<Record<string, { alive: number; grown: number }>>(code(backend), {
      args: ["--expose-gc"],
      timeout: 120_000,
    });
    expect(Object.keys(result)).toEqual(Object.keys(kinds));
    for (const [kind, { alive, grown }] of Object.entries(result)) {
      expect(alive, kind).toBeLessThan(20);
      // 100 of them kept would be 90 MiB; a worker, whose garbage nobody collects for us, would keep them twice.
      expect(grown, kind).toBeLessThan(kind.endsWith("loop") ? 130 : 60);
    }
  });
});
