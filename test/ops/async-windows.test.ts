// SPDX-License-Identifier: MIT
// Async twins of the operators on windows and signals: the bits of the sync ones, on a snapshot, off the event loop.
import * as corr2d from "corr2d";
import { Corr2dError, createEngine, type Engine, Tensor, type TensorLike } from "corr2d";
import { describe, expect, it } from "vitest";
import { dtypes, sameBits } from "../helpers/check.ts";
import { forEachImplementation } from "../helpers/for-each-implementation.ts";
import type { DType } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";

interface Call {
  readonly name: string;
  /** Shapes of the operands. */
  readonly shapes: readonly (readonly number[])[];
  sync(engine: Engine, operands: readonly TensorLike[], given: object): Tensor;
  later(engine: Engine, operands: readonly TensorLike[], given: object): Promise<Tensor>;
}

const pooling = { windowDimensions: 3, strides: 2, padding: 1 };
const framed = { ...pooling, border: "mirror" } as const;
const patches = { windowDimensions: [3, 2], padding: 1 } as const;
const image = [2, 5, 13, 17];
const pooled = [2, 5, 7, 9];

/** Each with its twin, in a size and, for the event loop, in others. */
function callsFor(
  x: readonly number[],
  y: readonly number[],
  columns: readonly number[],
  length: number,
): Call[] {
  const [, , height, width] = x;
  const outer = [x[0], x[1], height + 4, width + 4];
  return [
    {
      name: "maxPool2d",
      shapes: [x],
      sync: (e, [a], o) => e.maxPool2d(a, { ...pooling, ...o }),
      later: (e, [a], o) => e.maxPool2dAsync(a, { ...pooling, ...o }),
    },
    {
      name: "avgPool2d with a border",
      shapes: [x],
      sync: (e, [a], o) => e.avgPool2d(a, { ...framed, ...o }),
      later: (e, [a], o) => e.avgPool2dAsync(a, { ...framed, ...o }),
    },
    {
      name: "globalAvgPool2d",
      shapes: [x],
      sync: (e, [a], o) => e.globalAvgPool2d(a, o),
      later: (e, [a], o) => e.globalAvgPool2dAsync(a, o),
    },
    {
      name: "maxPool2dGradInput",
      shapes: [x, y],
      sync: (e, [a, g], o) => e.maxPool2dGradInput(a, g, { ...pooling, ...o }),
      later: (e, [a, g], o) => e.maxPool2dGradInputAsync(a, g, { ...pooling, ...o }),
    },
    {
      name: "maxPool2dGradInput with a border",
      shapes: [x, y],
      sync: (e, [a, g], o) => e.maxPool2dGradInput(a, g, { ...framed, ...o }),
      later: (e, [a, g], o) => e.maxPool2dGradInputAsync(a, g, { ...framed, ...o }),
    },
    {
      name: "avgPool2dGradInput",
      shapes: [y],
      sync: (e, [g], o) => e.avgPool2dGradInput(x, g, { ...pooling, ...o }),
      later: (e, [g], o) => e.avgPool2dGradInputAsync(x, g, { ...pooling, ...o }),
    },
    {
      name: "globalAvgPool2dGradInput",
      shapes: [[x[0], x[1], 1, 1]],
      sync: (e, [g], o) => e.globalAvgPool2dGradInput(x, g, o),
      later: (e, [g], o) => e.globalAvgPool2dGradInputAsync(x, g, o),
    },
    {
      name: "pad",
      shapes: [x],
      sync: (e, [a], o) => e.pad(a, 2, { value: 3, ...o }),
      later: (e, [a], o) => e.padAsync(a, 2, { value: 3, ...o }),
    },
    {
      name: "padGradInput",
      shapes: [outer],
      sync: (e, [g], o) => e.padGradInput(x, g, 2, { border: "wrap", ...o }),
      later: (e, [g], o) => e.padGradInputAsync(x, g, 2, { border: "wrap", ...o }),
    },
    {
      name: "unfold",
      shapes: [x],
      sync: (e, [a], o) => e.unfold(a, { ...patches, ...o }),
      later: (e, [a], o) => e.unfoldAsync(a, { ...patches, ...o }),
    },
    {
      name: "fold",
      shapes: [columns],
      sync: (e, [a], o) => e.fold(a, [height, width], { ...patches, ...o }),
      later: (e, [a], o) => e.foldAsync(a, [height, width], { ...patches, ...o }),
    },
    ...(["corr1d", "convolve1d"] as const).flatMap((name) =>
      (["direct", "fft"] as const).map(
        (algorithm): Call => ({
          name: `${name}, ${algorithm}`,
          shapes: [[length], [37]],
          sync: (e, [a, k], o) => e[name](a, k, { algorithm, mode: "same", ...o }),
          later: (e, [a, k], o) => e[`${name}Async`](a, k, { algorithm, mode: "same", ...o }),
        }),
      ),
    ),
  ];
}

