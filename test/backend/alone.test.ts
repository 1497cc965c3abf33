// SPDX-License-Identifier: MIT
// Where workers are not to be had: async calls compute on the calling thread, in turns of its event loop.
import { describe, expect, it } from "vitest";
import { evaluate } from "../helpers/child.ts";

/** Ways to have no workers, as the beginning of a module and arguments of Node. */
const ways: Record<string, { code: string; args?: readonly string[]; because: RegExp }> = {
  "no permission": {
    code: "",
    args: [
      Number(process.versions.node.split(".")[0]) < 23 ? "--experimental-permission" : "--permission",
      "--allow-fs-read=*",
    ],
    because: /no permission to start workers/,
  },
  "a Worker that throws": {
    code: `threads.Worker = class { constructor() { throw new Error("not here"); } };`,
    because: /not here/,
  },
  "a script that is not there": {
    code: `
      const { Worker } = threads;
      threads.Worker = class extends Worker {
        constructor(_, options) { super(new URL("file:///nowhere/worker.js"), options); }
      };`,
    because: /nowhere/,
  },
};

const prelude = (way: string, backend: string) => `
  import { createRequire, syncBuiltinESMExports } from "node:module";
  const threads = createRequire(import.meta.url)("node:worker_threads");
  ${ways[way].code}
  syncBuiltinESMExports();
  const { backends, createEngine } = await import("corr2d");
  const count = (shape) => shape.reduce((a, b) => a * b, 1);
  const tensor = (...shape) => ({ data: Float32Array.from({ length: count(shape) }, (_, i) => ((i * 7) % 11) - 5), shape });
  const engine = await createEngine({ backend: "${backend}", threads: 2 });
`;

/** Whole numbers, so that every order of summation gives the same; m makes them as large as there are pieces to. */
const calls = `[
  ["conv2d", tensor(2, 6, 20 * m, 21), tensor(12, 3, 3, 3), { groups: 2, padding: 1 }],
  ["conv2dGradWeights", tensor(2, 6, 20, 21), [12, 3, 3, 3], tensor(2, 12, 18, 19), { groups: 2 }],
  ["maxPool2d", tensor(3, 20, 32 * m, 32 * m), { windowDimensions: 7 }],
  ["corr1d", tensor(100_000).data, tensor(3000).data, { algorithm: "fft" }],
  ["conv2d", tensor(2, 20 * m, 21, 6), tensor(12, 3, 3, 3), { groups: 2, strides: 2, inputLayout: "nhwc", algorithm: "im2col" }],
  ["conv2d", tensor(1, 32, 20 * m, 20 * m), tensor(40, 32, 3, 3), { border: "mirror", padding: 1, algorithm: "direct" }],
  ["conv2d", tensor(1, 32, 20 * m, 20 * m), tensor(40, 32, 3, 3), { padding: 1, strides: [2, 1], dilations: 2, algorithm: "strided" }],
  ["conv2d", tensor(1, 20 * m, 20 * m, 32), tensor(40, 32, 3, 3), { inputLayout: "nhwc", algorithm: "strided" }],
  ["conv2d", { data: Uint8Array.from({ length: 32 * 400 * m * m }, (_, i) => i), shape: [1, 32, 20 * m, 20 * m] },
    { data: Int8Array.from({ length: 40 * 32 * 9 }, (_, i) => i % 7), shape: [40, 32, 3, 3] },
    { scale: Array.from({ length: 40 }, (_, i) => i + 1), bias: Int32Array.from({ length: 40 }, (_, i) => i) }],
  ["corr2d", tensor(300 * m, 200 * m), tensor(7, 7), { mode: "same" }],
  ["conv3d", tensor(1, 2, 8, 9, 10), tensor(3, 2, 2, 3, 3)],
  ["convTranspose2d", tensor(1, 8, 20, 20), tensor(8, 4, 3, 3), { strides: 2 }],
  ["conv2dGradWeights", tensor(2, 20 * m, 21, 32), [24, 32, 3, 3], tensor(2, 20 * m - 2, 19, 24), { inputLayout: "nhwc" }],
  ["conv2dGradInput", [2, 6, 20, 21], tensor(12, 6, 3, 3), tensor(2, 12, 18, 19)],
  ["maxPool2dGradInput", tensor(3, 20, 32 * m, 32), tensor(3, 20, 32 * m - 6, 26), { windowDimensions: 7 }],
  ["avgPool2d", tensor(3, 64, 64, 8), { windowDimensions: 4, inputLayout: "nhwc" }],
  ["unfold", tensor(2, 8, 32 * m, 32 * m), { windowDimensions: 5 }],
  ["fold", tensor(2, 200, 3600), [64, 64], { windowDimensions: 5 }],
  ["pad", tensor(100, 100), 3, { border: "wrap" }],
  ["corr1d", tensor(5000).data, tensor(30).data, { algorithm: "direct" }],
]`;

