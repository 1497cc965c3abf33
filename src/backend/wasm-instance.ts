// SPDX-License-Identifier: MIT
import type { TypedArray } from "../dtype.ts";
import { aligned, createWasmMemory, elementsOf, type WasmMemory } from "./wasm-memory.ts";
import { staticEnd, type WasmExports, type WasmModule } from "./wasm-modules.ts";
import { type WasmPlan, writePlan } from "./wasm-plan.ts";
import { createTeam, type Team } from "./wasm-team.ts";

export interface Instance {
  /** What a module exports, which the first call compiles and instantiates. */
  exports<M extends WasmModule>(module: M): WasmExports[M];
  readonly memory: WasmMemory;
  /** Threads that share its memory. */
  readonly team: Team | undefined;
  /** The plans in its memory. Nothing else refers to an instance, so dropping it frees them. */
  readonly plans: Map<WasmPlan, Place>;
}

/** What `pack` overwrites besides. */
const packScratchBytes = 512;

interface Place {
  readonly address: number;
  readonly bytes: number;
}

/** With helpers, `load` gives modules for shared memory. Throws what WebAssembly throws where memory is short. */
export function instantiate(load: (name: WasmModule) => WebAssembly.Module, helpers: number): Instance {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: helpers > 0 });
  const instances = new Map<WasmModule, WebAssembly.Exports>();
  const team = helpers > 0 ? createTeam(memory, helpers) : undefined;
  return {
    exports<M extends WasmModule>(name: M) {
      let exports = instances.get(name);
      if (exports === undefined) {
        const module = load(name);
        exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
        instances.set(name, exports);
        team?.add(name, module);
      }
      return exports as unknown as WasmExports[M];
    },
    memory: createWasmMemory(memory, staticEnd),
    team,
    plans: new Map(),
  };
}

/** What a plan is placed with. */
export interface Placed {
  readonly weights: TypedArray;
  readonly bias: TypedArray | null;
  readonly scale: Float32Array | null;
}

/**
 * Puts a plan into memory: fields, taps, packed weights, bias and scale, one after the other. Where there is no scale,
 * zeros take its place.
 */
export function place(on: Instance, plan: WasmPlan, { weights, bias, scale }: Placed): Place {
  const { memory, exports } = on;
  const sizes = [plan.headBytes + plan.taps.byteLength, plan.weightBytes, plan.biasBytes, plan.biasBytes].map(
    aligned,
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const at = memory.allocate(bytes);
  const [weightsAt, biasAt, scaleAt] = [sizes[0], sizes[0] + sizes[1], bytes - sizes[3]].map(
    (size) => at + size,
  );
  let raw = 0;
  const rawBytes = aligned(weights.byteLength) + packScratchBytes;
  try {
    raw = memory.allocate(rawBytes);
    const put = (array: TypedArray, address: number) =>
      elementsOf(memory, array).set(array, address / array.BYTES_PER_ELEMENT);
    memory.uint8.fill(0, biasAt, at + bytes);
    if (bias !== null) put(bias, biasAt);
    if (scale !== null) put(scale, scaleAt);
    put(weights, raw);
    const addresses = { taps: at + plan.headBytes, weights: weightsAt, bias: biasAt, scale: scaleAt };
    writePlan(plan, at, addresses, memory.float64, memory.int32);
    exports(plan.module).pack(at, raw, raw + aligned(weights.byteLength));
  } catch (error) {
    memory.free(at, bytes);
    throw error;
  } finally {
    if (raw !== 0) memory.free(raw, rawBytes);
  }
  const placed = { address: at, bytes };
  on.plans.set(plan, placed);
  return placed;
}

/** Frees what `place` took, if it did. */
export function remove(on: Instance, plan: WasmPlan): void {
  const placed = on.plans.get(plan);
  if (placed === undefined) return;
  on.plans.delete(plan);
  on.memory.free(placed.address, placed.bytes);
}
