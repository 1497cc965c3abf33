// SPDX-License-Identifier: MIT
// The element types of the safetensors format: files written by scripts/fixtures_safetensors.py, and round trips.
import { Corr2dError } from "corr2d";
import * as learn from "corr2d/learn";
import { describe, expect, it } from "vitest";
import { storedCases } from "../helpers/fixtures.ts";

interface Stored {
  readonly name: string;
  /** In base64. */
  readonly file: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, StoredTensor>>;
}

interface StoredTensor {
  readonly dtype: learn.SafetensorsDType;
  readonly shape: readonly number[];
  readonly values: readonly (number | string | boolean)[];
  readonly widened?: readonly (number | string)[];
}

const [everyType, batchNorm] = storedCases<Stored>("safetensors");
const bytesOf = ({ file }: Stored) => new Uint8Array(Buffer.from(file, "base64"));

const arrayNames: Record<learn.SafetensorsDType, string> = {
  ...{ BOOL: "Uint8Array", U8: "Uint8Array", I8: "Int8Array", F8_E5M2: "Uint8Array", F8_E4M3: "Uint8Array" },
  ...{ I16: "Int16Array", U16: "Uint16Array", F16: "Uint16Array", BF16: "Uint16Array" },
  ...{ I32: "Int32Array", U32: "Uint32Array", F32: "Float32Array", F64: "Float64Array" },
  ...{ I64: "BigInt64Array", U64: "BigUint64Array" },
};

function checkTensor(actual: learn.SafetensorsTensor | undefined, expected: StoredTensor): void {
  const { dtype, shape, values } = expected;
  expect(actual).toMatchObject({ dtype, shape });
  expect(actual?.data.constructor.name).toBe(arrayNames[dtype]);
  const isBig = dtype === "I64" || dtype === "U64";
  const numbers = values.map((value) => (isBig ? BigInt(value) : Number(value)));
  expect(Array.from<number | bigint>(actual?.data ?? [])).toEqual(numbers);
}

