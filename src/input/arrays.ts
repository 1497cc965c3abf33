// SPDX-License-Identifier: MIT
// How the elements of a caller's array are reached, whatever its class, its realm and its own properties.
import { allocate, arrayTypes, type DType, elementTypeOf, type TypedArray, viewOf } from "../dtype.ts";
import { Corr2dError, invalid } from "../errors.ts";
import { bufferOf, byteOffsetOf, bytesOfUnshared, lengthOf } from "./intrinsics.ts";

/**
 * Returns the same elements in an array of this realm's own class, without properties of the caller's making. Most
 * arrays qualify themselves; a Buffer, a subclass or an array of another realm gets a view of its memory.
 */
export function plain<A extends TypedArray>(array: A, dtype: DType): A {
  const { prototype } = arrayTypes[dtype];
  if (Object.getPrototypeOf(array) === prototype && asksAlike(array, prototype as TypedArray)) return array;
  return viewOf(dtype, bufferOf(array) as ArrayBuffer, byteOffsetOf(array), lengthOf(array)) as A;
}

/** Whether the properties that operators use are the language's own. */
function asksAlike(array: TypedArray, prototype: TypedArray): boolean {
  return (
    array.length === lengthOf(array) &&
    array.byteOffset === byteOffsetOf(array) &&
    array.byteLength === lengthOf(array) * prototype.BYTES_PER_ELEMENT &&
    array.constructor === prototype.constructor &&
    array.subarray === prototype.subarray &&
    array.slice === prototype.slice &&
    array.set === prototype.set &&
    array.fill === prototype.fill &&
    !Object.hasOwn(array, "buffer")
  );
}

/** Copies an array to memory of its own. Throws BACKEND_FAILED if memory runs out. */
export function copyOf<A extends TypedArray>(array: A): A {
  const length = lengthOf(array);
  let copy: TypedArray;
  try {
    copy = allocate(elementTypeOf(array, "x"), length);
  } catch (cause) {
    throw new Corr2dError("BACKEND_FAILED", `A copy of ${length} elements cannot be allocated`, { cause });
  }
  // `set` reads the elements of another array without using its properties.
  copy.set(array);
  return copy as A;
}

/**
 * Returns the elements in their own ArrayBuffer, which is detached for everybody else. If it cannot be detached, as
 * WebAssembly's memory and the pool of Node's small Buffers cannot, returns a copy. Throws INVALID_ARGUMENT for shared
 * memory.
 */
export function takeOver<A extends TypedArray>(array: A): A {
  const buffer = bufferOf(array);
  const [byteOffset, length] = [byteOffsetOf(array), lengthOf(array)];
  if (bytesOfUnshared(buffer) === undefined) throw invalid("an array that is not shared", "x", array);
  let taken: ArrayBuffer;
  try {
    taken = structuredClone(buffer as ArrayBuffer, { transfer: [buffer as ArrayBuffer] });
  } catch {
    return copyOf(array);
  }
  return viewOf(elementTypeOf(array, "x"), taken, byteOffset, length) as A;
}

/** Returns the array itself if its buffer holds nothing else and can be transferred, otherwise a copy. */
export function transferable<A extends TypedArray>(array: A): A {
  const buffer = bufferOf(array);
  const isWhole = bytesOfUnshared(buffer) === lengthOf(array) * array.BYTES_PER_ELEMENT;
  return isWhole && !(buffer as { resizable?: boolean }).resizable ? array : copyOf(array);
}