const calls = callsFor(image, pooled, [2, 5 * 6, 13 * 18], 500);

function operandsOf({ shapes }: Call, dtype: DType): TensorLike[] {
  const random = new Random(9);
  const type = dtype === "float32" ? Float32Array : Float64Array;
  return shapes.map((shape) => ({
    data: new type(shape.reduce((a, b) => a * b, 1)).map(() => 2 * random.next() - 1),
    shape,
  }));
}

const copiesOf = (operands: readonly TensorLike[]) =>
  operands.map(({ data, shape }) => ({ data: data.slice(), shape }));

forEachImplementation({ threads: [2] }, (on) => {
  describe.each(calls.map((call) => [call.name, call] as const))("%s", (_, call) => {
    it.each(dtypes)("gives the bits of the sync call, on a snapshot, %s", async (dtype) => {
      const operands = operandsOf(call, dtype);
      const expected = call.sync(on.engine, operands, {});
      const copies = copiesOf(operands);
      const promise = call.later(on.engine, copies, {});
      for (const { data } of copies) data.fill(Number.NaN);
      const actual = await promise;
      expect(actual.shape).toEqual(expected.shape);
      expect(sameBits(actual.data, expected.data)).toBe(true);
      for (const { data } of copies) expect(data.every(Number.isNaN)).toBe(true);
    });

    it("writes to an out when it is done, and takes over on request", async () => {
      const operands = operandsOf(call, "float32");
      const expected = call.sync(on.engine, operands, {});
      const out = new Tensor(new Float32Array(expected.data.length).fill(Number.NaN), expected.shape);
      const given = copiesOf(operands);
      const promise = call.later(on.engine, given, { out, transfer: true });
      expect(given[0].data.length).toBe(0);
      expect(out.data.every(Number.isNaN)).toBe(true);
      expect(await promise).toBe(out);
      expect(sameBits(out.data, expected.data)).toBe(true);
      // Memory of the engine stays where it is.
      using allocated = on.engine.alloc(call.shapes[0]);
      allocated.data.set(operands[0].data);
      const y = await call.later(on.engine, [allocated, ...operands.slice(1)], { transfer: true });
      expect(sameBits(y.data, expected.data)).toBe(true);
      expect(sameBits(allocated.data, operands[0].data)).toBe(true);
    });

    it("rejects what the sync call throws, and an abort with its reason", async () => {
      const operands = operandsOf(call, "float32");
      const reason = new Error("enough");
      await expect(call.later(on.engine, operands, { signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      );
      const controller = new AbortController();
      const promise = call.later(on.engine, operands, { signal: controller.signal });
      controller.abort(reason);
      await expect(promise).rejects.toBe(reason);
      for (const [given, message] of [
        [{ signal: 1 }, "an AbortSignal for signal"],
        [{ out: new Float32Array(3) }, "for out"],
        [{ colour: 1 }, "the name of an option"],
      ] as const) {
        const rejected = await call.later(on.engine, operands, given).catch((error: unknown) => error);
        expect(rejected).toBeInstanceOf(Corr2dError);
        expect((rejected as Corr2dError).message).toContain(message);
      }
      await expect(call.later(on.engine, [null as never, operands[1]], {})).rejects.toBeInstanceOf(
        Corr2dError,
      );
    });
  });

  it("takes over no memory that operands share", async () => {
    const call = calls[3];
    const operands = operandsOf(call, "float32");
    const shared = new Float32Array(operands[0].data.length + operands[1].data.length);
    let at = 0;
    const views = operands.map(({ data, shape }) => {
      const view = shared.subarray(at, at + data.length);
      at += data.length;
      view.set(data);
      return { data: view, shape };
    });
    const y = await call.later(on.engine, views, { transfer: true });
    expect(sameBits(y.data, call.sync(on.engine, operands, {}).data)).toBe(true);
    expect(shared.length).toBe(at);
  });

  it("takes empty batches", async () => {
    const empty = { data: new Float32Array(0), shape: [0, 3, 8, 8] };
    expect((await on.engine.maxPool2dAsync(empty, { windowDimensions: 2, strides: 2 })).shape).toEqual([
      0, 3, 4, 4,
    ]);
    expect((await on.engine.padAsync(empty, 1)).shape).toEqual([0, 3, 10, 10]);
    expect((await on.engine.unfoldAsync(empty, { windowDimensions: 2 })).shape).toEqual([0, 12, 49]);
  });

  it("rejects on an engine that was disposed of", async () => {
    const gone = await createEngine({ backend: on.backend, isa: on.isa });
    gone.dispose();
    for (const call of calls)
      await expect(call.later(gone, operandsOf(call, "float32"), {})).rejects.toThrow("disposed");
  });
});

it("are plain functions on the default engine, for the smallest operands too", async () => {
  const x = [
    [
      [
        [1, 2],
        [3, 6],
      ],
    ],
  ];
  const g = [[[[12]]]];
  const shape = [1, 1, 2, 2];
  const window = { windowDimensions: 2 };
  const lists = await Promise.all([
    corr2d.maxPool2dAsync(x),
    corr2d.avgPool2dAsync(x),
    corr2d.globalAvgPool2dAsync(x),
    corr2d.maxPool2dGradInputAsync(x, g),
    corr2d.avgPool2dGradInputAsync(shape, g),
    corr2d.globalAvgPool2dGradInputAsync(shape, g),
    corr2d.padAsync(x, [0, 0, 1, 0]),
    corr2d.padGradInputAsync([1, 1, 1, 1], x, [0, 1, 0, 1]),
    corr2d.unfoldAsync(x, window),
    corr2d.foldAsync([[[1], [2], [3], [6]]], 2, window),
    corr2d.corr1dAsync([1, 2, 4], [1, 10]),
    corr2d.convolve1dAsync([1, 2, 4], [1, 10]),
  ]);
  expect(lists.map(({ data }) => [...data])).toEqual([
    [6],
    [3],
    [3],
    [0, 0, 0, 12],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [0, 1, 2, 0, 3, 6],
    [1],
    [1, 2, 3, 6],
    [1, 2, 3, 6],
    [21, 42],
    [12, 24],
  ]);
});

// The slowest backend, where each takes many turns of the event loop.
it.each(
  callsFor([1, 8, 500, 500], [1, 8, 250, 250], [1, 8 * 6, 500 * 501], 300_000).map(
    (call) => [call.name, call] as const,
  ),
)("%s does not block the event loop", async (_, call) => {
  const engine = await createEngine({ backend: "reference", threads: 1 });
  try {
    const operands = operandsOf(call, "float32");
    const start = performance.now();
    call.sync(engine, operands, {});
    const whole = performance.now() - start;
    // Starting the worker is not the work.
    await call.later(engine, operands, {});
    let done = false;
    const pending = call.later(engine, operands, { transfer: true }).then(() => {
      done = true;
    });
    let turns = 0;
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      turns++;
    }
    await pending;
    expect(turns).toBeGreaterThan(Math.min(whole / 20, 3));
  } finally {
    engine.dispose();
  }
});