describe("readSafetensors", () => {
  it.each([everyType, batchNorm])("reads $name, also from an odd address", (stored) => {
    const file = bytesOf(stored);
    const shifted = new Uint8Array(file.length + 3).subarray(3);
    shifted.set(file);
    for (const bytes of [file, shifted]) {
      const { tensors, metadata } = learn.readSafetensors(bytes);
      expect([...tensors.keys()].sort()).toEqual(Object.keys(stored.tensors).sort());
      for (const [name, expected] of Object.entries(stored.tensors)) checkTensor(tensors.get(name), expected);
      expect(Object.fromEntries(metadata)).toEqual(stored.metadata);
    }
  });

  it("has read every type there is", () => {
    const dtypes = Object.values(everyType.tensors).map(({ dtype }) => dtype);
    expect(new Set(dtypes)).toEqual(new Set(Object.keys(arrayNames)));
  });

  it("widens short floating-point numbers on request, and leaves the others", () => {
    const { tensors } = learn.readSafetensors(bytesOf(everyType), { widen: true });
    for (const [name, expected] of Object.entries(everyType.tensors)) {
      const { shape, widened } = expected;
      const values = widened?.map(Number);
      checkTensor(tensors.get(name), values === undefined ? expected : { dtype: "F32", shape, values });
    }
  });

  it("widens every bit pattern of 16 bits to the number it stands for", () => {
    const data = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const tensor = (dtype: learn.SafetensorsDType) => ({ dtype, data, shape: [65536] });
    const file = learn.writeSafetensors(["F16", "BF16"].map((name) => [name, tensor(name as "F16")]));
    const { tensors } = learn.readSafetensors(file, { widen: true });
    const number = (bits: number, exponentBits: number, mantissaBits: number) => {
      const digits = bits.toString(2).padStart(16, "0");
      const sign = digits[0] === "1" ? -1 : 1;
      const exponent = Number.parseInt(digits.slice(1, 1 + exponentBits), 2);
      const fraction = Number.parseInt(digits.slice(1 + exponentBits), 2) / 2 ** mantissaBits;
      const most = 2 ** exponentBits - 1;
      if (exponent === most) return fraction === 0 ? sign * Infinity : Number.NaN;
      const bias = 2 ** (exponentBits - 1) - 1;
      return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
    };
    const expected = (exponentBits: number, mantissaBits: number) =>
      Float32Array.from(data, (bits) => number(bits, exponentBits, mantissaBits));
    expect(tensors.get("F16")?.data).toEqual(expected(5, 10));
    expect(tensors.get("BF16")?.data).toEqual(expected(8, 7));
  });

  it.each([1, "yes", null])("refuses %j for widen", (widen) => {
    const read = () => learn.readSafetensors(bytesOf(batchNorm), { widen } as never);
    expect(read).toThrow(/true or false for widen/);
  });

  const header = (json: string, dataBytes = 8) => {
    const text = Buffer.from(json);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, Buffer.alloc(dataBytes)]);
  };
  const tensor = `{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`;

  it.each<[string, string, RegExp]>([
    ["a tensor twice", `{"a":${tensor},"a":${tensor}}`, /key "a" twice/],
    ["a tensor twice, once escaped", `{"a":${tensor},"\\u0061" : ${tensor}}`, /key "a" twice/],
    ["metadata twice", `{"__metadata__":{},"a":${tensor},"__metadata__":{}}`, /"__metadata__" twice/],
    ["a key of the metadata twice", `{"__metadata__":{"k":"1","k":"2"},"a":${tensor}}`, /"k" twice/],
    ["a shape twice", `{"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}}`, /"shape" twice/],
    ["a size like 2e0", `{"a":${tensor.replace("[2]", "[2e0]")}}`, /number 2e0/],
    ["a size like 2.0", `{"a":${tensor.replace("[2]", "[2.0]")}}`, /number 2.0/],
    ["an offset like -0", `{"a":${tensor.replace("[0,8]", "[-0,8]")}}`, /number -0/],
    ["half a character as name", `{"\\ud800":${tensor}}`, /half a character/],
  ])("refuses %s", (_, json, message) => {
    const read = () => learn.readSafetensors(header(json));
    expect(read).toThrow(Corr2dError);
    expect(read).toThrow(message);
  });

  it("takes one name in different places, quotes and backslashes in names, and spaces", () => {
    const json = `{ "dtype" :${tensor}, "__metadata__" : {"dtype":"\\"dtype\\":", "\\\\" : "{\\"a\\":1.5}"} }\n`;
    const { tensors, metadata } = learn.readSafetensors(header(json));
    expect([...tensors.keys()]).toEqual(["dtype"]);
    expect([...metadata]).toEqual([
      ["dtype", '"dtype":'],
      ["\\", '{"a":1.5}'],
    ]);
  });

  it("answers headers of tens of megabytes with an error of its own", () => {
    for (const json of [`{"${"a".repeat(2e7)}":1}`, `{"a"${" ".repeat(2e7)}:1}`, `{"a":${"[".repeat(1e6)}`]) {
      expect(() => learn.readSafetensors(header(json))).toThrow(Corr2dError);
    }
  });
});

describe("writeSafetensors", () => {
  it.each([everyType, batchNorm])("writes what was read of $name", (stored) => {
    const { tensors, metadata } = learn.readSafetensors(bytesOf(stored));
    const again = learn.readSafetensors(learn.writeSafetensors(tensors, metadata));
    expect(again.tensors.size).toBe(tensors.size);
    for (const [name, expected] of Object.entries(stored.tensors)) {
      checkTensor(again.tensors.get(name), expected);
    }
    expect(again.metadata).toEqual(metadata);
  });

  it("lays wide elements first, so that all are aligned", () => {
    const file = Buffer.from(
      learn.writeSafetensors([
        ["bytes", { data: Uint8Array.of(1, 2, 3), shape: [3] }],
        ["bits", { data: Uint16Array.of(0x3c00), shape: [1], dtype: "BF16" }],
        ["count", { data: BigInt64Array.of(-2n), shape: [] }],
      ]),
    );
    const length = Number(file.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(file.toString("utf8", 8, 8 + length))).toEqual({
      count: { dtype: "I64", shape: [], data_offsets: [0, 8] },
      bits: { dtype: "BF16", shape: [1], data_offsets: [8, 10] },
      bytes: { dtype: "U8", shape: [3], data_offsets: [10, 13] },
    });
    expect([...file.subarray(8 + length)]).toEqual([
      ...[0xfe, 255, 255, 255, 255, 255, 255, 255],
      ...[0, 0x3c, 1, 2, 3],
    ]);
  });

  const f32 = { data: Float32Array.of(1), shape: [1] };
  it.each<[string, unknown, unknown, RegExp]>([
    ["no tensors", undefined, [], /Map, or pairs .* for tensors but received undefined/],
    ["a tensor alone", f32, [], /pairs of a name and a value for tensors/],
    ["a name alone", ["a"], [], /pair of a name and a value for tensors\[0\] but received "a"/],
    ["null for a tensor", [["a", null]], [], /\{ data, shape \} for a but received null/],
    ["no name", [[1, f32]], [], /name of its own for tensors\[0\] but received 1/],
    ["half a character", [["\ud800", f32]], [], /name of its own for tensors\[0\]/],
    ["an array of numbers", [["a", { data: [1], shape: [1] }]], [], /typed array for a.data/],
    [
      "a DataView",
      [["a", { data: new DataView(new ArrayBuffer(4)), shape: [1] }]],
      [],
      /typed array for a.data/,
    ],
    ["no shape", [["a", { data: f32.data }]], [], /array of sizes for a.shape/],
    [
      "another dtype",
      [["a", { ...f32, dtype: "F128" }]],
      [],
      /one of BOOL.* for a.dtype but received "F128"/,
    ],
    [
      "a dtype of another array",
      [["a", { ...f32, dtype: "F16" }]],
      [],
      /Uint16Array \(dtype F16\) for a.data/,
    ],
    ["metadata of numbers", [["a", f32]], [["k", 1]], /text for metadata "k" but received 1/],
    [
      "metadata twice",
      [["a", f32]],
      [
        ["k", "1"],
        ["k", "2"],
      ],
      /name of its own for metadata\[1\]/,
    ],
    ["metadata as an object", [["a", f32]], { format: "pt" }, /pairs of a name and a value for metadata/],
  ])("refuses %s", (_, tensors, metadata, message) => {
    const write = () => learn.writeSafetensors(tensors as never, metadata as never);
    expect(write).toThrow(Corr2dError);
    expect(write).toThrow(message);
  });
});

