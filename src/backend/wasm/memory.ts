// SPDX-License-Identifier: MIT
import { elementTypeOf, type TypedArray } from "../../dtype.ts";
import { Corr2dError } from "../../errors.ts";

const pageBytes = 65536;
const maximumPages = 65536;
const alignment = 64;

/** Bytes before a tensor that tiles may read. */
const marginBytes = 256;

/** A free stretch of linear memory. */
interface Gap {
  begin: number;
  end: number;
}

/** Linear memory and its allocator. Addresses are positive multiples of 64. */
export interface WasmMemory {
  readonly memory: WebAssembly.Memory;
  /** Throws BACKEND_FAILED if memory cannot grow. */
  allocate(bytes: number): number;
  /** Frees what `allocate` returned for the same number of bytes. */
  free(address: number, bytes: number): void;
  /** Views of all memory; an `allocate` may replace them. */
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  readonly int32: Int32Array;
  readonly int8: Int8Array;
  readonly uint8: Uint8Array;
}

/** Creates an allocator of all memory from `base` upwards: first fit over a list of gaps, ordered by address. */
export function createWasmMemory(memory: WebAssembly.Memory, base: number): WasmMemory {
  const gaps: Gap[] = [{ begin: aligned(base + marginBytes), end: memory.buffer.byteLength }];
  let buffer: ArrayBufferLike | undefined;
  let float32: Float32Array;
  let float64: Float64Array;
  let int32: Int32Array;
  let int8: Int8Array;
  let uint8: Uint8Array;

  const refresh = (): void => {
    if (buffer === memory.buffer) return;
    buffer = memory.buffer;
    float32 = new Float32Array(buffer);
    float64 = new Float64Array(buffer);
    int32 = new Int32Array(buffer);
    int8 = new Int8Array(buffer);
    uint8 = new Uint8Array(buffer);
  };

  /** Grows by what the last gap lacks, but at least by a quarter of all memory, so that few calls grow it. */
  const grow = (size: number): Gap => {
    const end = memory.buffer.byteLength;
    let last = gaps.at(-1);
    if (last?.end !== end) {
      last = { begin: end, end };
      gaps.push(last);
    }
    const needed = Math.ceil((last.begin + size - end) / pageBytes);
    const wanted = Math.min(Math.max(needed, end / pageBytes / 4), maximumPages - end / pageBytes);
    for (const pages of wanted > needed ? [Math.ceil(wanted), needed] : [needed]) {
      try {
        memory.grow(pages);
        last.end = memory.buffer.byteLength;
        return last;
      } catch (cause) {
        if (pages > needed) continue;
        const text = `wasm could not grow its memory from ${mebibytes(end)} by ${mebibytes(needed * pageBytes)}`;
        if (last.begin === last.end) gaps.pop();
        throw new Corr2dError("BACKEND_FAILED", text, { cause });
      }
    }
    return last;
  };

  return {
    memory,
    allocate(bytes) {
      const size = aligned(Math.max(bytes, 1));
      const gap = gaps.find(({ begin, end }) => end - begin >= size) ?? grow(size);
      const address = gap.begin;
      gap.begin += size;
      if (gap.begin === gap.end) gaps.splice(gaps.indexOf(gap), 1);
      return address;
    },
    free(address, bytes) {
      const end = address + aligned(Math.max(bytes, 1));
      let at = gaps.findIndex((gap) => gap.begin >= end);
      if (at < 0) at = gaps.length;
      const before = gaps[at - 1];
      const after = gaps[at];
      if (before?.end === address && after?.begin === end) {
        before.end = after.end;
        gaps.splice(at, 1);
      } else if (before?.end === address) before.end = end;
      else if (after?.begin === end) after.begin = address;
      else gaps.splice(at, 0, { begin: address, end });
    },
    get float32() {
      refresh();
      return float32;
    },
    get float64() {
      refresh();
      return float64;
    },
    get int32() {
      refresh();
      return int32;
    },
    get int8() {
      refresh();
      return int8;
    },
    get uint8() {
      refresh();
      return uint8;
    },
  };
}

/** Returns a function that finds `array` again after memory has grown, which detaches arrays that lie in it. */
export function following(memory: WasmMemory, array: TypedArray): () => TypedArray {
  const { buffer, byteOffset, length } = array;
  if (buffer !== memory.memory.buffer) return () => array;
  const first = byteOffset / array.BYTES_PER_ELEMENT;
  return () =>
    memory.memory.buffer === buffer ? array : elementsOf(memory, array).subarray(first, first + length);
}

/** Returns the view whose element type is that of `like`. */
export function elementsOf(memory: WasmMemory, like: TypedArray): TypedArray {
  return memory[elementTypeOf(like, "like")];
}

export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

function mebibytes(bytes: number): string {
  return `${Math.round((bytes / 2 ** 20) * 10) / 10} MiB`;
}
