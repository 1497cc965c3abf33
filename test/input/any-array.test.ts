// SPDX-License-Identifier: MIT
// Arrays of every kind that a caller may have: what is computed from them is what plain ones give, and they stay as they were.
import { runInNewContext } from "node:vm";
import * as corr2d from "corr2d";
import { createEngine, type Engine, type FloatArray, type Tensor } from "corr2d";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

type Elements = FloatArray | Uint8Array | Int8Array;
type Constructor = new (...args: unknown[]) => Elements;

/** A method and its operands; what stands for an array is [type, shape]. */
interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
  /** Whether there is a `nameAsync`. */
  readonly isSync?: boolean;
}

class Operand {
  readonly type: string;
  readonly shape: readonly number[];
  constructor(type: string, shape: readonly number[]) {
    this.type = type;
    this.shape = shape;
  }
}
const f32 = (...shape: number[]) => new Operand("Float32Array", shape);
const f64 = (...shape: number[]) => new Operand("Float64Array", shape);
const u8 = (...shape: number[]) => new Operand("Uint8Array", shape);
const i8 = (...shape: number[]) => new Operand("Int8Array", shape);

const calls: readonly Call[] = [
  { name: "conv2d", args: [f32(1, 2, 6, 7), f32(4, 2, 3, 3), { bias: f32(4), padding: 1 }] },
  { name: "conv2d", args: [f32(1, 6, 7, 2), f32(3, 3, 2, 4), { inputLayout: "nhwc", filterLayout: "hwio" }] },
  { name: "conv2d", args: [f64(1, 2, 6, 7), f64(4, 2, 3, 3)] },
  { name: "conv2d", args: [u8(1, 2, 6, 7), i8(4, 2, 3, 3), { scale: f32(4) }] },
  { name: "conv2d", args: [i8(1, 2, 6, 7), i8(4, 2, 3, 3)] },
  { name: "corr2d", args: [f32(9, 8), f32(2, 3)] },
  { name: "corr2d", args: [u8(9, 8), i8(2, 3)] },
  { name: "corr2d", args: [u8(90, 80), i8(2, 3), { mode: "same" }] },
  { name: "convolve2d", args: [f64(9, 8), f64(2, 3), { mode: "full" }] },
  { name: "conv1d", args: [f32(1, 2, 20), f32(3, 2, 4)] },
  { name: "conv3d", args: [f32(1, 2, 4, 5, 6), f32(3, 2, 2, 3, 3)] },
  { name: "conv3d", args: [f32(1, 2, 4, 5, 6), f32(3, 2, 2, 1, 1)] },
  { name: "convTranspose1d", args: [f32(1, 2, 20), f32(2, 3, 4), { strides: 2 }] },
  { name: "convTranspose2d", args: [f32(1, 2, 6, 7), f32(2, 4, 3, 3), { strides: 2, bias: f32(4) }] },
  { name: "conv2dGradInput", args: [[1, 2, 6, 7], f32(4, 2, 3, 3), f32(1, 4, 4, 5)] },
  { name: "conv2dGradWeights", args: [f32(1, 2, 6, 7), [4, 2, 3, 3], f32(1, 4, 4, 5)] },
  { name: "conv2dGradBias", args: [f32(1, 4, 4, 5)], isSync: true },
  { name: "corr1d", args: [f32(50), f32(5), { algorithm: "direct" }] },
  { name: "corr1d", args: [f32(50), f32(5), { algorithm: "fft" }] },
  { name: "convolve1d", args: [f64(50), f64(5), { algorithm: "fft" }] },
  { name: "pad", args: [f32(5, 6), 2, { border: "mirror" }] },
  { name: "padGradInput", args: [[5, 6], f32(9, 10), 2, { border: "mirror" }] },
  { name: "maxPool2d", args: [f32(1, 2, 6, 8), { windowDimensions: 2 }] },
  { name: "avgPool2d", args: [f64(1, 2, 6, 8), { windowDimensions: 2 }] },
  { name: "globalAvgPool2d", args: [f32(1, 2, 6, 8)] },
  { name: "maxPool2dGradInput", args: [f32(1, 2, 6, 8), f32(1, 2, 5, 7), { windowDimensions: 2 }] },
  { name: "avgPool2dGradInput", args: [[1, 2, 6, 8], f32(1, 2, 5, 7), { windowDimensions: 2 }] },
  { name: "globalAvgPool2dGradInput", args: [[1, 2, 6, 8], f32(1, 2, 1, 1)] },
  { name: "unfold", args: [f32(1, 2, 6, 8), { windowDimensions: 3 }] },
  { name: "fold", args: [f32(1, 18, 24), [6, 8], { windowDimensions: 3 }] },
];