describe.each(Object.keys(ways))("%s", (way) => {
  const options = { args: ways[way].args ?? [], timeout: 60_000 };

  it.each(["wasm", "reference"])(
    "%s: async calls give what others give, and backends() says so",
    async (backend) => {
      const code = `${prelude(way, backend)}
      const odd = [];
      const m = ${backend === "wasm" ? 5 : 1};
      for (const [name, ...operands] of ${calls}${way === "a Worker that throws" ? "" : ".slice(0, 4)"}) {
        const expected = engine[name](...operands).data;
        const actual = (await engine[name + "Async"](...operands)).data;
        if (actual.length !== expected.length || actual.some((value, i) => value !== expected[i])) odd.push(name);
      }
      const { reason } = backends().find(({ name }) => name === "${backend}");
      console.log(JSON.stringify({ odd, reason }));
    `;
      const { odd, reason } = await evaluate<{ odd: string[]; reason: string }>(code, options);
      expect(odd).toEqual([]);
      expect(reason).toMatch(/async calls compute on the calling thread: /);
      expect(reason).toMatch(ways[way].because);
    },
  );
});

it.each(["wasm", "reference"])("%s: other work gets its turn, and an abort ends it", async (backend) => {
  const size = backend === "wasm" ? 1500 : 300;
  const code = `${prelude("a Worker that throws", backend)}
    const plan = engine.planConv2d([1, 1, ${size}, ${size}], tensor(1, 1, 31, 31), { algorithm: "direct" });
    const x = tensor(1, 1, ${size}, ${size});
    const expected = plan.run(x).data;
    const turnsOf = async (work) => {
      let turns = 0;
      let isDone = false;
      const count = () => {
        turns++;
        if (!isDone) setImmediate(count);
      };
      setImmediate(count);
      await work.finally(() => { isDone = true; });
      return turns;
    };
    const out = new Float32Array(expected.length);
    const whole = plan.runAsync(x, { out });
    x.data.fill(Number.NaN);
    const turns = await turnsOf(whole);
    const same = out.every((value, i) => value === expected[i]);
    const controller = new AbortController();
    const aborted = plan.runAsync(x, { out, signal: controller.signal }).then(() => "done", ({ name }) => name);
    setImmediate(() => setImmediate(() => controller.abort()));
    const untilAbort = await turnsOf(aborted);
    const kept = out.every((value, i) => value === expected[i]);
    // Two at a time, one of which loses its plan.
    const other = engine.planConv2d([1, 1, ${size}, ${size}], tensor(1, 1, 31, 31), { algorithm: "direct" });
    x.data.fill(1);
    const both = [plan.runAsync(x), other.runAsync(x)];
    setImmediate(() => setImmediate(() => other.dispose()));
    const third = engine.conv2dAsync(tensor(1, 8, 100, 100), tensor(8, 8, 3, 3));
    const [first, second] = await Promise.all(both);
    await third;
    const alike = first.data.every((value, i) => value === second.data[i] && value === first.data[0]);
    console.log(JSON.stringify({ turns, same, aborted: await aborted, sooner: untilAbort < turns, kept, alike }));
  `;
  const { turns, ...rest } = await evaluate<{ turns: number }>(code, { timeout: 60_000 });
  expect(rest).toEqual({ same: true, aborted: "AbortError", sooner: true, kept: true, alike: true });
  expect(turns).toBeGreaterThan(8);
});

it.each(["wasm", "reference"])(
  "%s: a worker that takes no message does not jam its pool",
  async (backend) => {
    const code = `
    import { Worker } from "node:worker_threads";
    import { createEngine } from "corr2d";
    const { postMessage } = Worker.prototype;
    const engine = await createEngine({ backend: "${backend}", threads: 1 });
    const plan = engine.planConv2d([1, 1, 2, 2], { data: Float32Array.of(2), shape: [1, 1, 1, 1] });
    const x = Float32Array.of(1, 2, 3, 4);
    const results = [];
    for (const refused of ["prepare", "run", "none", "run", "none"]) {
      Worker.prototype.postMessage = function (message, transfer) {
        if (message.type === refused) throw new DOMException("not cloneable", "DataCloneError");
        return postMessage.call(this, message, transfer);
      };
      results.push(await plan.runAsync(x).then(({ data }) => [...data], ({ code }) => code));
    }
    console.log(JSON.stringify(results));
  `;
    const right = [2, 4, 6, 8];
    expect(await evaluate(code)).toEqual([
      "BACKEND_FAILED",
      "BACKEND_FAILED",
      right,
      "BACKEND_FAILED",
      right,
    ]);
  },
);
