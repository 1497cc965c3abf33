// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import { checkArity, readOptions } from "../options.ts";
import {
  type AsyncOptions,
  asyncOptionNames,
  type ConvPlan,
  type Plan,
  type RunOptions,
  runOptionNames,
} from "../plan.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { elementsOf, resultOf } from "./conv-nd.ts";

/** Runs a plan for images of height 1 on signals, [batch, channels, length]. */
export abstract class RowPlan<P extends Plan> implements Disposable {
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly backend: ConvPlan["backend"];
  readonly #plan: P;

  constructor(plan: P) {
    this.inputShape = Object.freeze(withoutHeight(plan.inputShape));
    this.outputShape = Object.freeze(withoutHeight(plan.outputShape));
    this.backend = plan.backend;
    this.#plan = plan;
  }

  run(x: TensorLike | FloatArray, options?: RunOptions): Tensor {
    checkArity("run", arguments.length, 2);
    const { out } = readOptions(options, runOptionNames);
    const input = elementsOf(x, this.inputShape, "x");
    const output = this.#plan.run(input, this.#outOf(out));
    return resultOf(output.data, this.outputShape, out);
  }

  async runAsync(x: TensorLike | FloatArray, options?: RunOptions & AsyncOptions): Promise<Tensor> {
    checkArity("runAsync", arguments.length, 2);
    const { out, signal, transfer } = readOptions(options, asyncOptionNames);
    const input = elementsOf(x, this.inputShape, "x");
    const output = await this.#plan.runAsync(input, { signal, transfer, ...this.#outOf(out) });
    return resultOf(output.data, this.outputShape, out);
  }

  explain(): string {
    return this.#plan.explain();
  }

  dispose(): void {
    this.#plan.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #outOf(out: RunOptions["out"]): RunOptions {
    return out === undefined ? {} : { out: elementsOf(out, this.outputShape, "out", true) };
  }
}

function withoutHeight([batch, channels, , length]: readonly number[]): number[] {
  return [batch, channels, length];
}
