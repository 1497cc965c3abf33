// SPDX-License-Identifier: MIT
import { dtypeOf, type FloatDType } from "../dtype.ts";
import { defaultEngine, type Engine } from "../engine.ts";
import { invalid } from "../errors.ts";
import { checkArity, checkPositive, type Names, readOptions } from "../input/options.ts";
import { resolveMatrix } from "../ops/corr2d.ts";
import { sameShape } from "../plan/output.ts";
import type { Border } from "../spec/border.ts";
import { checkShape, elementCount, type NestedArray, Tensor, type TensorLike, toTensor } from "../tensor.ts";
import { checkEngine } from "./layer.ts";
import { Random } from "./random.ts";

type Matrix = TensorLike | NestedArray;

export interface LearnKernelOptions {
  /** The shape of the kernel, [height, width]. */
  readonly shape: readonly number[];
  /** The mode of the corr2d that made the output. Default "valid". */
  readonly mode?: "valid" | "same" | "full";
  /** The border of that corr2d. Default "constant": zeros. */
  readonly border?: Border;
  /**
   * Selects plain gradient descent, by steps of `learningRate` times the gradient of the loss. The default is conjugate
   * gradients, whose steps have the best length. Without rounding, they need at most as many steps as the kernel has
   * elements.
   */
  readonly learningRate?: number;
  /** Learning ends when the loss is no greater than this. Default: a millionth of the sum of the output's squares. */
  readonly limit?: number;
  /** Learning ends after this many steps. Default 1000. */
  readonly steps?: number;
  /** The seed of the first kernel, which is normally distributed. Default 0. */
  readonly seed?: number;
  /** The engine that computes. Default: the default engine. */
  readonly engine?: Engine;
  /** Called after each step; the next step changes `kernel`. */
  readonly onProgress?: (progress: LearnKernelProgress) => void;
}

export interface LearnKernelProgress {
  /** The number of the step, from 1. */
  readonly step: number;
  /** The loss after the step. */
  readonly loss: number;
  readonly kernel: Tensor;
}

export interface LearnedKernel {
  /** The kernel, of the input's element type. */
  readonly kernel: Tensor;
  /** The loss of the first kernel, and the loss after each step. */
  readonly losses: readonly number[];
  /** Whether the last loss is within the limit. */
  readonly converged: boolean;
}

const optionNames: Names<LearnKernelOptions> = {
  ...{ shape: true, mode: true, border: true, learningRate: true, limit: true, steps: true },
  ...{ seed: true, engine: true, onProgress: true },
};

/**
 * Learns the kernel with which `corr2d` makes `output` of `input`, two matrices, from nothing else. It descends along
 * the gradient of the loss, the sum of the squared errors, in float64.
 *
 * Sources: "Dive into Deep Learning", "Convolutions for Images", "Learning a Kernel"; for conjugate gradients, M. R.
 * Hestenes and E. Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems" (1952).
 *
 * Throws INVALID_ARGUMENT if the output's shape is not that of such a corr2d, for numbers that are not finite, and for
 * a learning rate at which the loss does not stay finite.
 */
export function learnKernel(input: Matrix, output: Matrix, options: LearnKernelOptions): LearnedKernel {
  checkArity("learnKernel", arguments.length, 3);
  const given = readOptions(options, optionNames);
  const problem = resolveProblem(input, output, given);
  const { limit = 1e-6 * (sumOfSquares(problem.target) || 1), steps = 1000, seed = 0, onProgress } = given;
  if (!(Number.isFinite(limit) && limit >= 0)) throw invalid("a number >= 0", "limit", limit);
  checkPositive(steps, "steps");
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw invalid("a function", "onProgress", onProgress);
  const random = new Random(seed);
  const kernel = new Tensor(new Float64Array(elementCount(problem.shape)), problem.shape);
  for (let i = 0; i < kernel.data.length; i++) kernel.data[i] = random.normal();
  const descend = descent(problem, kernel, given.learningRate);
  const losses = [descend.loss()];
  while (losses.length <= steps && !(losses[losses.length - 1] <= limit)) {
    if (!descend.step()) break;
    losses.push(descend.loss());
    onProgress?.({ step: losses.length - 1, loss: losses[losses.length - 1], kernel });
  }
  return {
    kernel: ofType(kernel, problem.dtype),
    losses,
    converged: losses[losses.length - 1] <= limit,
  };
}

