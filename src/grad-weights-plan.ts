// SPDX-License-Identifier: MIT
/// <reference lib="esnext.disposable" preserve="true" />
import { copyOf } from "./arrays.ts";
import type { BackendName, PreparedConv } from "./backend/backend.ts";
import { gradWeightsOperator } from "./backend/operators.ts";
import type { EngineCore } from "./core.ts";
import { allocate, type FloatArray, type FloatDType } from "./dtype.ts";
import { invalid } from "./errors.ts";
import { overlap } from "./output.ts";
import { type AsyncOptions, checkSignal, elementsOf, Plan, type RunOptions } from "./plan.ts";
import type { FilterLayout } from "./resolve.ts";
import { type ConvSpec, inputShapeOf, multiplyAdds, outputShapeOf } from "./spec.ts";
import { elementCount, type Tensor, type TensorLike } from "./tensor.ts";
import { fromOihw } from "./weights-layout.ts";

type Given = TensorLike | FloatArray;

/** The gradient of a convolution's weights, prepared for many inputs and gradients of one shape. */
export class GradWeightsPlan {
  readonly inputShape: readonly number[];
  /** Of the convolution's output, and so of its gradient. */
  readonly gradOutputShape: readonly number[];
  readonly weightsShape: readonly number[];
  readonly backend: BackendName;
  readonly isa: string;
  /** How many threads one run may use. */
  readonly threads: number;
  readonly #sums: Sums;
  readonly #dtype: FloatDType;

  /** Plans come from `planConv2dGradWeights`. */
  constructor(core: EngineCore, spec: ConvSpec, layout: FilterLayout, weightsShape: readonly number[]) {
    this.#sums = new Sums(core, spec, layout, weightsShape);
    this.#dtype = spec.dtype as FloatDType;
    const { inputShape, outputShape, backend, isa, threads } = this.#sums;
    this.inputShape = Object.freeze(inputShapeOf(spec));
    this.gradOutputShape = inputShape;
    this.weightsShape = outputShape;
    this.backend = backend;
    this.isa = isa;
    this.threads = threads;
  }

  /**
   * The gradient of the weights, from the convolution's input and the gradient of its output: tensors of `inputShape`
   * and `gradOutputShape`, or bare arrays of their elements.
   *
   * Throws as `run` of {@link Plan}.
   */
  run(x: Given, gradOutput: Given, options?: RunOptions): Tensor {
    return this.#sums.ofInput(this.#inputElements(x), gradOutput, options);
  }

  /**
   * As `run`, without blocking the event loop: both operands are copied before this returns. `transfer` takes over
   * `gradOutput`.
   *
   * Rejects as `runAsync` of {@link Plan}.
   */
  async runAsync(x: Given, gradOutput: Given, options: RunOptions & AsyncOptions = {}): Promise<Tensor> {
    checkSignal(options.signal);
    options.signal?.throwIfAborted();
    // Private, as gradOutput becomes: no script can change it while other threads use it.
    return this.#sums.ofInputAsync(copyOf(this.#inputElements(x)), gradOutput, options);
  }

  /** One line on what runs. */
  explain(): string {
    return this.#sums.explain();
  }

  /** Runs under way finish first. A second call does nothing. */
  dispose(): void {
    this.#sums.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #inputElements(x: Given): FloatArray {
    return elementsOf(x, this.inputShape, this.#dtype, "x", "") as FloatArray;
  }
}

/** A function of gradOutput, given the other operand. */
class Sums extends Plan {
  constructor(core: EngineCore, spec: ConvSpec, layout: FilterLayout, weightsShape: readonly number[]) {
    super({
      backend: core.backend,
      inputDtype: spec.dtype,
      outputDtype: spec.dtype,
      inputShape: outputShapeOf(spec),
      outputShape: weightsShape.slice(),
      inputName: "gradOutput",
      typedAs: "as x has",
      assertOpen: core.assertOpen,
      // Nothing of `this`, whose end frees what is prepared.
      prepare: () => prepare(core, spec, layout, weightsShape),
    });
  }

  ofInput(x: FloatArray, gradOutput: Given, options: RunOptions | undefined): Tensor {
    return this.runOn((this.live() as PreparedSums).given(x), gradOutput, options);
  }

  ofInputAsync(x: FloatArray, gradOutput: Given, options: RunOptions & AsyncOptions): Promise<Tensor> {
    return this.runOnAsync((this.live() as PreparedSums).given(x), gradOutput, options);
  }

  override explain(): string {
    const threads = this.threads === 1 ? "1 thread" : `up to ${this.threads} threads`;
    return `the gradient of weights on ${this.backend} (${this.isa}, ${threads}): [${this.outputShape.join(", ")}]`;
  }
}

type Runs = Pick<PreparedConv, "run" | "runAsync">;

interface PreparedSums extends PreparedConv {
  /** The function of gradOutput that belongs to an input. */
  given(x: FloatArray): Runs;
}

function prepare(
  core: EngineCore,
  spec: ConvSpec,
  layout: FilterLayout,
  weightsShape: readonly number[],
): PreparedSums {
  if (spec.batch === 0)
    return sumsOf(
      () => ofNothing,
      () => {},
    );
  const backend = multiplyAdds(spec) < core.smallBelow ? core.small() : core.backend;
  const prepared = backend.prepareGradWeights(gradWeightsOperator(spec));
  const inputLength = elementCount(inputShapeOf(spec));
  const ordered = (output: FloatArray) =>
    layout === "oihw" ? output : allocate(spec.dtype as FloatDType, output.length);
  const store = (result: FloatArray, output: FloatArray) => {
    if (result !== output) fromOihw(result, layout, weightsShape, output);
  };
  const given = (x: FloatArray): Runs => ({
    run(gradOutput: FloatArray, output: FloatArray) {
      // Asked again, as a getter of gradOutput may have detached it.
      if (x.length !== inputLength) throw invalid(`${inputLength} elements`, "x", x);
      if (overlap(x, output)) throw invalid("an array apart from x", "out", output);
      const result = ordered(output);
      prepared.run(x, gradOutput, result);
      store(result, output);
    },
    async runAsync(gradOutput: FloatArray, output: FloatArray, signal) {
      const result = ordered(output);
      await prepared.runAsync(x, gradOutput, result, signal);
      store(result, output);
    },
  });
  return sumsOf(given, () => prepared.dispose());
}

/** It is run for a given input only. */
function sumsOf(given: PreparedSums["given"], dispose: () => void): PreparedSums {
  return { ...ofNothing, workspaceBytes: 0, given, dispose };
}

/** What an empty batch adds up to. */
const ofNothing: Runs = {
  run: (_, output) => void output.fill(0),
  runAsync: async (_, output) => void output.fill(0),
};
