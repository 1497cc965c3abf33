// SPDX-License-Identifier: MIT
// Pooling and its gradients by their definition, and the cases that are held to it: nothing of src/ is used here.
import type * as corr2d from "corr2d";
import type { AvgPool2dOptions } from "corr2d";
import { lay } from "./operands.ts";
import { type DType, type FloatArray, sourceIndex, unitRoundoff } from "./oracle.ts";
import { Random } from "./random.ts";

const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;

export interface PoolCase {
  readonly kind: "max" | "average";
  readonly shape: readonly [batch: number, channels: number, height: number, width: number];
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  /** [top, bottom, left, right] */
  readonly padding: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly border: (typeof borders)[number];
  readonly rounding: "floor" | "ceil";
  readonly countIncludePad: boolean;
  readonly layout: "nchw" | "nhwc";
  readonly seed: number;
}

export const array = (dtype: DType, values: Iterable<number>): FloatArray =>
  dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);

/** How many windows one axis has: all that begin in the padded input and, rounded down, end there. */
export function windowsOf(c: PoolCase, axis: 0 | 1): number {
  const size = c.shape[2 + axis];
  const [before, after] = [c.padding[2 * axis], c.padding[2 * axis + 1]];
  const extent = (c.window[axis] - 1) * c.dilations[axis] + 1;
  let count = 0;
  while (count * c.strides[axis] + extent <= size + before + after) count++;
  const rest = size + before + after - extent - (count - 1) * c.strides[axis];
  if (c.rounding === "ceil" && rest > 0 && count * c.strides[axis] < size + before) count++;
  return count;
}

/** The elements of each window of a plane: where in the plane, or -1 for a zero that counts in a mean. */
function windowElements(c: PoolCase): number[][] {
  const [, , height, width] = c.shape;
  const windows: number[][] = [];
  for (let oy = 0; oy < windowsOf(c, 0); oy++) {
    for (let ox = 0; ox < windowsOf(c, 1); ox++) {
      const elements: number[] = [];
      for (let ky = 0; ky < c.window[0]; ky++) {
        for (let kx = 0; kx < c.window[1]; kx++) {
          const y = oy * c.strides[0] + ky * c.dilations[0] - c.padding[0];
          const x = ox * c.strides[1] + kx * c.dilations[1] - c.padding[2];
          if (y >= height + c.padding[1] || x >= width + c.padding[3]) continue;
          const row = sourceIndex(y, height, c.border);
          const column = sourceIndex(x, width, c.border);
          if (row >= 0 && column >= 0) elements.push(row * width + column);
          else if (c.kind === "average" && c.countIncludePad) elements.push(-1);
        }
      }
      windows.push(elements);
    }
  }
  return windows;
}

/** The place of the greatest: the first in scan order. Without NaN. */
function greatestOf(plane: FloatArray, elements: readonly number[]): number {
  return elements.reduce((best, at) => (plane[at] > plane[best] ? at : best), elements[0]);
}

interface Outcome {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly allowed: Float64Array;
}

/** Output of a case, NCHW, and how far an implementation may be from it. */
export function poolOf(c: PoolCase, x: FloatArray, dtype: DType): Outcome {
  const windows = windowElements(c);
  const [batch, channels, height, width] = c.shape;
  const values: number[] = [];
  const allowed: number[] = [];
  for (let p = 0; p < batch * channels; p++) {
    const plane = x.subarray(p * height * width, (p + 1) * height * width);
    for (const elements of windows) {
      if (c.kind === "max") {
        values.push(elements.length === 0 ? Number.NEGATIVE_INFINITY : plane[greatestOf(plane, elements)]);
        allowed.push(0);
        continue;
      }
      const inside = elements.filter((at) => at >= 0).map((at) => plane[at]);
      values.push(inside.reduce((a, b) => a + b, 0) / elements.length);
      // A sum of n numbers in any order, and a division or a multiplication by a rounded reciprocal.
      const magnitude = inside.reduce((a, b) => a + Math.abs(b), 0) / elements.length;
      allowed.push((elements.length + 2) * unitRoundoff[dtype] * magnitude);
    }
  }
  const shape = [batch, channels, windowsOf(c, 0), windowsOf(c, 1)];
  return { shape, values: Float64Array.from(values), allowed: Float64Array.from(allowed) };
}