/** A corr2d as a convolution of one image with one channel. */
interface Problem {
  readonly engine: Engine;
  readonly x: Tensor;
  readonly target: Float64Array;
  readonly shape: readonly number[];
  readonly dtype: FloatDType;
  readonly spatial: { readonly padding: readonly [number, number, number, number]; readonly border: Border };
}

function resolveProblem(input: Matrix, output: Matrix, options: LearnKernelOptions): Problem {
  const { mode = "valid", border = "constant", engine = defaultEngine() } = options;
  checkEngine(engine);
  const image = toTensor(input, 2, "input");
  const target = toTensor(output, 2, "output");
  checkFinite(image.data, "input");
  checkFinite(target.data, "output");
  const shape = checkShape(options.shape, "shape");
  if (shape.length !== 2) throw invalid("[height, width]", "shape", shape);
  const spec = resolveMatrix(image.shape, shape, "float64", { mode, border }, "shape");
  const outShape = [spec.outHeight, spec.outWidth];
  if (!sameShape(target.shape, outShape)) {
    const why = `[${outShape.join(", ")}] (what corr2d makes of [${image.shape.join(", ")}] by [${shape.join(", ")}] in mode "${mode}")`;
    throw invalid(why, "output.shape", target.shape);
  }
  return {
    engine,
    x: new Tensor(Float64Array.from(image.data), [1, 1, ...image.shape]),
    target: Float64Array.from(target.data),
    shape,
    dtype: dtypeOf(image.data, "input.data"),
    spatial: { padding: spec.padding, border },
  };
}

interface Descent {
  loss(): number;
  /** Changes the kernel; returns false if the gradient is 0. */
  step(): boolean;
}

/**
 * Descends along the gradient. With the errors e = correlate(kernel) - target, the loss is e . e and its gradient 2 g,
 * where g is the correlation of input and e. The loss is quadratic, so along a direction d with c = correlate(d), it is
 * least after a step of -(e . c) / (c . c).
 */
function descent(problem: Problem, kernel: Tensor, learningRate: number | undefined): Descent {
  const { engine, x, target, spatial } = problem;
  if (learningRate !== undefined && !(Number.isFinite(learningRate) && learningRate > 0)) {
    throw invalid("a number > 0", "learningRate", learningRate);
  }
  const shape = [1, 1, ...problem.shape];
  const correlate = (data: Float64Array) => engine.conv2d(x, new Tensor(data, shape), spatial);
  const weights = kernel.data as Float64Array;
  const errors = correlate(weights);
  for (let i = 0; i < target.length; i++) errors.data[i] -= target[i];
  const direction = new Float64Array(weights.length);
  let before = 0;
  return {
    loss() {
      const loss = sumOfSquares(errors.data);
      if (!Number.isFinite(loss))
        throw invalid("one by which the loss stays finite", "learningRate", learningRate);
      return loss;
    },
    step() {
      const gradient = engine.conv2dGradWeights(x, shape, errors, spatial).data;
      const square = sumOfSquares(gradient);
      if (square === 0) return false;
      // By Fletcher and Reeves, the new direction is conjugate to those before.
      const share = learningRate === undefined && before > 0 ? square / before : 0;
      before = square;
      for (let i = 0; i < direction.length; i++) direction[i] = share * direction[i] - gradient[i];
      const change = correlate(direction).data;
      const length =
        learningRate === undefined ? -dot(errors.data, change) / sumOfSquares(change) : 2 * learningRate;
      if (!Number.isFinite(length)) return false;
      for (let i = 0; i < direction.length; i++) weights[i] += length * direction[i];
      for (let i = 0; i < errors.data.length; i++) errors.data[i] += length * change[i];
      return true;
    },
  };
}

function checkFinite(data: ArrayLike<number>, name: string): void {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) throw invalid("finite numbers only", name, data[i]);
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const sumOfSquares = (values: ArrayLike<number>): number => dot(values, values);

/** Copies a tensor to another element type. */
function ofType({ data, shape }: Tensor, dtype: FloatDType): Tensor {
  return new Tensor(dtype === "float32" ? Float32Array.from(data) : Float64Array.from(data), shape);
}
