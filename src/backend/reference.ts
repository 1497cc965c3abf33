// SPDX-License-Identifier: MIT
import { copyOf } from "../arrays.ts";
import { allocate, type FloatArray, isInteger, type TypedArray } from "../dtype.ts";
import { suitsWinograd } from "../spec.ts";
import type { Backend, PreparedConv } from "./backend.ts";
import { exchange } from "./exchange.ts";
import { interleave } from "./interleave.ts";
import { type Operator, runningOperators } from "./operators.ts";
import { activationFunction } from "./reference/activation.ts";
import { direct } from "./reference/direct.ts";
import { type Geometry, geometryOf } from "./reference/geometry.ts";
import { im2col, tilePixels } from "./reference/im2col.ts";
import { integerOutput } from "./reference/integer-output.ts";
import { strided } from "./reference/strided.ts";
import { winograd, winogradBytes } from "./reference/winograd.ts";
import type { ConvSource } from "./worker.ts";
import { createWorkerPool, type PooledConv, type WorkerPool } from "./worker-pool.ts";

const runners = { direct, im2col, strided, winograd };

/**
 * Plain TypeScript: runs everywhere, and sums in float64. `run` computes on the calling thread, `runAsync` in at most
 * `threads` workers.
 */
export function createReferenceBackend({ threads }: { threads: number } = { threads: 1 }): Backend {
  const workers = createWorkerPool({ backend: "reference" }, threads);
  return {
    name: "reference",
    isa: "javascript",
    threads: 1,
    supports: (spec, algorithm) =>
      isInteger(spec.dtype)
        ? algorithm === "direct"
        : algorithm in runners && (algorithm !== "winograd" || suitsWinograd(spec)),
    prepare: (spec, algorithm, weights, bias, scale) =>
      prepare(workers, {
        spec,
        algorithm,
        weights: copyOf(weights),
        bias: bias === null ? null : copyOf(bias),
        scale: scale === null ? null : copyOf(scale),
      }),
    ...runningOperators(compute, ({ task }, inputs, output, signal) =>
      workers.compute({ kind: "operator", task }, inputs, output, signal),
    ),
    exchange,
    interleave,
    allocate: (dtype, length) => ({ view: (last) => last ?? allocate(dtype, length) }),
    dispose: () => workers.dispose(),
  };
}

/** For work that is done sooner than a worker could be told of it: `runAsync` computes on the calling thread as well. */
export function createInlineBackend(): Backend {
  const backend = createReferenceBackend();
  return {
    ...backend,
    prepare: (...args) => {
      const prepared = backend.prepare(...args);
      return { ...prepared, runAsync: async (input, output) => prepared.run(input, output) };
    },
    ...runningOperators(compute, async (operator, inputs, output) => compute(operator, inputs, output)),
  };
}

function compute(operator: Operator, inputs: readonly FloatArray[], output: FloatArray): void {
  operator.inTypeScript(inputs, output);
}

type Run = (geometry: Geometry, input: TypedArray, output: TypedArray) => void;

/** What computes a convolution, and the bytes that it needs for it. */
function runnerOf({ spec, algorithm, weights, bias, scale }: ConvSource): { run: Run; bytes: number } {
  if (isInteger(spec.dtype)) {
    const finish = integerOutput(spec, scale);
    return {
      run: (geometry, input, output) => direct(spec, geometry, weights, bias, finish, input, output),
      bytes: 0,
    };
  }
  const runner = runners[algorithm as keyof typeof runners];
  const activation = activationFunction(spec.activation);
  const depth = (spec.inChannels / spec.groups) * spec.kernelHeight * spec.kernelWidth;
  return {
    run: (geometry, input, output) => {
      const [w, b] = [weights as FloatArray, bias as FloatArray | null];
      runner(spec, geometry, w, b, activation, input as FloatArray, output as FloatArray);
    },
    bytes: {
      direct: 0,
      im2col: 8 * tilePixels(depth) * (depth + 1),
      strided: 8 * depth,
      winograd: winogradBytes(spec),
    }[algorithm as keyof typeof runners],
  };
}

function prepare(workers: WorkerPool, source: ConvSource): PreparedConv {
  // Made by the first run: the tables of an absurdly large output would not fit, nor will its array then be there.
  let geometry: Geometry | undefined;
  const { run, bytes } = runnerOf(source);
  let pooled: PooledConv | undefined;
  return {
    workspaceBytes: bytes,
    run: (input, output) => {
      geometry ??= geometryOf(source.spec);
      run(geometry, input, output);
    },
    runAsync: (input, output, signal) => {
      pooled ??= workers.add(source);
      return pooled.run(input, output, signal);
    },
    dispose: () => pooled?.release(),
  };
}