describe("load", () => {
  const file = bytesOf(batchNorm);
  const valuesOf = (name: string) => Float32Array.from(batchNorm.tensors[name].values, Number);

  it("reads the layers it knows out of a PyTorch checkpoint with batch normalisation", () => {
    const layers = { "0.": new learn.Conv2d(1, 2, 3), "4.": new learn.Linear(8, 3) };
    for (const [prefix, layer] of Object.entries(layers)) {
      learn.load(layer, file, { prefix });
      for (const { name, value } of layer.parameters) expect(value.data).toEqual(valuesOf(prefix + name));
    }
  });

  it("passes over what the model does not have, if it is asked to", () => {
    const model = new learn.Sequential([new learn.Conv2d(1, 2, 3)]);
    expect(() => learn.load(model, file)).toThrow(/one of 0.weight, 0.bias for the name of a tensor/);
    learn.load(model, file, { ignoreUnexpected: true });
    expect(model.parameters.map(({ value }) => value.data)).toEqual(["0.weight", "0.bias"].map(valuesOf));
  });

  it("still refuses what is missing, or does not fit", () => {
    const load = (layer: learn.Layer, options: object) => () => learn.load(layer, file, options);
    expect(load(new learn.Linear(8, 3), { prefix: "5." })).toThrow(/a tensor 5.weight for the file/);
    expect(load(new learn.Linear(8, 3), { ignoreUnexpected: true })).toThrow(/a tensor weight for the file/);
    expect(load(new learn.Linear(8, 3), { prefix: "1." })).toThrow(/1.running_mean/);
    expect(load(new learn.Linear(8, 4), { prefix: "4." })).toThrow(/\[4, 8\] for the shape of 4.weight/);
    expect(load(new learn.Linear(8, 3), { prefix: 4 })).toThrow(/a text for prefix/);
    expect(load(new learn.Linear(8, 3), { ignoreUnexpected: 1 })).toThrow(/true or false/);
    expect(load(new learn.Linear(8, 3), { strict: false })).toThrow(/the name of an option/);
  });

  it("widens parameters of half precision", () => {
    const layer = new learn.Linear(2, 1);
    const weight = { data: Uint16Array.of(0x3c00, 0xc000), shape: [1, 2], dtype: "F16" } as const;
    const bias = { data: Uint16Array.of(0x3fc0), shape: [1], dtype: "BF16" } as const;
    learn.load(layer, learn.writeSafetensors(Object.entries({ weight, bias })));
    expect(layer.parameters.map(({ value }) => [...value.data])).toEqual([[1, -2], [1.5]]);
  });

  it("refuses integers where the model has real numbers", () => {
    const layer = new learn.Linear(2, 1, { bias: false });
    const ints = learn.writeSafetensors([["weight", { data: Int32Array.of(1, 2), shape: [1, 2] }]]);
    expect(() => learn.load(layer, ints)).toThrow(/float32 elements for weight but received Int32Array\(2\)/);
  });
});
