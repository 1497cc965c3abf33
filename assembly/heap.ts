// SPDX-License-Identifier: MIT

/** Returns where a module's static data end. scripts/build-wasm.mjs places the data of the next module there. */
export function heapBase(): usize {
  return __heap_base;
}
