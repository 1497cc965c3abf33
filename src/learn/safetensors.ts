// SPDX-License-Identifier: MIT
import { plain } from "../arrays.ts";
import { allocate, dtypeOf, type FloatDType } from "../dtype.ts";
import { Corr2dError, invalid, show } from "../errors.ts";
import { tagOf } from "../intrinsics.ts";
import { checkShape, elementCount, Tensor, type TensorLike } from "../tensor.ts";
import { checkTensor } from "./layer.ts";

/** What a file in the safetensors format holds. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Texts by name: `__metadata__` of the file. */
  readonly metadata: ReadonlyMap<string, string>;
}

const dtypeNames = { float32: "F32", float64: "F64" } as const;
const dtypesByName: Readonly<Record<string, FloatDType>> = { F32: "float32", F64: "float64" };
const elementBytes = { float32: 4, float64: 8 } as const;
const metadataName = "__metadata__";

/** As of the reference implementation; there is no more in a header that is meant well. */
const mostHeaderBytes = 100_000_000;

/**
 * Tensors as a file in the safetensors format: the length of the header in 8 bytes, little-endian; the header in JSON,
 * with spaces up to a multiple of 8 bytes; the elements, little-endian, row-major, one tensor after the other.
 *
 * Source: https://github.com/huggingface/safetensors. Throws INVALID_ARGUMENT for what is no tensor of float32 or float64.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, TensorLike]>,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = [];
  const texts = [...metadata];
  if (texts.length > 0) entries.push([metadataName, record(texts)]);
  const checked: Tensor[] = [];
  const names = new Set([metadataName]);
  let dataBytes = 0;
  for (const [name, tensor] of tensors) {
    if (typeof name !== "string" || names.has(name)) throw invalid("a name of its own", "a tensor", name);
    names.add(name);
    const { data, shape } = checkTensor(tensor, name);
    const begin = dataBytes;
    dataBytes += data.byteLength;
    const dtype = dtypeNames[dtypeOf(data, name)];
    entries.push([name, { dtype, shape, data_offsets: [begin, dataBytes] }]);
    checked.push(new Tensor(data, shape));
  }
  const json = new TextEncoder().encode(JSON.stringify(record(entries)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + dataBytes).fill(0x20, 8, 8 + headerBytes);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const { data } of checked) {
    const isSingle = data instanceof Float32Array;
    for (let i = 0; i < data.length; i++, at += data.BYTES_PER_ELEMENT) {
      if (isSingle) view.setFloat32(at, data[i], true);
      else view.setFloat64(at, data[i], true);
    }
  }
  return file;
}

/** An object of its own properties only, so that "__proto__" is a name like any other. */
function record(entries: readonly (readonly [string, unknown])[]): object {
  const object = Object.create(null);
  for (const [name, value] of entries) object[name] = value;
  return object;
}

/**
 * Reads a file in the safetensors format; the elements are copied.
 *
 * Throws INVALID_ARGUMENT, saying what is wrong, for a file that is cut off, whose header is no such JSON, or whose tensors
 * overlap, leave gaps or do not fill it; UNSUPPORTED for other element types than F32 and F64.
 */
export function readSafetensors(given: Uint8Array): Safetensors {
  if (tagOf(given) !== "Uint8Array") throw invalid("a Uint8Array", "file", given);
  const file = plain(given, "uint8");
  const { header, dataStart } = readHeader(file);
  const metadata = new Map<string, string>();
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataName) readMetadata(value, metadata);
    else entries.push(readEntry(name, value));
  }
  checkLayout(entries, file.length - dataStart);
  const view = new DataView(file.buffer, file.byteOffset + dataStart, file.length - dataStart);
  return { tensors: new Map(entries.map((entry) => [entry.name, readElements(view, entry)])), metadata };
}

interface Entry {
  readonly name: string;
  readonly dtype: FloatDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readHeader(file: Uint8Array): { header: object; dataStart: number } {
  if (file.length < 8) throw malformed(`is ${file.length} bytes long, too short for the length of a header`);
  const { buffer, byteOffset } = file;
  const length = Number(new DataView(buffer, byteOffset, 8).getBigUint64(0, true));
  if (length > Math.min(mostHeaderBytes, file.length - 8)) {
    throw malformed(`has ${file.length} bytes, but a header of ${length}`);
  }
  const bytes = file.subarray(8, 8 + length);
  if (bytes[0] !== 0x7b) throw malformed("has a header that does not begin with {");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw malformed("has a header that is no JSON in UTF-8", { cause });
  }
  return { header: header as object, dataStart: 8 + length };
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
  const { dtype: dtypeName, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtypeName !== "string") throw malformed(`has ${show(dtypeName)} as dtype of ${shown}`);
  if (!Object.hasOwn(dtypesByName, dtypeName)) {
    const message = `Expected F32 or F64 for the dtype of tensor ${shown} but received ${show(dtypeName)}`;
    throw new Corr2dError("UNSUPPORTED", message);
  }
  const dtype = dtypesByName[dtypeName];
  const sizes = checkShape(shape, `the shape of tensor ${shown}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(Number.isSafeInteger)) {
    throw malformed(`has ${show(offsets)} as data_offsets of ${shown}`);
  }
  const [begin, end] = offsets as [number, number];
  // Of sizes beyond 2^53 the product is not exact, and greater than any file: it cannot match.
  if (end - begin !== elementCount(sizes) * elementBytes[dtype]) {
    throw malformed(`has ${end - begin} bytes for tensor ${shown} of shape ${show(sizes)}`);
  }
  return { name, dtype, shape: sizes, begin, end };
}

/** The tensors must fill the data without overlap or gap: nothing is read twice, nothing hidden. */
function checkLayout(entries: readonly Entry[], dataBytes: number): void {
  let next = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== next) throw malformed(`has tensor ${show(name)} at byte ${begin} instead of ${next}`);
    next = end;
  }
  if (next !== dataBytes) throw malformed(`has ${dataBytes} bytes of data for tensors of ${next}`);
}

function readElements(view: DataView, { dtype, shape, begin }: Entry): Tensor {
  const data = allocate(dtype, elementCount(shape));
  for (let i = 0, at = begin; i < data.length; i++, at += data.BYTES_PER_ELEMENT) {
    data[i] = dtype === "float32" ? view.getFloat32(at, true) : view.getFloat64(at, true);
  }
  return new Tensor(data, shape);
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function malformed(what: string, options?: ErrorOptions): Corr2dError {
  return new Corr2dError(
    "INVALID_ARGUMENT",
    `Expected a safetensors file but received one that ${what}`,
    options,
  );
}
