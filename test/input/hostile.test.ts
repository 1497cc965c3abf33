// SPDX-License-Identifier: MIT
// Inputs made to harm. Whatever they throw, the process lives, memory stays whole, and the next call is right.
import { Corr2dError, createEngine, type Engine } from "corr2d";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluate } from "../helpers/child.ts";

const shape = [1, 1, 4, 5];
const weights = { data: Float32Array.of(1, 2, 3, 4), shape: [1, 1, 2, 2] };
const input = () => ({ data: Float32Array.from({ length: 20 }, (_, i) => i), shape });
const detach = ({ buffer }: Float32Array) => structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });

/** Node has these since version 20; the types of ES2023 do not. */
interface ResizableBuffer extends ArrayBuffer {
  resize(bytes: number): void;
}
const resizable = (bytes: number, most: number) =>
  Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: most }]) as ResizableBuffer;

describe.each(["native", "wasm", "reference"] as const)("%s", (backend) => {
  let engine: Engine;

  beforeAll(async () => {
    engine = await createEngine({ backend });
  });
  afterAll(() => engine?.dispose());

  /** Calls, and holds that it threw a Corr2dError; with `or`, that it may instead have returned. */
  function refuses(call: () => unknown, or: "returns" | "throws" = "throws"): void {
    let error: unknown = "returned";
    try {
      call();
    } catch (thrown) {
      error = thrown;
    }
    if (or === "returns" && error === "returned") return;
    expect(error).toBeInstanceOf(Corr2dError);
  }

  /** The same engine still computes. */
  function stillWorks(): void {
    expect(
      engine
        .corr2d(
          [
            [0, 1, 2],
            [3, 4, 5],
            [6, 7, 8],
          ],
          [
            [0, 1],
            [2, 3],
          ],
        )
        .toArray(),
    ).toEqual([
      [19, 25],
      [37, 43],
    ]);
  }

  it("detached arrays", () => {
    const plan = engine.planConv2d(shape, weights);
    const x = input();
    detach(x.data);
    refuses(() => plan.run(x));
    refuses(() => plan.run(x.data));
    const out = new Float32Array(12);
    detach(out);
    refuses(() => plan.run(input(), { out }));
    const filters = { data: new Float32Array(4), shape: [1, 1, 2, 2] };
    detach(filters.data);
    refuses(() => engine.conv2d(input(), filters));
    const bias = new Float32Array(1);
    detach(bias);
    refuses(() => engine.conv2d(input(), weights, { bias }));
    stillWorks();
  });

  it("a getter that detaches the input after it was checked", () => {
    const plan = engine.planConv2d(shape, weights);
    const x = input();
    refuses(() =>
      plan.run(x, {
        get out() {
          detach(x.data);
          return new Float32Array(12);
        },
      }),
    );
    const y = input();
    const out = new Float32Array(12);
    refuses(() =>
      plan.run(y, {
        out: {
          data: out,
          get shape() {
            detach(y.data);
            detach(out);
            return [1, 1, 3, 4];
          },
        },
      }),
    );
    stillWorks();
  });

  it("a getter that disposes of the plan that is about to run", () => {
    const plan = engine.planConv2d(shape, weights);
    refuses(
      () =>
        plan.run(input(), {
          get out() {
            plan.dispose();
            return new Float32Array(12);
          },
        }),
      "returns",
    );
    stillWorks();
  });

  it("an array that lies about its length", () => {
    const lying = (length: number, said: number) =>
      Object.defineProperty(new Float32Array(length), "length", { value: said });
    const plan = engine.planConv2d(shape, weights);
    refuses(() => plan.run(lying(2, 20)));
    refuses(() => plan.run(input(), { out: lying(2, 12) }));
    refuses(() => engine.conv2d(input(), { data: lying(1, 4), shape: [1, 1, 2, 2] }));
    refuses(() => engine.conv2d(input(), weights, { bias: lying(0, 1) }));
    stillWorks();
  });

  it("objects that only inherit from a typed array", () => {
    const fake = Object.create(Float32Array.prototype, { length: { value: 20 } }) as Float32Array;
    const plan = engine.planConv2d(shape, weights);
    refuses(() => plan.run(fake));
    refuses(() => plan.run({ data: fake, shape }));
    refuses(() => plan.run(input(), { out: fake }));
    refuses(() => engine.conv2d({ data: fake, shape }, weights));
    stillWorks();
  });

  it("proxies that answer differently each time", () => {
    let asked = 0;
    const shifting = (values: unknown[]) => new Proxy({}, { get: () => values[asked++ % values.length] });
    const options = new Proxy(
      { strides: 1 },
      {
        get: (_, name) => (name === "strides" ? (asked++ % 2 ? 0 : 1) : undefined),
      },
    );
    for (let i = 0; i < 4; i++) refuses(() => engine.conv2d(input(), weights, options as object), "returns");
    const sizes = new Proxy([1, 1, 4, 5], {
      get: (target, name) => (name === "3" ? (asked++ % 2 ? 5 : 5e8) : Reflect.get(target, name)),
    });
    for (let i = 0; i < 4; i++) {
      refuses(() => engine.conv2d({ data: input().data, shape: sizes }, weights), "returns");
    }
    refuses(() => engine.conv2d(shifting([new Float32Array(20), shape, 1]) as never, weights), "returns");
    stillWorks();
  });

  it("getters that throw pass their own error on", () => {
    const bomb = new RangeError("from a getter");
    const x = {
      shape,
      get data(): Float32Array {
        throw bomb;
      },
    };
    expect(() => engine.conv2d(x, weights)).toThrow(bomb);
    stillWorks();
  });

  it("resizable and length-tracking buffers, before and after they shrink", () => {
    const buffer = resizable(80, 160);
    const tracking = new Float32Array(buffer);
    tracking.set(input().data);
    const plan = engine.planConv2d(shape, weights);
    expect([...plan.run(tracking).data]).toEqual([...plan.run(input()).data]);
    const fixed = new Float32Array(buffer, 0, 20);
    buffer.resize(8);
    refuses(() => plan.run(tracking));
    refuses(() => plan.run(fixed));
    refuses(() => plan.run(input(), { out: new Float32Array(buffer) }));
    buffer.resize(160);
    refuses(() => plan.run(tracking));
    stillWorks();
  });

  it("a getter that shrinks the input's buffer", () => {
    const buffer = resizable(80, 160);
    const x = new Float32Array(buffer);
    const plan = engine.planConv2d(shape, weights);
    refuses(() =>
      plan.run(x, {
        get out() {
          buffer.resize(4);
          return new Float32Array(12);
        },
      }),
    );
    stillWorks();
  });

  it("shared memory is as good as any", async () => {
    const shared = new Float32Array(new SharedArrayBuffer(80));
    shared.set(input().data);
    const plan = engine.planConv2d(shape, weights);
    const expected = [...plan.run(input()).data];
    expect([...plan.run(shared).data]).toEqual(expected);
    const out = new Float32Array(new SharedArrayBuffer(48));
    expect([...plan.run(shared, { out }).data]).toEqual(expected);
    expect([...(await plan.runAsync(shared)).data]).toEqual(expected);
    await expect(plan.runAsync(shared, { transfer: true })).rejects.toBeInstanceOf(Corr2dError);
    const filters = { data: new Float32Array(new SharedArrayBuffer(16)), shape: [1, 1, 2, 2] };
    filters.data.set(weights.data);
    expect([...engine.conv2d({ data: shared, shape }, filters).data]).toEqual(expected);
  });

  it("steps as large as they may be", () => {
    const most = 2 ** 31 - 1;
    expect(engine.conv2d(input(), weights, { strides: most }).shape).toEqual([1, 1, 1, 1]);
    refuses(() => engine.conv2d(input(), weights, { dilations: most }));
    refuses(() => engine.conv2d(input(), weights, { dilations: most, padding: "full" }));
    refuses(() => engine.conv2d(input(), weights, { dilations: most, padding: "same" }), "returns");
    refuses(() => engine.conv2d(input(), weights, { padding: most }));
    stillWorks();
  });
});

