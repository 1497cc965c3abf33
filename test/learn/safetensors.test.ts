// SPDX-License-Identifier: MIT
// The safetensors format: a round trip, a file laid out by hand, and hostile files.
import { Corr2dError, type ErrorCode, type TensorLike } from "corr2d";
import * as learn from "corr2d/learn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const f32 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const f64 = (...values: number[]) => Buffer.from(Float64Array.from(values).buffer);

/** A file of this header and data, as Python's safetensors lays it out but for the padding of the header. */
function fileOf(header: string | object, ...data: Uint8Array[]): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...data]);
}

const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({
  ...{ dtype, shape, data_offsets: [begin, end] },
});

describe("readSafetensors", () => {
  it("reads a file laid out by hand, whose tensors come in another order and at odd addresses", () => {
    const header = `{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},
      "a":{"dtype":"F64","shape":[],"data_offsets":[0,8]},"none":{"dtype":"F32","shape":[0,3],"data_offsets":[8,8]}}   `;
    const file = fileOf(header, f64(Math.PI), f32(1.5, -2));
    const shifted = new Uint8Array(file.length + 3).subarray(3);
    shifted.set(file);
    for (const bytes of [file, shifted]) {
      const { tensors, metadata } = learn.readSafetensors(bytes);
      expect([...metadata]).toEqual([["format", "pt"]]);
      expect(tensors.get("a")).toMatchObject({ data: Float64Array.of(Math.PI), shape: [] });
      expect(tensors.get("b")).toMatchObject({ data: Float32Array.of(1.5, -2), shape: [2, 1] });
      expect(tensors.get("none")).toMatchObject({ data: new Float32Array(0), shape: [0, 3] });
      expect(tensors.size).toBe(3);
    }
  });

  const good = fileOf({ a: entry("F32", [2], 0, 8) }, f32(1, 2));
  const two = (first: object, second: object, bytes: number) =>
    fileOf({ a: first, b: second }, new Uint8Array(bytes));

  it.each<[string, Uint8Array, RegExp, ErrorCode?]>([
    ["nothing", new Uint8Array(0), /0 bytes long/],
    ["half a length", good.subarray(0, 7), /7 bytes long/],
    ["a header cut off", good.subarray(0, 20), /has 20 bytes, but a header of/],
    ["data cut off", good.subarray(0, good.length - 1), /7 bytes of data for tensors of 8/],
    ["data too many", Buffer.concat([good, f32(0)]), /12 bytes of data for tensors of 8/],
    ["a header longer than numbers go", Buffer.alloc(64, 0xff), /a header of 18446744073709552000/],
    ["an empty header", fileOf(""), /does not begin with {/],
    ["an array", fileOf("[]"), /does not begin with {/],
    ["a space before the header", fileOf(" {}"), /does not begin with {/],
    ["no JSON", fileOf("{a}"), /no JSON/],
    ["half a JSON", fileOf('{"a":'), /no JSON/],
    ["no UTF-8", fileOf('{"\u0000"}').fill(0xff, 10, 11), /no JSON in UTF-8/],
    ["a tensor that is null", fileOf({ a: null }), /null as tensor "a"/],
    ["a tensor that is a number", fileOf({ a: 1 }), /1 as tensor "a"/],
    ["metadata that is no object", fileOf({ __metadata__: [] }), /__metadata__/],
    ["metadata that is no text", fileOf({ __metadata__: { a: 1 } }), /1 in __metadata__/],
    ["no dtype", fileOf({ a: { shape: [0], data_offsets: [0, 0] } }), /undefined as dtype/],
    ["another dtype", fileOf({ a: entry("F4", [2], 0, 1) }, new Uint8Array(1)), /"F4"/, "UNSUPPORTED"],
    ["a dtype of Object", fileOf({ a: entry("constructor", [0], 0, 0) }), /"constructor"/, "UNSUPPORTED"],
    ["no shape", fileOf({ a: { dtype: "F32", data_offsets: [0, 0] } }), /shape of tensor "a"/],
    ["a negative size", fileOf({ a: entry("F32", [-1, -1], 0, 4) }, f32(1)), /shape of tensor "a"\[0\]/],
    ["half a size", fileOf({ a: entry("F32", [0.5], 0, 2) }, new Uint8Array(2)), /shape of tensor "a"\[0\]/],
    [
      "sizes without end",
      fileOf({ a: entry("F32", new Array(99).fill(2 ** 31 - 1), 0, 0) }),
      /at most 32 dimensions for the shape of tensor "a"/,
    ],
    [
      "sizes whose product overflows to nothing",
      fileOf({ a: entry("F32", [2 ** 31, 2 ** 31, 4], 0, 0) }),
      /"a"/,
    ],
    [
      "a shape that does not match",
      fileOf({ a: entry("F32", [3], 0, 8) }, f32(1, 2)),
      /8 bytes for tensor "a"/,
    ],
    ["one offset", fileOf({ a: { dtype: "F32", shape: [0], data_offsets: [0] } }), /data_offsets/],
    ["offsets of text", fileOf({ a: entry("F32", [1], "0", "4") }, f32(1)), /data_offsets/],
    ["a negative offset", fileOf({ a: entry("F32", [1], -4, 0) }), /at byte -4 instead of 0/],
    ["offsets the wrong way round", fileOf({ a: entry("F32", [1], 4, 0) }, f32(1)), /-4 bytes/],
    ["offsets beyond the end", fileOf({ a: entry("F32", [1], 4, 8) }, f32(1)), /at byte 4 instead of 0/],
    ["an overlap", two(entry("F32", [2], 0, 8), entry("F32", [2], 4, 12), 12), /"b" at byte 4 instead of 8/],
    [
      "the same bytes twice",
      two(entry("F32", [1], 0, 4), entry("F32", [1], 0, 4), 4),
      /"b" at byte 0 instead of 4/,
    ],
    ["a gap", two(entry("F32", [1], 0, 4), entry("F32", [1], 8, 12), 12), /"b" at byte 8 instead of 4/],
  ])("refuses %s", (_, file, message, code = "INVALID_ARGUMENT") => {
    const read = () => learn.readSafetensors(file);
    expect(read).toThrow(Corr2dError);
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  it("throws nothing but errors of its own, for any bytes and any damage", () => {
    const header = fc.json().map((json) => fileOf(json, new Uint8Array(8)));
    const damaged = fc
      .tuple(fc.nat(good.length - 1), fc.nat(255))
      .map(([at, byte]) => Buffer.from(good).fill(byte, at, at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), header, damaged), (file) => {
        try {
          learn.readSafetensors(file);
        } catch (error) {
          expect(error).toBeInstanceOf(Corr2dError);
        }
      }),
      { seed: 61, numRuns: 2000 },
    );
  });

  it.each([undefined, "file", new Float32Array(4), { length: 8 }])("refuses %s", (file) => {
    expect(() => learn.readSafetensors(file as unknown as Uint8Array)).toThrow(/Uint8Array for file/);
  });
});

describe("writeSafetensors", () => {
  it("lays a file out by the format", () => {
    const file = learn.writeSafetensors(
      [
        ["a", { data: Float32Array.of(1, 2), shape: [2] }],
        ["b", { data: Float64Array.of(3), shape: [1, 1] }],
      ],
      [["format", "pt"]],
    );
    const bytes = Buffer.from(file);
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
      __metadata__: { format: "pt" },
      b: entry("F64", [1, 1], 0, 8),
      a: entry("F32", [2], 8, 16),
    });
    expect(bytes.subarray(8 + length)).toEqual(Buffer.concat([f64(3), f32(1, 2)]));
  });

  it("writes what it reads: any names, also __proto__, and any values", () => {
    const tensor = fc
      .oneof(fc.float32Array(), fc.float64Array())
      .map((data) => ({ data, shape: [data.length, 1] }));
    const name = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("__proto__", "constructor", "", "1", "0"),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key }),
        fc.uniqueArray(fc.tuple(name, fc.string()), { selector: ([key]) => key }),
        (tensors, metadata) => {
          const read = learn.readSafetensors(learn.writeSafetensors(tensors, metadata));
          expect(new Map(metadata)).toEqual(read.metadata);
          expect(read.tensors.size).toBe(tensors.length);
          for (const [key, { data, shape }] of tensors) {
            expect(read.tensors.get(key)).toMatchObject({ data, shape });
          }
        },
      ),
      { seed: 61, numRuns: 300 },
    );
  });

  it.each<[string, [string, TensorLike][], RegExp]>([
    [
      "a name twice",
      [
        ["a", { data: f32array(1), shape: [1] }],
        ["a", { data: f32array(1), shape: [1] }],
      ],
      /name of its own/,
    ],
    ["the name of the metadata", [["__metadata__", { data: f32array(1), shape: [1] }]], /name of its own/],
    ["a shape that does not match", [["a", { data: f32array(1), shape: [2] }]], /2 elements for a.data/],
    ["other elements", [["a", { data: [1] as never, shape: [1] }]], /typed array for a.data/],
  ])("refuses %s", (_, tensors, message) => {
    expect(() => learn.writeSafetensors(tensors)).toThrow(message);
  });
});

