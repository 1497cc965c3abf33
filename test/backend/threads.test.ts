// SPDX-License-Identifier: MIT
// Helper threads of the WebAssembly backend: that they work, that nobody has to wait for them, that they leave.
import { describe, expect, it } from "vitest";
import { evaluate } from "../helpers/child.ts";

/** A layer that is worth two threads; `threads()` counts those of the process, `busy()` their seconds at work. */
const prelude = `
  import { readdirSync, readFileSync } from "node:fs";
  import { setTimeout } from "node:timers/promises";
  import { createEngine } from "corr2d";
  const ids = () => readdirSync("/proc/self/task");
  const threads = () => ids().length;
  const busy = () => ids().map((id) => Number(readFileSync(\`/proc/self/task/\${id}/stat\`, "utf8").split(") ")[1].split(" ")[11]) / 100);
  const weights = { data: new Float32Array(64 * 64 * 9).fill(0.5), shape: [64, 64, 3, 3] };
  const shape = [1, 64, 56, 56];
  const x = new Float32Array(64 * 56 * 56).fill(1);
  const engine = await createEngine({ backend: "wasm", threads: 2 });
  const plan = engine.planConv2d(shape, weights, { padding: 1 });
  const out = new Float32Array(64 * 56 * 56);
  const runFor = (milliseconds) => {
    for (const end = performance.now() + milliseconds; performance.now() < end; ) plan.run(x, { out });
  };
`;

describe.runIf(process.platform === "linux")("threads", () => {
  it("share the work of synchronous runs, without a turn of the event loop to start in", async () => {
    const code = `${prelude}
      const before = threads();
      runFor(2500);
      const [first, second] = busy().sort((a, b) => b - a);
      console.log(JSON.stringify({ started: threads() - before, first, second, value: out[57] }));
    `;
    const { started, first, second, value } = await evaluate<Record<string, number>>(code);
    expect(started).toBe(1);
    // Half and half on an idle machine; on a busy one the calling thread does more.
    expect(second).toBeGreaterThan(first / 10);
    expect(value).toBeCloseTo(64 * 9 * 0.5, 2);
  });

  it("are given what they lack when work of another type comes, and stay the same threads", async () => {
    const code = `${prelude}
      runFor(1000);
      const begun = ids();
      const shares = [];
      for (const [type, dtype] of [[Float64Array, "float64"], [Int8Array, "integers"]]) {
        const w = { data: new type(64 * 64 * 9).fill(2), shape: [64, 64, 3, 3] };
        const other = engine.planConv2d(shape, w, { padding: 1 });
        const image = new type(64 * 56 * 56).fill(1);
        const before = busy();
        let y;
        for (const end = performance.now() + 2000; performance.now() < end; ) y = other.run(image);
        const [first, second] = busy().map((seconds, i) => seconds - before[i]).sort((a, b) => b - a);
        shares.push([dtype, second > first / 10, y.data[57], y.data[56 * 57]]);
      }
      const same = JSON.stringify(ids()) === JSON.stringify(begun);
      console.log(JSON.stringify({ same, shares }));
    `;
    // 3x3 windows of ones in 64 channels inside, of 2x3 of them at the left edge, by weights of 2.
    expect(await evaluate(code)).toEqual({
      same: true,
      shares: [
        ["float64", true, 1152, 768],
        ["integers", true, 1152, 768],
      ],
    });
  });

  it("start for no small work, nor for an engine of one thread", async () => {
    const code = `${prelude}
      const before = threads();
      const one = await createEngine({ backend: "wasm", threads: 1 });
      one.planConv2d(shape, weights, { padding: 1 }).run(x);
      for (let i = 0; i < 100; i++) engine.corr2d([[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[0, 1], [2, 3]]);
      console.log(JSON.stringify(threads() - before));
    `;
    expect(await evaluate(code)).toBe(0);
  });

  it("leave when they have been idle for a while, and come back", async () => {
    const code = `${prelude}
      const before = threads();
      runFor(500);
      const during = threads() - before;
      await setTimeout(4000);
      const idle = threads() - before;
      runFor(500);
      console.log(JSON.stringify([during, idle, threads() - before]));
    `;
    expect(await evaluate(code)).toEqual([1, 0, 1]);
  });

  it("end with their engine, and with the process", async () => {
    const code = `${prelude}
      const before = threads();
      runFor(500);
      engine.dispose();
      await setTimeout(500);
      const after = threads() - before;
      const another = await createEngine({ backend: "wasm", threads: 2 });
      for (let i = 0; i < 50; i++) another.planConv2d(shape, weights, { padding: 1 }).run(x, { out });
      console.log(JSON.stringify({ after, value: out[57], at: performance.timeOrigin + performance.now() }));
    `;
    const { after, value, at } = await evaluate<Record<string, number>>(code);
    expect([after, Math.round(value)]).toEqual([0, 288]);
    expect(Date.now() - at).toBeLessThan(1500);
  });

  it("may become ready one by one, at any moment, and be more than there is work for", async () => {
    const code = `${prelude}
      const values = new Set();
      for (const threads of [3, 24]) {
        const many = await createEngine({ backend: "wasm", threads });
        const wide = many.planConv2d(shape, weights, { padding: 1, algorithm: "im2col" });
        for (let i = 0; i < 60; i++) values.add(wide.run(x).data[57]);
        many.dispose();
      }
      console.log(JSON.stringify([...values]));
    `;
    expect(await evaluate(code)).toEqual([288]);
  });
});
