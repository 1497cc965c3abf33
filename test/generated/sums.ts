// SPDX-License-Identifier: MIT
// Sums of products by their definition, compensated so that they are exact for the bound of float64 as well.
import { type DType, type FloatArray, unitRoundoff } from "../helpers/oracle.ts";
import type { Expected } from "./trial.ts";

/** Below it each product and each rounding may be off by half of it. */
const smallest: Record<DType, number> = { float32: 2 ** -149, float64: 2 ** -1074 };

/** a * b - fl(a * b), exact (Dekker 1971). */
function productError(a: number, b: number, product: number): number {
  const split = 134217729; // 2^27 + 1
  const a1 = split * a - (split * a - a);
  const b1 = split * b - (split * b - b);
  return (a - a1) * (b - b1) - (product - a1 * b1 - (a - a1) * b1 - a1 * (b - b1));
}

export class Sums {
  readonly #dtype: DType;
  readonly #sums: Float64Array;
  readonly #errors: Float64Array;
  readonly #magnitudes: Float64Array;
  readonly #counts: Int32Array;

  constructor(dtype: DType, length: number) {
    this.#dtype = dtype;
    this.#sums = new Float64Array(length);
    this.#errors = new Float64Array(length);
    this.#magnitudes = new Float64Array(length);
    this.#counts = new Int32Array(length);
  }

  add(at: number, a: number, b: number): void {
    const product = a * b;
    const before = this.#sums[at];
    const sum = before + product;
    this.#sums[at] = sum;
    // Neumaier's compensation.
    let error = Math.abs(before) >= Math.abs(product) ? before - sum + product : product - sum + before;
    if (this.#dtype === "float64") error += productError(a, b, product);
    this.#errors[at] += error;
    this.#magnitudes[at] += Math.abs(product);
    this.#counts[at]++;
  }

  /** How many products element `at` has. */
  count(at: number): number {
    return this.#counts[at];
  }

  /** With the promise for a sum of K products in any order, whatever is added to it: (K + 2) u (sum |a b| + |bias|). */
  bounded(biasOf: (at: number) => number = () => 0): Expected {
    const unit = unitRoundoff[this.#dtype];
    const values = this.#sums.map(
      (sum, i) => (Number.isFinite(sum) ? sum + this.#errors[i] : sum) + biasOf(i),
    );
    const magnitudes = this.#magnitudes.map((sum, i) => sum + Math.abs(biasOf(i)));
    const allowed = magnitudes.map((magnitude, i) => {
      const roundings = this.#counts[i] + 2;
      return roundings * (unit * magnitude + smallest[this.#dtype]);
    });
    return { values, allowed, magnitudes };
  }
}

/** Elements that must come out as they are. */
export function exactly(values: ArrayLike<number>): Expected {
  return {
    values: Float64Array.from(values),
    allowed: new Float64Array(values.length),
    magnitudes: new Float64Array(values.length),
  };
}

export const dataOf = (dtype: DType, values: ArrayLike<number>): FloatArray =>
  dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
