// SPDX-License-Identifier: MIT
// Poolings and their gradients.
import fc from "fast-check";
import { type DType, sourceIndex, unitRoundoff } from "../helpers/oracle.ts";
import {
  type Axis,
  axesOf,
  axisDraw,
  type Border,
  borders,
  columns,
  dtypes,
  fill,
  filling,
  how,
  layouts,
  mostly,
  offset,
  paddingForm,
  paddingOption,
  product,
  rows,
} from "./draw.ts";
import { inLayout, laid, shapeIn } from "./layout.ts";
import { exactly } from "./sums.ts";
import type { Expected, Trial } from "./trial.ts";

export const poolNames = [
  ...[
    "maxPool2d",
    "avgPool2d",
    "globalAvgPool2d",
    "maxPool2dGradInput",
    "avgPool2dGradInput",
    "globalAvgPool2dGradInput",
  ],
] as const;

export const poolDraws = fc.record({
  draws: fc.tuple(axisDraw(rows), axisDraw(columns)),
  form: paddingForm,
  rounding: fc.constantFrom("floor", "ceil"),
  countIncludePad: fc.boolean(),
  border: mostly<Border>(["constant"], borders),
  batch: mostly([1, 2], [3]),
  channels: mostly([1, 2, 3, 4], [5, 7, 8, 9, 16, 17, 33]),
  inputLayout: fc.constantFrom(...layouts),
  dtype: fc.constantFrom(...dtypes),
  xFilling: filling,
  gradFilling: filling,
  seed: fc.nat(1e6),
  offset,
  how,
});

export type PoolDraw = typeof poolDraws extends fc.Arbitrary<infer D> ? D : never;

/** For each window of an axis what it holds: positions in the input, or -1 for padding. It may overhang both. */
function windowsOf(
  { size, kernel, stride, dilation, before, after, out }: Axis,
  rounding: string,
  border: Border,
): number[][] {
  const end = size + before + after;
  const rest = end - ((out - 1) * stride + (kernel - 1) * dilation + 1);
  const count = rounding === "ceil" && rest > 0 && out * stride < size + before ? out + 1 : out;
  return Array.from({ length: count }, (_, o) =>
    Array.from({ length: kernel }, (_, k) => o * stride + k * dilation)
      .filter((at) => at < end)
      .map((at) => sourceIndex(at - before, size, border)),
  );
}

/** The elements of each window of a plane. */
function planeWindows(c: PoolDraw, axes: readonly Axis[]): { sizes: number[]; windows: number[][] } {
  const [ys, xs] = axes.map((axis) => windowsOf(axis, c.rounding, c.border));
  const join = (y: number, x: number) => (y < 0 || x < 0 ? -1 : y * axes[1].size + x);
  const windows = ys.flatMap((wy) => xs.map((wx) => wy.flatMap((y) => wx.map((x) => join(y, x)))));
  return { sizes: [ys.length, xs.length], windows };
}

