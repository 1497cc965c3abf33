// SPDX-License-Identifier: MIT

/** Where a module's static data end: scripts/build-wasm.mjs places those of the next one behind them. */
export function heapBase(): usize {
  return __heap_base;
}
