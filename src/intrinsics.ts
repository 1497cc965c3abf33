// SPDX-License-Identifier: MIT
// What arrays are, read by the accessors that the language itself has: properties of the caller's object, its own or
// those of a subclass, may say anything.

const prototype = /* @__PURE__ */ Object.getPrototypeOf(Float32Array.prototype) as object;

function accessor<T>(of: object, name: string | symbol): (of: unknown) => T {
  const { get } = Object.getOwnPropertyDescriptor(of, name) as { get: (this: unknown) => T };
  return (array) => get.call(array);
}

/** "Float32Array" and so on, of any realm; undefined for anything but a typed array. */
export const tagOf = /* @__PURE__ */ accessor<string | undefined>(prototype, Symbol.toStringTag);
/** These throw for anything but a typed array; 0 for a detached one. */
export const lengthOf = /* @__PURE__ */ accessor<number>(prototype, "length");
export const byteOffsetOf = /* @__PURE__ */ accessor<number>(prototype, "byteOffset");
export const bufferOf = /* @__PURE__ */ accessor<ArrayBufferLike>(prototype, "buffer");

const byteLengthOf = /* @__PURE__ */ accessor<number>(ArrayBuffer.prototype, "byteLength");

/** The bytes of an ArrayBuffer of any realm; undefined for a shared one. */
export function bytesOfUnshared(buffer: ArrayBufferLike): number | undefined {
  try {
    return byteLengthOf(buffer);
  } catch {
    return undefined;
  }
}
