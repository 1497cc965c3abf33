// SPDX-License-Identifier: MIT
// Plans that are made of several steps keep what plans of one step promise: of memory, of arrays, of disposal.
import { createEngine, type Engine, type TensorLike } from "corr2d";
import { describe, expect, it } from "vitest";

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const tensor = (shape: readonly number[]): TensorLike<Float32Array> => ({
  data: Float32Array.from({ length: product(shape) }, (_, i) => (i % 7) - 3),
  shape,
});
const withInfinity = (shape: readonly number[]) => {
  const { data } = tensor(shape);
  data[0] = Number.POSITIVE_INFINITY;
  return { data, shape };
};

interface AnyPlan {
  run(...operands: unknown[]): TensorLike;
  runAsync(...operands: unknown[]): Promise<TensorLike>;
  dispose(): void;
  readonly outputShape: readonly number[];
}

/** A plan of several steps, or of one, and the shapes of its inputs. */
const plans: Record<string, [make: (engine: Engine) => unknown, ...inputs: number[][]]> = {
  "convTranspose2d, strides 2": [
    (on) => on.planConvTranspose2d([1, 32, 40, 40], tensor([32, 16, 3, 3]), { strides: 2 }),
    [1, 32, 40, 40],
  ],
  "convTranspose2d, strides beyond the kernel": [
    (on) => on.planConvTranspose2d([1, 32, 20, 20], tensor([32, 16, 3, 3]), { strides: 4 }),
    [1, 32, 20, 20],
  ],
  "convTranspose2d, an infinite weight": [
    (on) => on.planConvTranspose2d([1, 32, 40, 40], withInfinity([32, 16, 3, 3])),
    [1, 32, 40, 40],
  ],
  "gradient of the input, border reflect": [
    (on) =>
      on.planConv2dGradInput([1, 16, 40, 40], tensor([32, 16, 3, 3]), { padding: 1, border: "reflect" }),
    [1, 32, 40, 40],
  ],
  "gradient of the weights, hwio": [
    (on) => on.planConv2dGradWeights([1, 32, 42, 42], [3, 3, 32, 16], { filterLayout: "hwio" }),
    [1, 32, 42, 42],
    [1, 16, 40, 40],
  ],
  conv3d: [(on) => on.planConv3d([1, 8, 6, 40, 40], tensor([16, 8, 2, 3, 3])), [1, 8, 6, 40, 40]],
  "maxPool2d, border reflect": [
    (on) => on.planMaxPool2d([1, 32, 80, 80], { windowDimensions: 3, padding: 1, border: "reflect" }),
    [1, 32, 80, 80],
  ],
  conv2d: [(on) => on.planConv2d([1, 32, 40, 40], tensor([16, 32, 3, 3])), [1, 32, 40, 40]],
};

const expectClose = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(actual.length).toBe(expected.length);
  const far = Array.from(expected).findIndex(
    (value, i) => !Object.is(actual[i], value) && !(Math.abs(actual[i] - value) <= 0.01),
  );
  expect(far < 0 ? [] : [far, actual[far], expected[far]]).toEqual([]);
};

/** Arrays that answer for themselves: what they say and do is not what the language gives. */
const liars: Record<string, (length: number) => Float32Array> = {
  fill: (length) => Object.defineProperty(new Float32Array(length), "fill", { value: () => {} }),
  set: (length) => Object.defineProperty(new Float32Array(length), "set", { value: () => {} }),
  subarray: (length) =>
    Object.defineProperty(new Float32Array(length), "subarray", { value: () => new Float32Array(length) }),
  length: (length) => Object.defineProperty(new Float32Array(length), "length", { value: 1 }),
  species: (length) =>
    new (class extends Float32Array {
      static get [Symbol.species]() {
        return Float64Array as never;
      }
    })(length),
};