const own = { Float32Array, Float64Array, Uint8Array, Int8Array } as unknown as Record<string, Constructor>;

/** A class whose members lie about all that they can. */
function hostile(type: string): Constructor {
  const Base = own[type] as unknown as Float32ArrayConstructor;
  return class extends Base {
    static get [Symbol.species]() {
      return Base;
    }
    override get length() {
      return 1;
    }
    override get byteLength() {
      return 4;
    }
    override get byteOffset() {
      return 0;
    }
    override slice() {
      return this;
    }
    override subarray() {
      return this;
    }
    override fill() {
      return this;
    }
    override set() {}
  } as unknown as Constructor;
}

/** Makes an array of the given kind with these elements, or undefined where there is none of the type. */
const kinds: Record<string, (type: string, from: Elements) => Elements | undefined> = {
  "a Buffer of the pool": (type, from) => (type === "Uint8Array" ? Buffer.from(from) : undefined),
  "a Buffer of its own": (type, from) => {
    if (type !== "Uint8Array") return undefined;
    const buffer = Buffer.alloc(from.length);
    buffer.set(from);
    return buffer;
  },
  "a subclass": (type, from) => new (hostile(type))(from),
  "an array with properties of its own": (type, from) => {
    const array = new own[type](from);
    const lies = { length: 1, slice: () => array, subarray: () => array, set: () => {}, constructor: Array };
    for (const [name, value] of Object.entries(lies)) Object.defineProperty(array, name, { value });
    return array;
  },
  "a view at an odd offset": (type, from) => {
    const bytes = own[type].prototype.BYTES_PER_ELEMENT;
    const array = new own[type](new ArrayBuffer(3 * bytes + from.byteLength + bytes), 3 * bytes, from.length);
    array.set(from);
    return array;
  },
  "one of another realm": (type, from) => new (runInNewContext(type) as Constructor)([...from]),
};

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Replaces operands, in options too, by tensors of whole numbers in arrays that `make` gives; null where it gives none. */
function fill(args: readonly unknown[], make: (type: string, from: Elements) => Elements | undefined) {
  const made: { array: Elements; copy: Elements }[] = [];
  const visit = (value: unknown): unknown => {
    if (value instanceof Operand) {
      const copy = new own[value.type](count(value.shape)).map((_, i) => ((i * 7 + made.length) % 11) + 1);
      const array = make(value.type, copy) ?? new own[value.type](copy);
      made.push({ array, copy });
      return { data: array, shape: value.shape };
    }
    if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item)]));
  };
  return { args: args.map(visit), made };
}

/** Elements by index alone, up to the first that there is not. */
function elements(array: Elements): number[] {
  const values: number[] = [];
  for (let i = 0; array[i] !== undefined; i++) values.push(array[i]);
  return values;
}

type Methods = Record<string, (...args: unknown[]) => Tensor & Promise<Tensor>>;

