// SPDX-License-Identifier: MIT
import { allocate, dtypeOf } from "../dtype.ts";
import { Corr2dError, invalid } from "../errors.ts";
import { checkArity, checkPositive, type Names, readOptions } from "../input/options.ts";
import { checkSignal } from "../plan/plan.ts";
import { Tensor, type TensorLike } from "../tensor.ts";
import { checkModel, checkTensor, type Layer } from "./layer.ts";
import type { Labels, Loss } from "./losses.ts";
import type { Optimiser } from "./optimisers.ts";
import { Random } from "./random.ts";

/** Examples along the first axis, and the target of each. */
export interface Examples<Targets extends TensorLike | Labels> {
  readonly inputs: TensorLike;
  readonly targets: Targets;
}

export interface FitOptions<Targets> {
  /** The number of times that all examples are seen. */
  readonly epochs: number;
  /** Examples in one step; the last step of an epoch takes the rest. */
  readonly batchSize: number;
  readonly optimiser: Optimiser;
  readonly loss: Loss<Targets>;
  /** The seed of the examples' order, which differs from epoch to epoch. Default 0. */
  readonly seed?: number;
  /** Called after each step; training continues when the promise that it returns has settled. */
  readonly onProgress?: (progress: FitProgress) => void | Promise<void>;
  /** Ends the training early; the promise then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
}

export interface FitProgress {
  /** The number of the epoch, from 1. */
  readonly epoch: number;
  /** The number of the step in this epoch, from 1. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** The loss of this step's examples before the step. */
  readonly loss: number;
}

export interface History {
  /** For each epoch, the mean of the loss over its examples, each measured before its step. */
  readonly losses: readonly number[];
}

const optionNames: Names<FitOptions<unknown>> = {
  ...{ epochs: true, batchSize: true, optimiser: true, loss: true, seed: true },
  ...{ onProgress: true, signal: true },
};

/** Training may block the event loop for this long. */
const longestTurnMs = 50;

/**
 * Trains a model by steps of an optimiser on batches of examples in random order. The same seed, model and backend give
 * the same parameters, to the last bit. The event loop runs between steps.
 *
 * Rejects with INVALID_ARGUMENT if options and shapes do not fit together, or if the loss is no longer finite.
 */
export async function fit<Targets extends TensorLike | Labels>(
  model: Layer,
  examples: Examples<Targets>,
  options: FitOptions<Targets>,
): Promise<History> {
  checkArity("fit", arguments.length, 3);
  const { epochs, batchSize, optimiser, loss, seed = 0, onProgress, signal } = checkOptions(options);
  checkModel(model);
  if (typeof examples !== "object" || examples === null)
    throw invalid("{ inputs, targets }", "examples", examples);
  const random = new Random(seed);
  const inputs = checkTensor(examples.inputs, "inputs");
  const count = countOf(inputs, "inputs");
  const targets = checkTargets(examples.targets, count);
  const stepsPerEpoch = Math.ceil(count / batchSize);
  const losses: number[] = [];
  let turn = performance.now();
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = random.permutation(count);
    let sum = 0;
    for (let step = 1; step <= stepsPerEpoch; step++) {
      signal?.throwIfAborted();
      const chosen = order.subarray((step - 1) * batchSize, step * batchSize);
      const { value, gradient } = loss(model.forward(rowsOf(inputs, chosen)), targetsOf(targets, chosen));
      if (!Number.isFinite(value)) throw diverged(epoch, step, value);
      model.backward(gradient);
      optimiser.step(model.parameters);
      sum += value * chosen.length;
      await onProgress?.({ epoch, step, stepsPerEpoch, loss: value });
      if (performance.now() - turn > longestTurnMs) {
        await new Promise((resolve) => setTimeout(resolve));
        turn = performance.now();
      }
    }
    losses.push(sum / count);
  }
  return { losses };
}

const predictOptionNames: Names<{ readonly batchSize?: number }> = { batchSize: true };

/**
 * Computes a model's output for inputs, `batchSize` at a time (default 256). Throws INVALID_ARGUMENT as the model does.
 */
export function predict(model: Layer, inputs: TensorLike, options?: { readonly batchSize?: number }): Tensor {
  checkArity("predict", arguments.length, 3);
  checkModel(model);
  const { batchSize = 256 } = readOptions(options, predictOptionNames);
  checkPositive(batchSize, "batchSize");
  const { data, shape } = checkTensor(inputs, "inputs");
  const count = countOf({ shape }, "inputs");
  const outShape = model.outputShape(shape);
  const outSize = outShape.slice(1).reduce((a, b) => a * b, 1);
  const rowSize = data.length / count;
  const output = allocate(dtypeOf(data, "inputs.data"), count * outSize);
  for (let first = 0; first < count; first += batchSize) {
    const last = Math.min(first + batchSize, count);
    const batch = new Tensor(data.subarray(first * rowSize, last * rowSize), [
      last - first,
      ...shape.slice(1),
    ]);
    output.set(model.forward(batch).data, first * outSize);
  }
  return new Tensor(output, outShape);
}

function checkOptions<Targets>(options: FitOptions<Targets>): FitOptions<Targets> {
  const given = readOptions(options, optionNames);
  checkPositive(given.epochs, "epochs");
  checkPositive(given.batchSize, "batchSize");
  if (typeof given.optimiser?.step !== "function")
    throw invalid("an optimiser", "optimiser", given.optimiser);
  for (const name of ["loss", "onProgress"] as const) {
    const value = given[name];
    if (typeof value !== "function" && !(name === "onProgress" && value === undefined)) {
      throw invalid("a function", name, value);
    }
  }
  checkSignal(given.signal);
  return given;
}

function countOf({ shape }: Pick<TensorLike, "shape">, name: string): number {
  if (shape.length === 0 || shape.includes(0)) throw invalid("at least one example", `${name}.shape`, shape);
  return shape[0];
}

function checkTargets<Targets extends TensorLike | Labels>(targets: Targets, count: number): Targets {
  if (isTensor(targets)) {
    const checked = checkTensor(targets, "targets");
    if (checked.shape[0] !== count)
      throw invalid(`${count} examples, as inputs has,`, "targets.shape", checked.shape);
    return checked as TensorLike as Targets;
  }
  const isList = Array.isArray(targets) || ArrayBuffer.isView(targets);
  if (!isList || (targets as Labels).length !== count)
    throw invalid(`${count} of them, one for each example,`, "targets", targets);
  return targets;
}

function isTensor(targets: TensorLike | Labels): targets is TensorLike {
  return typeof targets === "object" && targets !== null && "shape" in targets;
}

function targetsOf<Targets extends TensorLike | Labels>(targets: Targets, chosen: Uint32Array): Targets {
  if (isTensor(targets)) return rowsOf(targets, chosen) as TensorLike as Targets;
  const labels: Labels = targets;
  return Array.from(chosen, (index) => labels[index]) as Labels as Targets;
}

/** Copies some of the examples. */
function rowsOf({ data, shape }: TensorLike, chosen: Uint32Array): Tensor {
  const size = data.length / shape[0];
  const rows = allocate(dtypeOf(data, "inputs.data"), chosen.length * size);
  chosen.forEach((index, i) => {
    rows.set(data.subarray(index * size, (index + 1) * size), i * size);
  });
  return new Tensor(rows, [chosen.length, ...shape.slice(1)]);
}

function diverged(epoch: number, step: number, loss: number): Corr2dError {
  const message = `Expected a loss that stays finite but received ${loss} in step ${step} of epoch ${epoch}: a smaller learning rate may help`;
  return new Corr2dError("INVALID_ARGUMENT", message);
}