describe.each(Object.entries(plans))("%s", (_, [make, ...inputs]) => {
  const operands = inputs.map(tensor);
  const planOn = (engine: Engine) => make(engine) as AnyPlan;
  const answer = async () => {
    const plan = planOn(await createEngine({ backend: "reference" }));
    return plan.run(...operands).data;
  };

  it.each([1, 2])(
    "follows WebAssembly's memory when it grows in the first run, %i threads",
    async (threads) => {
      const expected = await answer();
      for (const which of ["inputs", "out", "both"]) {
        const engine = await createEngine({ backend: "wasm", threads });
        const given = operands.map(({ data, shape }) => {
          if (which === "out") return { data, shape };
          const allocated = engine.alloc(shape);
          allocated.data.set(data);
          return allocated;
        });
        const plan = planOn(engine);
        const out = which === "inputs" ? undefined : engine.alloc(plan.outputShape);
        for (let run = 0; run < 2; run++) {
          expectClose(plan.run(...given, out === undefined ? {} : { out }).data, expected);
          if (out !== undefined) expectClose(out.data, expected);
        }
        engine.dispose();
      }
    },
  );

  it.each(["native", "wasm", "reference"] as const)("is disposed of after its runs, %s", async (backend) => {
    const plan = planOn(await createEngine({ backend, threads: 2 }));
    const runs = [plan.runAsync(...operands), plan.runAsync(...operands)];
    plan.dispose();
    for (const { data } of await Promise.all(runs)) expectClose(data, await answer());
    expect(() => plan.run(...operands)).toThrow(/disposed/);
  });

  it.each(["native", "wasm", "reference"] as const)("believes no array, %s", async (backend) => {
    const plan = planOn(await createEngine({ backend, threads: 1 }));
    const expected = await answer();
    for (const lie of Object.values(liars)) {
      const given = operands.map(({ data, shape }) => {
        const array = lie(data.length);
        Float32Array.prototype.set.call(array, data);
        return { data: array, shape };
      });
      const out = lie(product(plan.outputShape));
      plan.run(...given, { out });
      expectClose(new Float32Array(out.buffer), expected);
    }
  });
});

it.each(["native", "wasm", "reference"] as const)(
  "a getter that detaches another operand is refused, at once and async, %s",
  async (backend) => {
    const engine = await createEngine({ backend, threads: 1 });
    const plan = engine.planConv2dGradWeights([1, 4, 20, 20], [4, 4, 3, 3]) as unknown as AnyPlan;
    const operandsThat = () => {
      const x = tensor([1, 4, 20, 20]);
      const g = tensor([1, 4, 18, 18]);
      const gradOutput = {
        shape: g.shape,
        get data() {
          structuredClone(x.data.buffer, { transfer: [x.data.buffer as ArrayBuffer] });
          return g.data;
        },
      };
      return [x, gradOutput];
    };
    const refusal = { code: "INVALID_ARGUMENT", message: expect.stringContaining("for x") };
    expect(() => plan.run(...operandsThat())).toThrow(expect.objectContaining(refusal));
    for (const transfer of [true, false]) {
      await expect(plan.runAsync(...operandsThat(), { transfer })).rejects.toMatchObject(refusal);
    }
  },
);

it("a head that makes memory grow leaves operands in WebAssembly's memory valid", async () => {
  const engine = await createEngine({ backend: "wasm", threads: 1 });
  const x = engine.alloc([1, 256, 67, 67]);
  x.data.fill(1);
  const weights = {
    data: new Float32Array(256 * 256 * 9).fill(1 / (256 * 9)),
    shape: [256, 256, 3, 3],
  };
  const out = engine.alloc([1, 256, 65, 65]);
  engine.planConv2d(x.shape, weights, { algorithm: "direct" }).run(x, { out });
  expect(Math.max(...out.data.subarray(0, 1000).map((value) => Math.abs(value - 1)))).toBeLessThan(1e-4);
});

it("a small gradient takes the algorithm that it names, as a small convolution does", async () => {
  const engine = await createEngine();
  const options = { groups: 2, padding: 1, algorithm: "depthwise" as const };
  const g = tensor([1, 2, 5, 5]);
  expect(engine.conv2dGradInput([1, 2, 5, 5], tensor([2, 1, 3, 3]), g, options).shape).toEqual([1, 2, 5, 5]);
});