/** Gradient of a case with respect to its input, NCHW. */
export function gradientOf(c: PoolCase, x: FloatArray, gradOutput: FloatArray, dtype: DType): Outcome {
  const windows = windowElements(c);
  const [batch, channels, height, width] = c.shape;
  const values = new Float64Array(x.length);
  const allowed = new Float64Array(x.length);
  let next = 0;
  for (let p = 0; p < batch * channels; p++) {
    const plane = x.subarray(p * height * width, (p + 1) * height * width);
    for (const elements of windows) {
      const gradient = gradOutput[next++];
      const receivers = c.kind === "max" ? [greatestOf(plane, elements)].slice(0, elements.length) : elements;
      for (const at of receivers.filter((at) => at >= 0)) {
        values[p * height * width + at] += gradient / receivers.length;
        allowed[p * height * width + at] += Math.abs(gradient / receivers.length);
      }
    }
  }
  // No element takes part more often than there are taps of all windows, of which each addition rounds once.
  const additions = windows.length * c.window[0] * c.window[1] + 2;
  return { shape: c.shape, values, allowed: allowed.map((sum) => additions * unitRoundoff[dtype] * sum) };
}

function randomCases(count: number): PoolCase[] {
  const random = new Random(11);
  const cases: PoolCase[] = [];
  while (cases.length < count) {
    const pads = () => (random.chance(0.5) ? 0 : random.integer(0, 3));
    const candidate: PoolCase = {
      kind: random.pick(["max", "average"]),
      shape: [
        random.integer(1, 2),
        random.pick([1, 2, 3, 7, 17, 35]),
        random.integer(1, 9),
        random.pick([1, 2, 5, 8, 15, 16, 17, 31, 33, 34, 40]),
      ],
      window: random.pick([
        [2, 2],
        [3, 3],
        [random.integer(1, 4), random.integer(1, 5)],
      ]),
      strides: random.pick([
        [1, 1],
        [2, 2],
        [random.integer(1, 3), random.integer(1, 4)],
      ]),
      padding: random.pick([
        [0, 0, 0, 0],
        [1, 1, 1, 1],
        [pads(), pads(), pads(), pads()],
      ]),
      dilations: random.chance(0.7) ? [1, 1] : [random.integer(1, 3), random.integer(1, 3)],
      border: random.chance(0.6) ? "constant" : random.pick(borders),
      rounding: random.pick(["floor", "ceil"]),
      countIncludePad: random.chance(0.5),
      layout: random.pick(["nchw", "nhwc"]),
      seed: cases.length,
    };
    if (windowsOf(candidate, 0) > 0 && windowsOf(candidate, 1) > 0) cases.push(candidate);
  }
  return cases;
}

export const poolCases = randomCases(150);

export const optionsOf = (c: PoolCase): AvgPool2dOptions => ({
  windowDimensions: c.window,
  strides: c.strides,
  padding: c.padding,
  dilations: c.dilations,
  border: c.border,
  outputShapeRounding: c.rounding,
  inputLayout: c.layout,
  ...(c.kind === "average" && { countIncludePad: c.countIncludePad }),
});

export function uniform(dtype: DType, length: number, seed: number): FloatArray {
  const random = new Random(seed);
  return array(
    dtype,
    Array.from({ length }, () => 2 * random.next() - 1),
  );
}

export const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Throws unless `actual`, in the layout of the case, is what was expected. */
export function compare(
  c: PoolCase,
  actual: corr2d.Tensor,
  dtype: DType,
  { shape, values, allowed }: Outcome,
): void {
  const sizes = [...c.layout].map((axis) => shape["nchw".indexOf(axis)]);
  if (actual.shape.join() !== sizes.join()) throw new Error(`shape [${actual.shape}], not [${sizes}]`);
  const { data } = lay(actual.data, dtype, sizes, c.layout, "nchw", 0);
  values.forEach((value, i) => {
    if (!Object.is(data[i] + 0, value + 0) && !(Math.abs(data[i] - value) <= allowed[i]))
      throw new Error(`element ${i}: ${data[i]}, not ${value}, where ${allowed[i]} is allowed`);
  });
}
