// SPDX-License-Identifier: MIT
import type { Backend, BackendName } from "./backend/backend.ts";
import type { BackendOptions } from "./backend/choose.ts";
import { platform } from "./backend/platform.ts";
import { type WasmIsa, wasmModules } from "./backend/wasm/modules.ts";
import { defaultCore, type EngineCore, openCore } from "./core.ts";
import type { FloatDType } from "./dtype.ts";
import { Corr2dError } from "./errors.ts";
import { checkArity, checkOneOf, type Names, readOptions, refusingSurplus } from "./input/options.ts";
import { type ConvTranspose1dOperators, convTranspose1dOperators } from "./ops/conv-transpose1d.ts";
import { type ConvTranspose2dOperators, convTranspose2dOperators } from "./ops/conv-transpose2d.ts";
import { type Conv1dOperators, conv1dOperators } from "./ops/conv1d.ts";
import { type Conv2dOperators, conv2dOperators } from "./ops/conv2d.ts";
import { type Conv3dOperators, conv3dOperators } from "./ops/conv3d.ts";
import { type Corr1dOperators, corr1dOperators } from "./ops/corr1d.ts";
import { type Corr2dOperators, corr2dOperators } from "./ops/corr2d.ts";
import { type GradientOperators, gradientOperators } from "./ops/gradients.ts";
import { type PadOperators, padOperators } from "./ops/pad.ts";
import { type Pool2dOperators, pool2dOperators } from "./ops/pool2d.ts";
import { type StreamCorr1dOperators, streamCorr1dOperators } from "./ops/stream-corr1d.ts";
import { type UnfoldOperators, unfoldOperators } from "./ops/unfold.ts";
import { AllocatedTensor, type Allocation, checkShape, elementCount } from "./tensor.ts";

/** All operators on one backend. */
export interface Engine
  extends Conv1dOperators,
    Conv2dOperators,
    Conv3dOperators,
    ConvTranspose1dOperators,
    ConvTranspose2dOperators,
    Corr1dOperators,
    Corr2dOperators,
    GradientOperators,
    PadOperators,
    Pool2dOperators,
    StreamCorr1dOperators,
    UnfoldOperators {
  readonly backend: BackendName;
  readonly isa: string;
  /** The most threads that one call may use. */
  readonly threads: number;
  /**
   * Allocates a tensor of zeros in the engine's own memory. On WebAssembly, `run` uses such a tensor, as input or as
   * `out`, without copying it; on other backends it is an ordinary tensor. Pass the tensor itself to `run`, not its
   * `data`, and see {@link AllocatedTensor} for how long `data` is valid.
   *
   * Throws INVALID_ARGUMENT for an invalid shape or a type other than "float32" and "float64", and BACKEND_FAILED if
   * memory runs out.
   */
  alloc(shape: readonly number[], dtype?: "float32"): AllocatedTensor<Float32Array>;
  alloc(shape: readonly number[], dtype: "float64"): AllocatedTensor<Float64Array>;
  alloc(shape: readonly number[], dtype?: FloatDType): AllocatedTensor;
  /**
   * Ends helper threads. The engine and its plans cannot be used afterwards. Await async calls before: one that takes
   * several steps, such as conv3d or a transposed convolution with strides, rejects with DISPOSED between two of them.
   */
  dispose(): void;
}

const optionNames: Names<BackendOptions> = { backend: true, threads: true, isa: true };

/**
 * Opens an engine on a backend of choice. A named backend never falls back to another, nor to the TypeScript loop that
 * otherwise computes the smallest calls.
 *
 * Rejects with INVALID_ARGUMENT for options that make no sense, and with BACKEND_UNAVAILABLE, with its `cause`, for a
 * backend or ISA that is missing.
 */
export async function createEngine(options?: BackendOptions): Promise<Engine> {
  checkArity("createEngine", arguments.length, 1);
  const core = openCore(readOptions(options, optionNames));
  if (core.backend.name === "wasm") await platform().fetchWasm(core.backend.isa as WasmIsa, wasmModules);
  return engineOn(core);
}

function engineOn(core: EngineCore): Engine {
  const { backend } = core;
  return {
    backend: backend.name,
    isa: backend.isa,
    threads: backend.threads,
    ...refusingSurplus({
      ...corr2dOperators(core),
      ...conv2dOperators(core),
      ...gradientOperators(core),
      ...convTranspose1dOperators(core),
      ...convTranspose2dOperators(core),
      ...corr1dOperators(core),
      ...conv1dOperators(core),
      ...conv3dOperators(core),
      ...padOperators(core),
      ...pool2dOperators(core),
      ...streamCorr1dOperators(core),
      ...unfoldOperators(core),
    }),
    alloc: ((shape: unknown, dtype: unknown = "float32", ...more: unknown[]) => {
      checkArity("alloc", 2 + more.length, 2);
      core.assertOpen();
      const sizes = checkShape(shape, "shape");
      const type = checkOneOf(dtype, dtypes, "dtype");
      return new AllocatedTensor(allocateIn(backend, type, elementCount(sizes)), sizes);
    }) as Engine["alloc"],
    dispose: () => core.dispose(),
  };
}

function allocateIn(backend: Backend, dtype: FloatDType, length: number): Allocation {
  try {
    return backend.allocate(dtype, length);
  } catch (cause) {
    if (cause instanceof Corr2dError) throw cause;
    throw new Corr2dError("BACKEND_FAILED", `A tensor of ${length} elements cannot be allocated`, { cause });
  }
}

const dtypes = ["float32", "float64"] as const satisfies readonly FloatDType[];

let engine: Engine | undefined;

/** Returns the engine of the plain functions. */
export function defaultEngine(): Engine {
  engine ??= engineOn(defaultCore());
  return engine;
}
