// SPDX-License-Identifier: MIT

import { Corr2dError, invalid } from "../errors.ts";
import { checkArity, checkOneOf, checkPositive } from "../input/options.ts";
import { type Backend, type BackendName, backendNames } from "./backend.ts";
import { type NativeBackends, platform } from "./platform.ts";
import { createReferenceBackend } from "./reference/reference.ts";
import { findWasmBuilds, loadModule, whyNoThreads } from "./wasm/builds.ts";
import type { WasmIsa, WasmModule } from "./wasm/modules.ts";
import { createWasmBackend } from "./wasm/wasm.ts";
import { whyNoWorkers } from "./workers/pool.ts";

/** The options of `createEngine`. The environment supplies those that are left out. */
export interface BackendOptions {
  /** Default: CORR2D_BACKEND, else the first of native, wasm and reference that works. */
  readonly backend?: BackendName;
  /** The most threads that one call may use, up to 256. Default: CORR2D_THREADS, else one for each processor. */
  readonly threads?: number;
  /** The instruction set. Default: CORR2D_ISA, else the best that the processor runs. */
  readonly isa?: string;
}

/** The report of {@link backends} on one backend. */
export type BackendReport =
  | {
      readonly name: BackendName;
      readonly available: true;
      /** The instruction set that is used by default. */
      readonly isa: string;
      /** All instruction sets that can be asked for. */
      readonly isas: readonly string[];
      readonly threads: number;
      /**
       * Why the runtime allows only this instruction set or so many threads, or why async calls compute on the calling
       * thread, if they do.
       */
      readonly reason?: string;
    }
  | { readonly name: BackendName; readonly available: false; readonly reason: string };

/** A backend, and whether it was asked for by name rather than found. */
export interface Choice {
  readonly backend: Backend;
  readonly named: boolean;
}

/** Lists the backends in order of preference, with what each offers or why it is missing. Never throws. */
export function backends(): BackendReport[] {
  checkArity("backends", arguments.length, 0);
  return backendNames.map((name) => {
    try {
      const isas = isasOf(name);
      const threads = name === "native" ? platform().hardwareThreads : 1;
      const report = { name, available: true, isa: isas[0], isas, threads } as const;
      if (name === "wasm") return { ...report, ...describeWasm() };
      const alone = name === "reference" ? whyAlone() : undefined;
      return alone === undefined ? report : { ...report, reason: alone };
    } catch (error) {
      return { name, available: false, reason: messageOf(error) };
    }
  });
}

/**
 * Opens the backend that was asked for, or else the first that works. Throws INVALID_ARGUMENT for options that make no
 * sense. Throws BACKEND_UNAVAILABLE, with its cause, if the backend or ISA asked for is missing.
 */
export function openBackend(options: BackendOptions): Choice {
  const { env, hardwareThreads } = platform();
  const name = optional(options.backend, env("CORR2D_BACKEND"), "backend", "CORR2D_BACKEND", (value, label) =>
    checkOneOf(value, backendNames, label),
  );
  const threads = optional(
    options.threads,
    env("CORR2D_THREADS"),
    "threads",
    "CORR2D_THREADS",
    (value, label) => {
      const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
      checkPositive(count, label);
      if (count > mostThreads) throw invalid(`at most ${mostThreads}`, label, count);
      return count;
    },
  );
  const isa = optional(options.isa, env("CORR2D_ISA"), "isa", "CORR2D_ISA", (value, label) => {
    if (typeof value !== "string") throw invalid("a string", label, value);
    return value;
  });
  const settings = { threads: threads ?? hardwareThreads, isa };
  if (name !== undefined) return { backend: open(name, settings), named: true };
  const failures: unknown[] = [];
  for (const candidate of backendNames) {
    try {
      if (isa !== undefined && !isasOf(candidate).includes(isa)) continue;
      return { backend: open(candidate, settings), named: isa !== undefined };
    } catch (error) {
      failures.push(error);
    }
  }
  throw new Corr2dError("BACKEND_UNAVAILABLE", `No backend here has the ISA "${isa}"`, {
    cause: new AggregateError(failures),
  });
}

function optional<T>(
  option: unknown,
  variable: string | undefined,
  optionName: string,
  variableName: string,
  check: (value: unknown, label: string) => T,
): T | undefined {
  if (option !== undefined) return check(option, optionName);
  if (variable !== undefined && variable !== "") return check(variable, variableName);
  return undefined;
}

interface Settings {
  readonly threads: number;
  readonly isa: string | undefined;
}

function open(name: BackendName, { threads, isa }: Settings): Backend {
  let isas: readonly string[];
  try {
    isas = isasOf(name);
  } catch (cause) {
    throw new Corr2dError(
      "BACKEND_UNAVAILABLE",
      `The ${name} backend is not available: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
  if (isa !== undefined && !isas.includes(isa)) {
    throw new Corr2dError(
      "BACKEND_UNAVAILABLE",
      `The ${name} backend has no ISA "${isa}" on this machine, only ${isas.join(", ")}`,
    );
  }
  switch (name) {
    case "native":
      return native().open({ threads, isa: isa ?? isas[0] });
    case "wasm":
      return openWasm((isa ?? isas[0]) as WasmIsa, threads);
    case "reference":
      return createReferenceBackend({ threads });
  }
}

/** Lists a backend's instruction sets, best first. Throws if the backend is missing. */
function isasOf(name: BackendName): readonly string[] {
  switch (name) {
    case "native":
      return native().isas;
    case "wasm":
      return findWasmBuilds().isas;
    case "reference":
      return ["javascript"];
  }
}

/** The native pool takes this many threads, each with a workspace of its own. */
const mostThreads = 256;

/** Remembers how a first attempt ended, failure included, so that loading is tried once. */
function once<T>(attempt: () => T): () => T {
  let outcome: { value: T } | { error: unknown } | undefined;
  return () => {
    if (outcome === undefined) {
      try {
        outcome = { value: attempt() };
      } catch (error) {
        outcome = { error };
      }
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  };
}

const native: () => NativeBackends = once(() => platform().loadNative());

function openWasm(isa: WasmIsa, threads: number): Backend {
  const shared = threads > 1 && whyNoThreads() === undefined && whyNoWorkers() === undefined;
  const load = (name: WasmModule, shared: boolean) => loadModule(name, isa, shared);
  return createWasmBackend({ load, isa, shared, threads });
}

function describeWasm(): { threads: number; reason: string } {
  const { reason } = findWasmBuilds();
  const lone = whyNoThreads() ?? whyNoWorkers();
  const reasons = [reason, whyNoThreads(), whyAlone()].filter((why) => why !== undefined);
  return { threads: lone === undefined ? platform().hardwareThreads : 1, reason: reasons.join("; ") };
}

/** Says why async calls have no workers, if that is known. */
function whyAlone(): string | undefined {
  const why = whyNoWorkers();
  return why && `async calls compute on the calling thread: ${why}`;
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0];