export function poolTrial(operator: string, draw: PoolDraw): Trial {
  const isGlobal = operator.startsWith("global");
  const c: PoolDraw = isGlobal ? { ...draw, form: "valid", rounding: "floor", border: "constant" } : draw;
  const axes = axesOf(c.draws, c.form).map((axis) =>
    isGlobal ? { ...axis, kernel: axis.size, stride: 1, dilation: 1, before: 0, after: 0, out: 1 } : axis,
  );
  const isMax = operator.startsWith("max");
  const { sizes, windows } = planeWindows(c, axes);
  const used = windows.map((window) =>
    isMax || !c.countIncludePad ? window.filter((at) => at >= 0) : window,
  );
  const planes = c.batch * c.channels;
  const inSizes = [c.batch, c.channels, axes[0].size, axes[1].size];
  const outSizes = [c.batch, c.channels, ...sizes];
  const x = fill(c.dtype, product(inSizes), c.xFilling, c.seed);
  const gradient = fill(c.dtype, product(outSizes), c.gradFilling, c.seed + 1);
  const options = {
    ...(!isGlobal && {
      windowDimensions: axes.map(({ kernel }) => kernel),
      strides: axes.map(({ stride }) => stride),
      dilations: axes.map(({ dilation }) => dilation),
      padding: paddingOption(axes, c.form),
      outputShapeRounding: c.rounding,
      border: c.border,
    }),
    ...(!isGlobal && !isMax && { countIncludePad: c.countIncludePad }),
    inputLayout: c.inputLayout,
  };
  const image = laid(x, inSizes, "nchw", c.inputLayout, c.offset);
  const g = laid(gradient, outSizes, "nchw", c.inputLayout, c.offset);
  const isGrad = operator.endsWith("GradInput");
  const expected = isGrad
    ? gradientOf(c.dtype, isMax, used, planes, x, gradient)
    : pooled(c.dtype, isMax, used, planes, x);
  const resultSizes = isGrad ? inSizes : outSizes;
  return {
    operator,
    args: !isGrad ? [image, options] : isMax ? [image, g, options] : [image.shape, g, options],
    shape: shapeIn(resultSizes, "nchw", c.inputLayout),
    expected: inLayout(expected, resultSizes, "nchw", c.inputLayout),
    bound: "allowed",
    how: c.how,
  };
}

type Data = ArrayLike<number>;

const smallest: Record<DType, number> = { float32: 2 ** -149, float64: 2 ** -1074 };

function pooled(dtype: DType, isMax: boolean, windows: number[][], planes: number, x: Data): Expected {
  const values: number[] = [];
  const allowed: number[] = [];
  const plane = x.length / planes;
  for (let p = 0; p < planes; p++) {
    for (const window of windows) {
      const elements = window.map((at) => (at < 0 ? 0 : x[p * plane + at]));
      if (isMax) {
        values.push(Math.max(...elements));
        allowed.push(0);
        continue;
      }
      const sum = (of: (value: number) => number) => elements.reduce((total, value) => total + of(value), 0);
      values.push(sum((value) => value) / elements.length);
      // Sums in any order, then a division or a product with a rounded reciprocal; the oracle's own sum is of float64.
      const unit = unitRoundoff[dtype] + unitRoundoff.float64;
      allowed.push((elements.length + 2) * (unit * (sum(Math.abs) / elements.length) + smallest[dtype]));
    }
  }
  return { ...exactly(values), allowed: Float64Array.from(allowed) };
}

/** The place of the greatest: the first of equals, the last NaN. */
function greatestOf(x: Data, window: readonly number[], first: number): number {
  return window.reduce((best, at) => {
    const [value, most] = [x[first + at], x[first + best]];
    return Number.isNaN(value) || value > most ? at : best;
  }, window[0]);
}

function gradientOf(
  dtype: DType,
  isMax: boolean,
  windows: number[][],
  planes: number,
  x: Data,
  gradient: Data,
): Expected {
  const [values, magnitudes, counts] = [0, 0, 0].map(() => new Float64Array(x.length));
  const plane = x.length / planes;
  for (let p = 0; p < planes; p++) {
    windows.forEach((window, i) => {
      const share = gradient[p * windows.length + i] / (isMax ? 1 : window.length);
      const receivers = !isMax || window.length === 0 ? window : [greatestOf(x, window, p * plane)];
      for (const at of receivers.filter((at) => at >= 0)) {
        values[p * plane + at] += share;
        magnitudes[p * plane + at] += Math.abs(share);
        counts[p * plane + at]++;
      }
    });
  }
  const unit = unitRoundoff[dtype] + unitRoundoff.float64;
  const allowed = magnitudes.map((sum, i) => (counts[i] + 2) * (unit * sum + (isMax ? 0 : smallest[dtype])));
  return { values, allowed, magnitudes };
}
