// SPDX-License-Identifier: MIT
// Unfold, fold, pad and its gradient.
import fc from "fast-check";
import {
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
  tapsOf,
} from "./draw.ts";
import { inLayout, laid, shapeIn } from "./layout.ts";
import { exactly, Sums } from "./sums.ts";
import type { Trial } from "./trial.ts";

export const patchNames = ["unfold", "fold", "pad", "padGradInput"] as const;

export const patchDraws = fc.record({
  draws: fc.tuple(axisDraw(rows), axisDraw(columns)),
  form: paddingForm,
  border: fc.constantFrom<Border>("constant", ...borders),
  value: fc.constantFrom(0, 1.5, -3, Number.NaN, Number.POSITIVE_INFINITY),
  batch: mostly([1, 2], [3]),
  channels: mostly([1, 2, 3], [4, 5, 8, 17]),
  isMatrix: fc.boolean(),
  inputLayout: fc.constantFrom(...layouts),
  dtype: fc.constantFrom(...dtypes),
  filling,
  seed: fc.nat(1e6),
  offset,
  how,
});

export type PatchDraw = typeof patchDraws extends fc.Arbitrary<infer D> ? D : never;

export function patchTrial(operator: string, draw: PatchDraw): Trial {
  return operator.startsWith("pad") ? padTrial(operator, draw) : unfoldTrial(operator, draw);
}

function unfoldTrial(operator: string, c: PatchDraw): Trial {
  const axes = axesOf(c.draws, c.form);
  const taps = tapsOf(axes, c.border);
  const [kernel, windows, plane] = [
    product(axes.map((axis) => axis.kernel)),
    product(axes.map((axis) => axis.out)),
    product(axes.map((axis) => axis.size)),
  ];
  const imageShape = [c.batch, c.channels, axes[0].size, axes[1].size];
  const columnsShape = [c.batch, c.channels * kernel, windows];
  const options = {
    windowDimensions: axes.map((axis) => axis.kernel),
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    padding: paddingOption(axes, c.form),
    border: c.border,
  };
  const isUnfold = operator === "unfold";
  const data = fill(c.dtype, product(isUnfold ? imageShape : columnsShape), c.filling, c.seed);
  const copies = new Float64Array(product(columnsShape));
  const sums = new Sums(c.dtype, product(imageShape));
  for (let p = 0; p < c.batch * c.channels; p++) {
    taps.out.forEach((o, t) => {
      const at = (p * kernel + taps.kernel[t]) * windows + o;
      if (taps.in[t] < 0) return;
      if (isUnfold) copies[at] = data[p * plane + taps.in[t]];
      else sums.add(p * plane + taps.in[t], data[at], 1);
    });
  }
  const shape = isUnfold ? columnsShape : imageShape;
  const given = isUnfold
    ? laid(data, imageShape, "nchw", "nchw", c.offset)
    : laid(data, columnsShape, "nkw", "nkw", c.offset);
  const args = isUnfold ? [given, options] : [given, imageShape.slice(2), options];
  const expected = isUnfold ? exactly(copies) : sums.bounded();
  return { operator, args, shape, expected, bound: "allowed", how: c.how };
}

function padTrial(operator: string, c: PatchDraw): Trial {
  const form = c.form === "number" || c.form === "sides" ? c.form : "sides";
  const axes = axesOf(c.draws, form).map((axis) => {
    const { size, before, after } = axis;
    return { ...axis, kernel: 1, stride: 1, dilation: 1, out: size + before + after };
  });
  const [batch, channels] = c.isMatrix ? [1, 1] : [c.batch, c.channels];
  const inSizes = [batch, channels, axes[0].size, axes[1].size];
  const outSizes = [batch, channels, axes[0].out, axes[1].out];
  const layout = c.isMatrix ? "nchw" : c.inputLayout;
  const isPad = operator === "pad";
  const data = fill(c.dtype, product(isPad ? inSizes : outSizes), c.filling, c.seed);
  const constant = c.dtype === "float32" ? Math.fround(c.value) : c.value;
  const values = new Float64Array(product(outSizes)).fill(isPad && c.border === "constant" ? constant : 0);
  const sums = new Sums(c.dtype, product(inSizes));
  const taps = tapsOf(axes, c.border);
  const [inPlane, outPlane] = [axes[0].size * axes[1].size, axes[0].out * axes[1].out];
  for (let p = 0; p < batch * channels; p++) {
    taps.in.forEach((i, t) => {
      if (i < 0) return;
      if (isPad) values[p * outPlane + taps.out[t]] = data[p * inPlane + i];
      else sums.add(p * inPlane + i, data[p * outPlane + taps.out[t]], 1);
    });
  }
  const bare = (shape: readonly number[]) => (c.isMatrix ? shape.slice(2) : shape);
  const sizes = isPad ? outSizes : inSizes;
  const given = laid(data, isPad ? inSizes : outSizes, "nchw", layout, c.offset);
  const tensor = { data: given.data, shape: bare(given.shape) };
  const shape = bare(shapeIn(sizes, "nchw", layout));
  const inShape = bare(shapeIn(inSizes, "nchw", layout));
  const options = {
    border: c.border,
    ...(isPad && c.border === "constant" && { value: c.value }),
    ...(!c.isMatrix && { inputLayout: layout }),
  };
  const padding = paddingOption(axes, form);
  const args = isPad ? [tensor, padding, options] : [inShape, tensor, padding, options];
  const expected = inLayout(isPad ? exactly(values) : sums.bounded(), sizes, "nchw", layout);
  return { operator, args, shape, expected, bound: "allowed", how: c.how };
}
