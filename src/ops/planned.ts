// SPDX-License-Identifier: MIT
// How operators are called: at once, or off the event loop, on a plan that lives for one call.
import type { FloatArray, TypedArray } from "../dtype.ts";
import { type AnyNames, readOptions } from "../input/options.ts";
import { type AsyncOptions, asyncOptionNames, type RunOptions, runOptionNames } from "../plan/plan.ts";
import type { Tensor } from "../tensor.ts";

/** A plan and the operands that it runs on. */
export interface Call<Y extends TypedArray = FloatArray> {
  readonly plan: {
    run(...operands: unknown[]): Tensor<Y>;
    runAsync(...operands: unknown[]): Promise<Tensor<Y>>;
    dispose(): void;
  };
  readonly operands: readonly unknown[];
}

/** Makes the plan and operands of a call from an operator's own options. */
type Make<O, Y extends TypedArray> = (options: O) => Call<Y>;

/** Runs what `make` plans. `names` are those of the operator's own options. */
export function runOnce<O extends object, Y extends TypedArray = FloatArray>(
  names: AnyNames,
  options: (O & RunOptions<Y>) | undefined,
  make: Make<O, Y>,
): Tensor<Y> {
  const { out, ...given } = readOptions<RunOptions<Y>>(options, names, runOptionNames);
  const { plan, operands } = make(given as O);
  try {
    return plan.run(...operands, out === undefined ? undefined : { out });
  } finally {
    plan.dispose();
  }
}

/** The same without blocking the event loop. */
export async function runOnceAsync<O extends object, Y extends TypedArray = FloatArray>(
  names: AnyNames,
  options: (O & RunOptions<Y> & AsyncOptions) | undefined,
  make: Make<O, Y>,
): Promise<Tensor<Y>> {
  const { out, signal, transfer, ...given } = readOptions<RunOptions<Y> & AsyncOptions>(
    options,
    names,
    asyncOptionNames,
  );
  const { plan, operands } = make(given as O);
  try {
    return await plan.runAsync(...operands, { signal, transfer, ...(out !== undefined && { out }) });
  } finally {
    plan.dispose();
  }
}