describe.each(["native", "wasm", "reference"] as const)("%s", (backend) => {
  it("dilations beyond all bounds are computed or refused, and never crash", async () => {
    const engine = await createEngine({ backend, threads: 1 });
    const dilations = 2 ** 30 - 1;
    for (const algorithm of ["direct", "im2col", "strided"] as const) {
      let sums: number[] | undefined;
      try {
        const x = { data: new Float32Array(4).fill(1), shape: [1, 4, 1, 1] };
        const weights = { data: new Float32Array(1600).fill(1), shape: [100, 4, 2, 2] };
        const padding = [dilations, 0, dilations, 0] as const;
        sums = [...engine.conv2d(x, weights, { dilations, padding, algorithm }).data];
      } catch (error) {
        expect(error).toMatchObject({ name: "Corr2dError", code: "BACKEND_FAILED" });
      }
      if (sums !== undefined) expect(sums).toEqual(new Array(100).fill(4));
    }
  });
});

describe.each(["native", "wasm", "reference"])("%s, in a process of its own", (backend) => {
  it.each([
    "[1, 1, 4, 5], { padding: 1e8 }",
    "[1, 1, 4, 5], { padding: [0, 0, 1e9, 1e9] }",
    "[1, 1, 4, 5], { dilations: 5e8, padding: 'full' }",
    "[1, 1, 2147483647, 2147483647], {}",
    "[2147483647, 1, 2147483647, 2147483647], { strides: 1000000 }",
    "[1, 1, 4, 5], { border: 'reflect', padding: [2147483640, 0, 0, 0] }",
  ])("more than any memory holds is refused quickly: %s", async (args) => {
    const code = `
      import { createEngine } from "corr2d";
      const engine = await createEngine({ backend: "${backend}" });
      const weights = { data: new Float32Array(4), shape: [1, 1, 2, 2] };
      let outcome;
      try {
        const plan = engine.planConv2d(...[${args.replace("], {", "], weights, {")}]);
        outcome = plan.run(new Float32Array(20)).shape;
      } catch ({ name, code, message }) {
        outcome = { name, code };
      }
      console.log(JSON.stringify(outcome));
    `;
    expect(await evaluate(code, { timeout: 10_000 })).toMatchObject({ name: "Corr2dError" });
  });
});
