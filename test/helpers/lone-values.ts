// SPDX-License-Identifier: MIT
// Whole numbers with a NaN or an infinity in one place at a time, and the shapes that they go through.
import type { DType, FloatArray } from "./oracle.ts";
import { Random } from "./random.ts";
import type { ScatterCase } from "./scatter-oracle.ts";

const lone = [Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY];

/** The places of an array in which a value stands alone: its ends, and a few between them. */
export function placesOf(length: number, random: Random, count: number): number[] {
  const between = Array.from({ length: count }, () => random.integer(0, length - 1));
  return [...new Set([0, length - 1, ...between])];
}

/** Calls `check` with each of the values in each of the places, one at a time, and puts the old one back. */
export function eachLoneValue(data: FloatArray, places: readonly number[], check: (what: string) => void) {
  places.forEach((place, i) => {
    const value = lone[i % lone.length];
    const before = data[place];
    data[place] = value;
    check(`${value} at ${place}`);
    data[place] = before;
  });
}

export function wholeNumbers(dtype: DType, length: number, random: Random): FloatArray {
  const data = dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
  return data.map(() => random.integer(-9, 9));
}

export interface LayoutCase extends ScatterCase {
  readonly seed: number;
  readonly inputLayout: "nchw" | "nhwc";
  readonly bias: boolean;
  readonly activation: { readonly kind: "none" | "relu" };
}

/** Transposed convolutions of every stride, dilation, padding, border and layout, together, with few and many channels. */
export function scatterCases(count: number): LayoutCase[] {
  const random = new Random(404);
  const cases: LayoutCase[] = [];
  while (cases.length < count) {
    const pair = (pick: () => number) => [pick(), pick()] as const;
    const isWide = random.chance(0.15);
    const sourceSize = pair(() => random.pick([1, 2, 3, 4, 5, isWide ? 19 : 6]));
    const kernel = pair(() => random.integer(1, 5));
    const strides = random.chance(0.5)
      ? ([random.integer(1, 4), random.integer(1, 4)] as const)
      : ([2, 2] as const);
    const dilations = random.chance(0.6) ? ([1, 1] as const) : pair(() => random.integer(1, 3));
    const side = () => random.pick([0, 0, 1, 2, 3]);
    const padding = [side(), side(), side(), side()] as const;
    const size = [0, 1].map((axis) => {
      const extra = random.integer(0, Math.max(strides[axis], dilations[axis]) - 1);
      const whole = (sourceSize[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1;
      return whole + extra - padding[2 * axis] - padding[2 * axis + 1];
    }) as unknown as readonly [number, number];
    if (size[0] < 1 || size[1] < 1) continue;
    const channels = () => random.pick([1, 2, 3, random.pick([4, 9, 17])]);
    cases.push({
      seed: cases.length,
      batch: random.pick([1, 1, 2]),
      groups: random.pick([1, 1, 1, 2, 3]),
      groupOut: channels(),
      groupIn: channels(),
      ...{ sourceSize, size, kernel, strides, dilations, padding },
      border: random.chance(0.7) ? "constant" : random.pick(["replicate", "reflect", "mirror", "wrap"]),
      inputLayout: random.pick(["nchw", "nchw", "nhwc"]),
      bias: random.chance(0.3),
      activation: { kind: random.pick(["none", "none", "relu"]) },
    });
  }
  return cases;
}
