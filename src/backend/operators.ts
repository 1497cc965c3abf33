// SPDX-License-Identifier: MIT
// Operators that bring their code to the backends of a bundle, which has that of no others. Native has all of them.
import type { FloatArray } from "../dtype.ts";
import type { PatchSpec } from "../patches.ts";
import type { ConvSpec } from "../spec.ts";
import type { PoolSpec } from "../window.ts";
import type { Backend } from "./backend.ts";
import { gradWeightsPieces, type Piece, planePieces } from "./pieces.ts";
import { geometryOf } from "./reference/geometry.ts";
import { gradWeights } from "./reference/grad-weights.ts";
import { fold, unfold } from "./reference/patches.ts";
import { pool } from "./reference/pool.ts";
import { poolGrad } from "./reference/pool-grad.ts";
import { gradWeightsRunner } from "./wasm-grad-weights.ts";
import type { Instance } from "./wasm-instance.ts";
import type { WasmModule } from "./wasm-modules.ts";
import { patchesOn } from "./wasm-patches.ts";
import { poolGradOn, poolOn } from "./wasm-pool.ts";

/** What is done to windows without weights. */
export type WindowTask =
  /** Of an image. */
  | { readonly kind: "pool"; readonly spec: PoolSpec }
  /** Of the gradient of the pooling's output and, for a maximum, before that the image. */
  | { readonly kind: "poolGrad"; readonly spec: PoolSpec }
  /** Of an image, into patches; and of patches, into an image. */
  | { readonly kind: "unfold" | "fold"; readonly spec: PatchSpec };

/** Of a convolution's input and the gradient of its output. The spec's activation takes no part in it. */
export interface GradWeightsTask {
  readonly kind: "gradWeights";
  readonly spec: ConvSpec;
}

export type OperatorTask = WindowTask | GradWeightsTask;

export interface Operator<T extends OperatorTask = OperatorTask> {
  /** All of it for native, and for workers, to which no code can be sent. */
  readonly task: T;
  /** What `onWasm` calls. */
  readonly module: WasmModule;
  /** Returns how much linear memory it took. */
  onWasm(on: Instance, inputs: readonly FloatArray[], output: FloatArray): number;
  inTypeScript(inputs: readonly FloatArray[], output: FloatArray): void;
  /** The same in pieces of about so many multiply-adds, or elements that are read. */
  pieces(work: number, inputs: readonly FloatArray[], output: FloatArray): Iterable<Piece<Operator<T>>>;
}

export type WindowOperator = Operator<WindowTask>;
export type GradWeightsOperator = Operator<GradWeightsTask>;

export const poolOperator = (spec: PoolSpec): WindowOperator => ({
  task: { kind: "pool", spec },
  module: "windows",
  onWasm: (on, [x], output) => poolOn(on, spec, x, output),
  inTypeScript: ([x], output) => pool(spec, x, output),
  pieces: (work, inputs, output) => poolPieces(spec, work, poolOperator, inputs, output),
});

export const poolGradOperator = (spec: PoolSpec): WindowOperator => ({
  task: { kind: "poolGrad", spec },
  module: "windows",
  onWasm: (on, inputs, output) => poolGradOn(on, spec, inputs.at(-2), inputs[inputs.length - 1], output),
  inTypeScript: (inputs, output) => poolGrad(spec, inputs.at(-2), inputs[inputs.length - 1], output),
  pieces: (work, inputs, output) => poolPieces(spec, work, poolGradOperator, inputs, output),
});

export const unfoldOperator = (spec: PatchSpec): WindowOperator => ({
  task: { kind: "unfold", spec },
  module: "windows",
  onWasm: (on, [x], output) => patchesOn(on, "unfold", spec, x, output),
  inTypeScript: ([x], output) => unfold(spec, x, output),
  pieces: (work, inputs, output) => patchPieces(spec, work, unfoldOperator, inputs, output),
});

export const foldOperator = (spec: PatchSpec): WindowOperator => ({
  task: { kind: "fold", spec },
  module: "windows",
  onWasm: (on, [patches], output) => patchesOn(on, "fold", spec, patches, output),
  inTypeScript: ([patches], output) => fold(spec, patches, output),
  pieces: (work, inputs, output) => patchPieces(spec, work, foldOperator, inputs, output),
});

export const gradWeightsOperator = (spec: ConvSpec): GradWeightsOperator => ({
  task: { kind: "gradWeights", spec },
  module: "gradients",
  onWasm: gradWeightsRunner(spec),
  inTypeScript: ([x, gradOutput], output) => gradWeights(spec, geometryOf(spec), x, gradOutput, output),
  pieces: (work, inputs, output) => gradWeightsPieces(spec, work, gradWeightsOperator, inputs, output),
});

function poolPieces(
  spec: PoolSpec,
  work: number,
  make: (spec: PoolSpec) => WindowOperator,
  inputs: readonly FloatArray[],
  output: FloatArray,
): Iterable<Piece<WindowOperator>> {
  const { batch, channels, outHeight, outWidth, kernelHeight, kernelWidth, inputLayout } = spec;
  const all = batch * channels * outHeight * outWidth * kernelHeight * kernelWidth;
  const isPlanar = inputLayout === "nchw";
  const some = (planes: number) =>
    make(isPlanar ? { ...spec, batch: 1, channels: planes } : { ...spec, batch: planes });
  return planePieces(isPlanar ? batch * channels : batch, all, work, some, inputs, output);
}

function patchPieces(
  spec: PatchSpec,
  work: number,
  make: (spec: PatchSpec) => WindowOperator,
  inputs: readonly FloatArray[],
  output: FloatArray,
): Iterable<Piece<WindowOperator>> {
  const { planes, depth, outHeight, outWidth, kernelHeight, kernelWidth } = spec;
  const all = planes * depth * outHeight * outWidth * kernelHeight * kernelWidth;
  return planePieces(planes, all, work, (count) => make({ ...spec, planes: count }), inputs, output);
}

/** Does an operator piece by piece. */
export function* runPieces(
  operator: Operator,
  work: number,
  run: Run,
  inputs: readonly FloatArray[],
  output: FloatArray,
): Generator<void> {
  for (const piece of operator.pieces(work, inputs, output)) {
    run(piece.operator, piece.inputs, piece.output);
    yield;
  }
}

/** For workers, which have them all. */
export function windowOperator(task: WindowTask): WindowOperator {
  switch (task.kind) {
    case "pool":
      return poolOperator(task.spec);
    case "poolGrad":
      return poolGradOperator(task.spec);
    case "unfold":
      return unfoldOperator(task.spec);
    case "fold":
      return foldOperator(task.spec);
  }
}

type Run = (operator: Operator, inputs: readonly FloatArray[], output: FloatArray) => void;
type RunAsync = (
  operator: Operator,
  inputs: readonly FloatArray[],
  output: FloatArray,
  signal: AbortSignal | undefined,
) => Promise<void>;

/** The part of a backend that runs operators, where it does so with the code that they bring. */
export function runningOperators(
  run: Run,
  runAsync: RunAsync,
): Pick<Backend, "prepareGradWeights" | "runWindows" | "runWindowsAsync"> {
  return {
    prepareGradWeights: (operator) => ({
      run: (input, gradOutput, output) => run(operator, [input, gradOutput], output),
      runAsync: (input, gradOutput, output, signal) =>
        runAsync(operator, [input, gradOutput], output, signal),
      dispose: () => {},
    }),
    runWindows: run,
    runWindowsAsync: runAsync,
  };
}
