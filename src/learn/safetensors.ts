// SPDX-License-Identifier: MIT

import { Corr2dError, invalid, show } from "../errors.ts";
import { plain } from "../input/arrays.ts";
import { tagOf } from "../input/intrinsics.ts";
import { checkArity, type Names, readOptions } from "../input/options.ts";
import { gather, placesOf, type Strided } from "../input/strided.ts";
import { checkShape, elementCount, type NestedArray, Tensor } from "../tensor.ts";
import {
  type ArrayOfStored,
  decodeElements,
  encodeElements,
  isStoredDType,
  type SafetensorsDType,
  storedArrayOf,
  storedBytesOf,
  storedDTypeOf,
  storedDTypes,
  widen,
} from "./safetensors-dtypes.ts";
import { isUnicode, malformed, readHeader } from "./safetensors-header.ts";

type NestedBigInts = readonly bigint[] | readonly NestedBigInts[];

interface StoredTensorOf<D extends SafetensorsDType> {
  /** The element type, by the format's name. */
  readonly dtype: D;
  readonly data: ArrayOfStored<D>;
  readonly shape: readonly number[];
  /** Returns the elements as nested arrays, one level for each axis. */
  toArray(): D extends "I64" | "U64" ? NestedBigInts : NestedArray;
}

/**
 * A tensor of a file in the safetensors format. `dtype` tells what `data` is:
 *
 * - F32, F64, I8, U8, I16, U16, I32 and U32 are the typed array of that name; I64 and U64 are BigInt64Array and
 *   BigUint64Array.
 * - BOOL is a Uint8Array of 0 and 1.
 * - F16 and BF16 are a Uint16Array of the numbers' bits; F8_E5M2 and F8_E4M3 are a Uint8Array of their bits.
 */
export type SafetensorsTensor = { [D in SafetensorsDType]: StoredTensorOf<D> }[SafetensorsDType];

/** The contents of a file in the safetensors format. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  /** The file's `__metadata__`: texts by name. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** A tensor to write. Without `dtype` its array decides: a Uint16Array is U16, a Uint8Array U8. */
export interface SafetensorsInput extends Strided {
  readonly data: ArrayOfStored<SafetensorsDType>;
  readonly shape: readonly number[];
  readonly dtype?: SafetensorsDType;
}

const metadataName = "__metadata__";

/**
 * Writes tensors as a file in the safetensors format: the length of the header in 8 bytes, little-endian; the header in
 * JSON, with spaces up to a multiple of 8 bytes; and the elements, little-endian and row-major, one tensor after the
 * other. Types of wide elements come first, as the reference implementation has them, so that all elements are aligned.
 *
 * It writes whatever `readSafetensors` returns. Source: https://github.com/huggingface/safetensors. Throws
 * INVALID_ARGUMENT for a value that is no tensor, for a name that occurs twice or is not Unicode text, and for a
 * `dtype` that does not fit its array.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, SafetensorsInput]>,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array<ArrayBuffer> {
  checkArity("writeSafetensors", arguments.length, 2);
  const checked = readPairs(tensors, "tensors", [metadataName]).map(([name, tensor]) => ({
    name,
    ...checkInput(tensor, name),
  }));
  const texts = readPairs(metadata, "metadata");
  for (const [name, text] of texts) {
    if (typeof text !== "string" || !isUnicode(text)) throw invalid("a text", `metadata ${show(name)}`, text);
  }
  const entries: [string, unknown][] = texts.length > 0 ? [[metadataName, record(texts)]] : [];
  const ordered = checked.toSorted((a, b) => storedBytesOf(b.dtype) - storedBytesOf(a.dtype));
  let dataBytes = 0;
  for (const { name, dtype, data, shape } of ordered) {
    const begin = dataBytes;
    dataBytes += data.byteLength;
    entries.push([name, { dtype, shape, data_offsets: [begin, dataBytes] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(record(entries)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + dataBytes).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const { data } of ordered) {
    encodeElements(data, file.subarray(at, at + data.byteLength));
    at += data.byteLength;
  }
  return file;
}

/**
 * Reads pairs of a name and a value. Throws INVALID_ARGUMENT for names that are no text, occur twice or are in `taken`.
 */
function readPairs(pairs: unknown, name: string, taken: readonly string[] = []): [string, unknown][] {
  const iterable = typeof pairs === "object" && pairs !== null && Symbol.iterator in pairs;
  if (!iterable) throw invalid("a Map, or pairs of a name and a value", name, pairs);
  const names = new Set<string>(taken);
  return Array.from(pairs as Iterable<unknown>, (pair, i) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw invalid("a pair of a name and a value", `${name}[${i}]`, pair);
    }
    const [key, value] = pair as [unknown, unknown];
    if (typeof key !== "string" || !isUnicode(key) || names.has(key)) {
      throw invalid("a name of its own", `${name}[${i}]`, key);
    }
    names.add(key);
    return [key, value];
  });
}

