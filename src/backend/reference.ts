// SPDX-License-Identifier: MIT
import { copyOf } from "../arrays.ts";
import { allocate, type FloatArray, isInteger, type TypedArray } from "../dtype.ts";
import { suitsWinograd } from "../spec.ts";
import type { Backend, PreparedConv } from "./backend.ts";
import { exchange } from "./exchange.ts";
import { interleave } from "./interleave.ts";
import { type Operator, runningOperators, runPieces } from "./operators.ts";
import { countOfPiece, pieceWork } from "./pieces.ts";
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
    ...runningOperators(compute, (operator, inputs, output, signal) =>
      workers.compute({ kind: "operator", task: operator.task }, inputs, output, signal, (own) =>
        runPieces(operator, pieceWork.reference, compute, own, output),
      ),
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
      pooled ??= workers.add(source, (input, output) => convolveInPieces(source, input, output));
      return pooled.run(input, output, signal);
    },
    dispose: () => pooled?.release(),
  };
}

/** The same as a run: of an image, of some output channels of a group, of some rows at a time. */
function* convolveInPieces(source: ConvSource, input: TypedArray, output: TypedArray): Generator<void> {
  const { spec } = source;
  const whole = geometryOf(spec);
  const groupIn = spec.inChannels / spec.groups;
  const groupOut = spec.outChannels / spec.groups;
  const depth = groupIn * spec.kernelHeight * spec.kernelWidth;
  // Whole squares of winograd. Fewer channels than these would gather or transform the input too often.
  const [unit, fewest] = [4, 8];
  const row = Math.min(unit, spec.outHeight) * spec.outWidth * depth;
  const fits = countOfPiece(groupOut, row * groupOut, pieceWork.reference);
  const channels = Math.min(
    groupOut,
    Math.max(
      Math.min(fewest, fits),
      countOfPiece(groupOut, spec.outHeight * spec.outWidth * depth * groupOut, pieceWork.reference),
    ),
  );
  const rows =
    unit *
    countOfPiece(
      Math.ceil(spec.outHeight / unit),
      spec.outHeight * spec.outWidth * depth * channels,
      pieceWork.reference,
    );
  for (let group = 0; group < spec.groups; group++) {
    for (let first = group * groupOut; first < (group + 1) * groupOut; first += channels) {
      const outChannels = Math.min(channels, (group + 1) * groupOut - first);
      const partOf = <A extends TypedArray>(array: A | null, length = 1) =>
        array && (array.subarray(first * length, (first + outChannels) * length) as A);
      const part = { ...spec, batch: 1, groups: 1, inChannels: groupIn, outChannels };
      for (let from = 0; from < spec.outHeight; from += rows) {
        const outHeight = Math.min(rows, spec.outHeight - from);
        const padding = [...spec.padding] as [number, number, number, number];
        padding[0] -= from * spec.strides[0];
        const { run } = runnerOf({
          ...source,
          spec: { ...part, outHeight, padding },
          weights: partOf(source.weights, depth) as TypedArray,
          bias: partOf(source.bias),
          scale: partOf(source.scale),
        });
        const taps = spec.kernelHeight;
        const geometry = {
          ...whole,
          sourceRow: whole.sourceRow.subarray(from * taps, (from + outHeight) * taps),
        };
        for (let n = 0; n < spec.batch; n++) {
          run(
            geometry,
            input.subarray(n * whole.input.batch + group * groupIn * whole.input.channel),
            output.subarray(n * whole.output.batch + first * whole.output.channel + from * whole.output.row),
          );
          yield;
        }
      }
    }
  }
}
