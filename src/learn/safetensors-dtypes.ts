// SPDX-License-Identifier: MIT
// The element types of the safetensors format, and the arrays that hold them.

/** The array for elements of each type. If JavaScript has no array for a type, the bits of the file are kept. */
interface StoredArrays {
  /** One byte for each element, 0 or 1. */
  BOOL: Uint8Array;
  U8: Uint8Array;
  I8: Int8Array;
  /** Bits: sign, 5 of exponent, 2 of mantissa. */
  F8_E5M2: Uint8Array;
  /** Bits: sign, 4 of exponent, 3 of mantissa, without infinities ("e4m3fn" in PyTorch). */
  F8_E4M3: Uint8Array;
  I16: Int16Array;
  U16: Uint16Array;
  /** Bits of IEEE 754 half precision. */
  F16: Uint16Array;
  /** Bits: the upper half of a float32. */
  BF16: Uint16Array;
  I32: Int32Array;
  U32: Uint32Array;
  F32: Float32Array;
  F64: Float64Array;
  I64: BigInt64Array;
  U64: BigUint64Array;
}

/** Element types of the safetensors format, by its names. */
export type SafetensorsDType = keyof StoredArrays;

export type ArrayOfStored<D extends SafetensorsDType> = StoredArrays[D];

const arrays = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  F8_E5M2: Uint8Array,
  F8_E4M3: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;

export const storedDTypes = Object.keys(arrays) as SafetensorsDType[];

export function isStoredDType(name: unknown): name is SafetensorsDType {
  return typeof name === "string" && Object.hasOwn(arrays, name);
}

export const storedBytesOf = (dtype: SafetensorsDType): number => arrays[dtype].BYTES_PER_ELEMENT;

/** Returns the class of array that holds elements of this type. */
export const storedArrayOf = (dtype: SafetensorsDType) => arrays[dtype];

/** Returns the type of an array whose `dtype` is not given; undefined if no type has such arrays. */
export function storedDTypeOf(data: unknown): SafetensorsDType | undefined {
  if (!ArrayBuffer.isView(data)) return undefined;
  const plain = ["F32", "F64", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64"] as const;
  return plain.find((dtype) => data instanceof arrays[dtype]);
}

/** Copies the little-endian elements at `bytes` to an array. */
export function decodeElements<D extends SafetensorsDType>(dtype: D, bytes: Uint8Array): ArrayOfStored<D> {
  const copy = new Uint8Array(bytes);
  toHostOrder(copy, storedBytesOf(dtype));
  return new arrays[dtype](copy.buffer) as ArrayOfStored<SafetensorsDType> as ArrayOfStored<D>;
}

/** Writes `data` to `bytes`, little-endian. */
export function encodeElements(data: ArrayOfStored<SafetensorsDType>, bytes: Uint8Array): void {
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  toHostOrder(bytes, data.BYTES_PER_ELEMENT);
}

const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** Converts elements in place between little-endian and this machine's order. */
function toHostOrder(bytes: Uint8Array, elementBytes: number): void {
  if (!isBigEndian) return;
  for (let at = 0; at < bytes.length; at += elementBytes) bytes.subarray(at, at + elementBytes).reverse();
}

/** Widens each short floating-point type. All their numbers are float32 numbers, so nothing is rounded. */
const widenings: Partial<Record<SafetensorsDType, (bits: number) => number>> = {
  F16: (bits) => widenFloat(bits, 5, 10),
  // F8_E5M2 is the upper byte of a half, as its exponent has as many bits.
  F8_E5M2: (bits) => widenFloat(bits, 5, 2),
  F8_E4M3: (bits) => ((bits & 0x7f) === 0x7f ? Number.NaN : widenFinite(bits, 4, 3)),
};

/** Returns `data` as float32 if `dtype` is F16, BF16 or F8, and undefined for other types. */
export function widen(
  dtype: SafetensorsDType,
  data: ArrayOfStored<SafetensorsDType>,
): Float32Array | undefined {
  if (dtype === "BF16") {
    return new Float32Array(Uint32Array.from(data as Uint16Array, (bits) => bits << 16).buffer);
  }
  const widening = widenings[dtype];
  return widening && Float32Array.from(data as Uint16Array, widening);
}

/** Widens a number whose greatest exponent means infinity or NaN, as in IEEE 754. */
function widenFloat(bits: number, exponentBits: number, mantissaBits: number): number {
  const exponents = (1 << exponentBits) - 1;
  if (((bits >> mantissaBits) & exponents) < exponents) return widenFinite(bits, exponentBits, mantissaBits);
  if ((bits & ((1 << mantissaBits) - 1)) !== 0) return Number.NaN;
  return bits >> (exponentBits + mantissaBits) ? -Infinity : Infinity;
}

function widenFinite(bits: number, exponentBits: number, mantissaBits: number): number {
  const sign = bits >> (exponentBits + mantissaBits) ? -1 : 1;
  const exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
  const mantissa = bits & ((1 << mantissaBits) - 1);
  const bias = (1 << (exponentBits - 1)) - 1;
  // An exponent of 0 marks denormals, which have no implicit one and the scale of exponent 1.
  const significand = exponent === 0 ? mantissa : mantissa + (1 << mantissaBits);
  return sign * significand * 2 ** (Math.max(exponent, 1) - bias - mantissaBits);
}