describe.each(["native", "wasm", "reference", "default"] as const)("%s", (backend) => {
  let engine: Engine | typeof corr2d;
  beforeAll(async () => {
    engine = backend === "default" ? corr2d : await createEngine({ backend, threads: 2 });
  });
  afterAll(() => {
    if ("dispose" in engine) engine.dispose();
  });

  it.each(Object.keys(kinds))("takes %s", async (kind) => {
    const methods = engine as unknown as Methods;
    for (const { name, args, isSync = false } of calls) {
      const label = `${name}(${JSON.stringify(args)})`;
      const expected = [...methods[name](...fill(args, () => undefined).args).data];
      const { args: given, made } = fill(args, kinds[kind]);
      const buffers = made.map(({ array }) => new DataView(array.buffer).byteLength);
      const check = (when: string) =>
        made.forEach(({ array, copy }, i) => {
          expect(elements(array), `${label} ${when}`).toEqual([...copy]);
          expect(new DataView(array.buffer).byteLength, label).toBe(buffers[i]);
        });
      expect(elements(methods[name](...given).data), label).toEqual(expected);
      check("sync");
      if (isSync) continue;
      const promise = methods[`${name}Async`](...given);
      check("async");
      for (const { array } of made) for (let i = 0; i in array; i++) array[i] = 100;
      const result = await promise;
      expect(elements(result.data), label).toEqual(expected);
    }
  });

  it.each(Object.keys(kinds))("writes to %s", async (kind) => {
    const make = (type: string, length: number) => kinds[kind](type, new own[type](length));
    const x = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
    const out = make("Float32Array", 3);
    if (out !== undefined) {
      for (const call of [engine.corr2d, engine.corr2dAsync]) {
        for (let i = 0; i < 3; i++) out[i] = 0;
        await call(x, [[1], [1]], { out: { data: out as Float32Array, shape: [1, 3] } });
        expect(elements(out)).toEqual([5, 7, 9]);
      }
    }
    const bytes = make("Uint8Array", 1);
    if (bytes === undefined) return;
    const pixels = { data: Uint8Array.of(1, 2, 3, 4), shape: [1, 1, 2, 2] };
    const options = { scale: 1, outputDtype: "uint8", out: bytes as Uint8Array } as const;
    engine.conv2d(pixels, { data: Int8Array.of(1, 1, 1, 1), shape: [1, 1, 2, 2] }, options as never);
    expect(elements(bytes)).toEqual([10]);
  });

  it("takes a Buffer over only where that harms nobody", async () => {
    const weights = { data: Int8Array.of(1, 1), shape: [1, 1, 1, 2] };
    for (const data of [Buffer.from([1, 2, 3]), Buffer.from(new ArrayBuffer(3)).fill(2)]) {
      const neighbour = Buffer.from("neighbour");
      const expected = [data[0] + data[1], data[1] + data[2]];
      const y = await engine.conv2dAsync({ data, shape: [1, 1, 1, 3] }, weights, { transfer: true });
      expect([...y.data]).toEqual(expected);
      expect(neighbour.toString()).toBe("neighbour");
    }
    // The pool still serves.
    const runs = Array.from({ length: 8 }, () =>
      engine.conv2dAsync({ data: Buffer.from([1, 2, 3]), shape: [1, 1, 1, 3] }, weights, { transfer: true }),
    );
    for (const { data } of await Promise.all(runs)) expect([...data]).toEqual([3, 5]);
  });
});

it.each(Object.keys(kinds))("signals, kernels, images and files take %s", (kind) => {
  const make = (type: string, values: readonly number[]) => {
    const from = new own[type](values);
    return kinds[kind](type, from) ?? from;
  };
  const signal = Array.from({ length: 32 }, (_, i) => (i * 7) % 11);
  const x = make("Float64Array", signal) as Float64Array;
  const options = { window: make("Float64Array", [1, 2, 2, 1]) as Float64Array, hop: 2 };
  const plain = { window: Float64Array.of(1, 2, 2, 1), hop: 2 };
  expect([...corr2d.stft(x, options).real.data]).toEqual([
    ...corr2d.stft(Float64Array.from(signal), plain).real.data,
  ]);
  expect([...corr2d.kernels.moments(make("Float32Array", [1, 2, 3]) as Float32Array).data]).toEqual([
    ...corr2d.kernels.moments([1, 2, 3]).data,
  ]);
  const stream = corr2d.streamCorr1d({ kernel: make("Float32Array", [1, 2]) as Float32Array });
  expect([...stream.push(make("Float32Array", [1, 2, 3]) as Float32Array)]).toEqual([5, 8]);
});