function f32array(...values: number[]): Float32Array {
  return Float32Array.from(values);
}

describe("save and load", () => {
  const network = (seed: number, features = 4) =>
    new learn.Sequential(
      [new learn.Conv2d(1, 2, 3), new learn.Relu(), new learn.Flatten(), new learn.Linear(8, features)],
      { seed },
    );
  const values = (model: learn.Layer) => model.parameters.map(({ value }) => [...value.data]);

  it("carry a model over", () => {
    const model = network(1);
    const other = network(2);
    expect(values(other)).not.toEqual(values(model));
    learn.load(other, learn.save(model));
    expect(values(other)).toEqual(values(model));
    expect([...learn.readSafetensors(learn.save(model)).tensors.keys()]).toEqual([
      ...["0.weight", "0.bias", "3.weight", "3.bias"],
    ]);
  });

  it("change nothing by a file that does not fit", () => {
    const model = network(1);
    const before = values(model);
    const { tensors } = learn.readSafetensors(learn.save(network(2)));
    const entries = [...tensors];
    const doubles: [string, TensorLike] = ["3.bias", { data: new Float64Array(4), shape: [4] }];
    const files: [Uint8Array, RegExp][] = [
      [learn.save(network(2, 5)), /\[4, 8\] for the shape of 3.weight/],
      [learn.writeSafetensors(entries.slice(1)), /a tensor 0.weight/],
      [
        learn.writeSafetensors([...entries, ["4.bias", doubles[1]]]),
        /the name of a tensor but received "4.bias"/,
      ],
      [learn.writeSafetensors([...entries.slice(0, 3), doubles]), /float32 elements for 3.bias/],
      [learn.save(network(2)).subarray(0, 100), /safetensors/],
    ];
    for (const [file, message] of files) {
      expect(() => learn.load(model, file)).toThrow(message);
      expect(values(model)).toEqual(before);
    }
  });
});