function checkInput(tensor: unknown, name: string) {
  if (typeof tensor !== "object" || tensor === null) throw invalid("{ data, shape }", name, tensor);
  const { data, shape, dtype: given } = tensor as SafetensorsInput;
  const own = storedDTypeOf(data);
  if (own === undefined) throw invalid("a typed array", `${name}.data`, data);
  const dtype = given ?? own;
  if (!isStoredDType(dtype)) throw invalid(`one of ${storedDTypes.join(", ")}`, `${name}.dtype`, dtype);
  const array = storedArrayOf(dtype);
  if (!(data instanceof array)) throw invalid(`a ${array.name} (dtype ${dtype})`, `${name}.data`, data);
  const sizes = checkShape(shape, `${name}.shape`);
  return {
    dtype,
    data: rowMajorElements(dtype, data, sizes, tensor as SafetensorsInput, name),
    shape: sizes,
  };
}

function rowMajorElements(
  dtype: SafetensorsDType,
  data: ArrayOfStored<SafetensorsDType>,
  shape: readonly number[],
  { stride, strides, offset }: SafetensorsInput,
  name: string,
): ArrayOfStored<SafetensorsDType> {
  if (stride === undefined && strides === undefined && offset === undefined) {
    const count = elementCount(shape);
    if (data.length !== count) throw invalid(`${count} elements`, `${name}.data`, data);
    return data;
  }
  const places = placesOf(data, data.length, shape, { stride, strides, offset }, name);
  return gather<number | bigint, typeof data>(data, shape, places, new (storedArrayOf(dtype))(places.count));
}

/** Makes an object without a prototype, so that "__proto__" is a name like any other. */
function record(entries: readonly (readonly [string, unknown])[]): object {
  const object = Object.create(null);
  for (const [name, value] of entries) object[name] = value;
  return object;
}

export interface ReadSafetensorsOptions {
  /** Converts F16, BF16, F8_E5M2 and F8_E4M3 to F32, which holds all their numbers. Default false: keep their bits. */
  readonly widen?: boolean;
}

const readOptionNames: Names<ReadSafetensorsOptions> = { widen: true };

/**
 * Reads a file in the safetensors format, and copies the elements. See {@link SafetensorsTensor} for their types.
 *
 * Throws INVALID_ARGUMENT, saying what is wrong, if the file is cut off, if its header is not such JSON or has a key
 * twice, or if its tensors overlap, leave gaps or do not fill it. Throws UNSUPPORTED for element types that are not
 * listed there.
 */
export function readSafetensors(given: Uint8Array, options?: ReadSafetensorsOptions): Safetensors {
  checkArity("readSafetensors", arguments.length, 2);
  if (tagOf(given) !== "Uint8Array") throw invalid("a Uint8Array", "file", given);
  const file = plain(given, "uint8");
  const { widen: toFloat32 = false } = readOptions(options, readOptionNames);
  if (typeof toFloat32 !== "boolean") throw invalid("true or false", "widen", toFloat32);
  const { header, dataStart } = readHeader(file);
  const metadata = new Map<string, string>();
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataName) readMetadata(value, metadata);
    else entries.push(readEntry(name, value));
  }
  const data = file.subarray(dataStart);
  checkLayout(entries, data.length);
  const tensors = entries.map((entry) => [entry.name, readTensor(data, entry, toFloat32)] as const);
  return { tensors: new Map(tensors), metadata };
}

interface Entry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readMetadata(value: unknown, metadata: Map<string, string>): void {
  if (!isObject(value)) throw malformed(`has ${show(value)} as ${metadataName}`);
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== "string") throw malformed(`has ${show(text)} in ${metadataName}`);
    metadata.set(name, text);
  }
}

function readEntry(name: string, value: unknown): Entry {
  const shown = show(name);
  if (!isObject(value)) throw malformed(`has ${show(value)} as tensor ${shown}`);
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== "string") throw malformed(`has ${show(dtype)} as dtype of ${shown}`);
  if (!isStoredDType(dtype)) {
    const message = `Expected one of ${storedDTypes.join(", ")} for the dtype of tensor ${shown} but received ${show(dtype)}`;
    throw new Corr2dError("UNSUPPORTED", message);
  }
  const sizes = checkShape(shape, `the shape of tensor ${shown}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(Number.isSafeInteger)) {
    throw malformed(`has ${show(offsets)} as data_offsets of ${shown}`);
  }
  const [begin, end] = offsets as [number, number];
  // A product of sizes beyond 2^53 is not exact, but exceeds any file, so it cannot match.
  if (end - begin !== elementCount(sizes) * storedBytesOf(dtype)) {
    throw malformed(`has ${end - begin} bytes for tensor ${shown} of shape ${show(sizes)}`);
  }
  return { name, dtype, shape: sizes, begin, end };
}

/** Checks that the tensors fill the data without overlap or gap, so that nothing is read twice or hidden. */
function checkLayout(entries: readonly Entry[], dataBytes: number): void {
  let next = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== next) throw malformed(`has tensor ${show(name)} at byte ${begin} instead of ${next}`);
    next = end;
  }
  if (next !== dataBytes) throw malformed(`has ${dataBytes} bytes of data for tensors of ${next}`);
}

function readTensor(
  file: Uint8Array,
  { dtype, shape, begin, end }: Entry,
  toFloat32: boolean,
): SafetensorsTensor {
  const data = decodeElements(dtype, file.subarray(begin, end));
  const widened = toFloat32 ? widen(dtype, data) : undefined;
  // Tensor's type names only the element types of operators, but its methods serve all.
  const tensor = new Tensor((widened ?? data) as never, shape);
  return Object.assign(tensor, { dtype: widened === undefined ? dtype : "F32" }) as SafetensorsTensor;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
