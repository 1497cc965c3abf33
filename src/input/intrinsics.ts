// SPDX-License-Identifier: MIT
// Reads arrays by the language's own accessors, as properties of the caller's object or its subclass may say anything.

const prototype = /* @__PURE__ */ Object.getPrototypeOf(Float32Array.prototype) as object;

type Getter<T> = (this: unknown) => T;

function getterOf<T>(of: object, name: string | symbol): Getter<T> {
  return (Object.getOwnPropertyDescriptor(of, name) as { get: Getter<T> }).get;
}

// Each getter is called in one place only, where the compiler then knows its target.
const getTag = /* @__PURE__ */ getterOf<string | undefined>(prototype, Symbol.toStringTag);
const getLength = /* @__PURE__ */ getterOf<number>(prototype, "length");
const getByteOffset = /* @__PURE__ */ getterOf<number>(prototype, "byteOffset");
const getBuffer = /* @__PURE__ */ getterOf<ArrayBufferLike>(prototype, "buffer");
const getByteLength = /* @__PURE__ */ getterOf<number>(ArrayBuffer.prototype, "byteLength");

/** Returns "Float32Array" and so on, for arrays of any realm; undefined for anything but a typed array. */
export const tagOf = (array: unknown): string | undefined => getTag.call(array);
/** These throw for anything but a typed array, and return 0 for a detached one. */
export const lengthOf = (array: unknown): number => getLength.call(array);
export const byteOffsetOf = (array: unknown): number => getByteOffset.call(array);
export const bufferOf = (array: unknown): ArrayBufferLike => getBuffer.call(array);

/** Returns the bytes of an ArrayBuffer of any realm; undefined for a shared one. */
export function bytesOfUnshared(buffer: ArrayBufferLike): number | undefined {
  try {
    return getByteLength.call(buffer);
  } catch {
    return undefined;
  }
}
