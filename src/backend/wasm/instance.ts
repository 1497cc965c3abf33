// SPDX-License-Identifier: MIT
import { aligned, createWasmMemory } from "./memory.ts";
import { moduleOf, type RunKernel, staticEnd, type WasmKernel, type WasmModule } from "./modules.ts";
import type { Linear, WasmProgram } from "./program.ts";
import { createTeam, type Team } from "./team.ts";

/**
 * Linear memory with the modules that work in it. Nothing else refers to an instance, so dropping it frees everything.
 */
export interface Instance extends Linear {
  kernel(name: WasmKernel): RunKernel;
  /** The threads that share its memory. */
  readonly team: Team | undefined;
  /** The addresses of programs' heads. */
  readonly heads: Map<WasmProgram, number>;
}

/**
 * Creates an instance. With helpers, `load` must return modules for shared memory. Throws WebAssembly's own error if
 * memory is short.
 */
export function instantiate(load: (name: WasmModule) => WebAssembly.Module, helpers: number): Instance {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: helpers > 0 });
  const instances = new Map<WasmModule, WebAssembly.Exports>();
  const team = helpers > 0 ? createTeam(memory, helpers) : undefined;
  const exports = (name: WasmModule): WebAssembly.Exports => {
    let found = instances.get(name);
    if (found === undefined) {
      const module = load(name);
      found = new WebAssembly.Instance(module, { env: { memory } }).exports;
      instances.set(name, found);
      team?.add(name, module);
    }
    return found;
  };
  return {
    exports,
    kernel: (name) => exports(moduleOf(name))[name.slice(name.indexOf(".") + 1)] as unknown as RunKernel,
    memory: createWasmMemory(memory, staticEnd),
    team,
    heads: new Map(),
  };
}

/** Returns the address of a program's head, which the first call writes. */
export function headOf(on: Instance, program: WasmProgram): number {
  const known = on.heads.get(program);
  if (known !== undefined) return known;
  const bytes = aligned(program.headBytes);
  const at = on.memory.allocate(bytes);
  try {
    program.writeHead(on, at);
  } catch (error) {
    on.memory.free(at, bytes);
    throw error;
  }
  on.heads.set(program, at);
  return at;
}

/** Frees a program's head, if it has one here. */
export function removeHead(on: Instance, program: WasmProgram): void {
  const at = on.heads.get(program);
  if (at === undefined) return;
  on.heads.delete(program);
  on.memory.free(at, aligned(program.headBytes));
}
