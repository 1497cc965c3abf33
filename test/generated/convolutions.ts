// SPDX-License-Identifier: MIT
// Convolutions over one, two and three axes, transposed ones, and gradients.
import fc from "fast-check";
import type { Activation } from "../helpers/conv-case.ts";
import { activate, type DType, unitRoundoff } from "../helpers/oracle.ts";
import {
  type Axis,
  axesOf,
  axisDraw,
  borders,
  columns,
  dtypes,
  fill,
  filling,
  how,
  layouts,
  mostly,
  offset,
  ordinary,
  paddingForm,
  paddingOption,
  product,
  rows,
  tapsOf,
} from "./draw.ts";
import { inLayout, laid, shapeIn } from "./layout.ts";
import { exactly, Sums } from "./sums.ts";
import type { Expected, Trial } from "./trial.ts";

export const convolutionNames = [
  ...["conv1d", "conv2d", "conv3d", "convTranspose1d", "convTranspose2d"],
  ...["conv2dGradInput", "conv2dGradWeights", "conv2dGradBias"],
] as const;

const activations: readonly Activation[] = [
  { kind: "relu" },
  { kind: "sigmoid" },
  { kind: "tanh" },
  { kind: "leakyRelu", alpha: 0.1 },
  { kind: "leakyRelu", alpha: -1.5 },
  { kind: "clamp", min: -0.5, max: 0.75 },
];

/** Each multiply-add costs the oracle some nanoseconds, and every implementation one. */
const mostProducts = 4000;

const drawn = (axes: number) =>
  fc.record({
    draws: fc.tuple(
      ...Array.from({ length: axes }, (_, i) =>
        axisDraw(i === axes - 1 ? columns : rows, axes === 3 ? 2 : 4),
      ),
    ),
    form: paddingForm,
    batch: mostly([1, 2], [3]),
    groups: mostly([1, 2], [3, 8]),
    groupIn: mostly([1, 2, 3], [4, 5, 8, 9, 16, 17, 33, 70, 260]),
    groupOut: mostly([1, 2, 3, 4], [5, 7, 8, 9, 15, 16, 17, 33]),
    border: fc.constantFrom(...borders),
    inputLayout: fc.constantFrom(...layouts),
    filterLayout: fc.constantFrom<string>("oihw", "hwio", "ohwi", "ihwo"),
    bias: fc.boolean(),
    activation: mostly<Activation>([{ kind: "none" }], activations),
    algorithm: fc.constantFrom("auto", "auto", "direct", "im2col", "strided", "winograd", "depthwise"),
    accuracy: fc.constantFrom("fast", "exact"),
    dtype: fc.constantFrom(...dtypes),
    xFilling: filling,
    otherFilling: filling,
    seed: fc.nat(1e6),
    offset,
    how,
  });

export type ConvolutionDraw = ReturnType<typeof drawn> extends fc.Arbitrary<infer D> ? D : never;

export function convolutionDraws(operator: string): fc.Arbitrary<ConvolutionDraw> {
  return drawn(operator.includes("1d") ? 1 : operator.includes("3d") ? 3 : 2);
}

interface Case extends Omit<ConvolutionDraw, "draws"> {
  readonly axes: readonly Axis[];
}

/** What an algorithm that is asked for computes, from what was drawn; and not more than can be afforded. */
function caseOf(operator: string, draw: ConvolutionDraw): Case {
  const c = { ...draw };
  const isTransposed = operator.includes("Transpose");
  if (isTransposed && c.form === "same") c.form = "sides";
  // Their four layouts, with "o" and "i" swapped as the convolution's are here.
  if (isTransposed && c.filterLayout === "ohwi") c.filterLayout = "iohw";
  const axes2d = operator.endsWith("2d") || operator.includes("Grad");
  if (!axes2d) [c.inputLayout, c.filterLayout] = ["nchw", "oihw"];
  if (operator !== "conv2d") c.algorithm = "auto";
  let { draws } = c;
  if (c.algorithm === "winograd") {
    draws = draws.map((axis) => ({ ...axis, kernel: 3, stride: 1, dilation: 1 }));
    [c.dtype, c.inputLayout] = ["float32", "nchw"];
    for (const name of ["xFilling", "otherFilling"] as const) {
      if (!ordinary.some((kind) => kind === c[name])) c[name] = "uniform";
    }
  }
  if (c.algorithm === "depthwise") {
    const [{ kernel, stride }] = draws;
    draws = draws.map((axis) => ({
      ...axis,
      kernel: kernel > 2 ? 5 : 3,
      stride: Math.min(stride, 2),
      dilation: 1,
    }));
    [c.groups, c.groupIn, c.inputLayout, c.border] = [c.groups * c.groupIn, 1, "nchw", "constant"];
    if (c.form === "number") c.form = "sides";
  }
  const axes = axesOf(draws, c.form);
  const taps = product(axes.map(({ out, kernel }) => out * kernel));
  const products = () => taps * c.batch * c.groups * c.groupIn * c.groupOut;
  if (products() > mostProducts) c.batch = 1;
  if (products() > mostProducts) c.groups = Math.min(c.groups, 2);
  if (products() > mostProducts) c.groupOut = Math.min(c.groupOut, 3);
  if (products() > mostProducts) c.groupIn = Math.min(c.groupIn, 2);
  // Winograd's error is that of the largest elements nearby, and it spreads NaN.
  const isOrdinary = [c.xFilling, c.otherFilling].every((kind) => ordinary.some((name) => name === kind));
  return { ...c, axes, accuracy: isOrdinary ? c.accuracy : "exact" };
}

/** Axes of tensors over one, two and three axes, planar and channels last. */
const spatial = ["", "w", "hw", "dhw"];

export function convolutionTrial(operator: string, draw: ConvolutionDraw): Trial {
  const c = caseOf(operator, draw);
  const { axes, batch, groups, groupIn, groupOut, dtype } = c;
  const hw = spatial[axes.length];
  const nchw = `nc${hw}`;
  const inputLayout = c.inputLayout === "nhwc" ? "nhwc" : nchw;
  const oihw = `oi${hw}`;
  const filterLayout = axes.length === 2 ? c.filterLayout : oihw;
  const inSizes = [batch, groups * groupIn, ...axes.map(({ size }) => size)];
  const outSizes = [batch, groups * groupOut, ...axes.map(({ out }) => out)];
  const weightSizes = [groups * groupOut, groupIn, ...axes.map(({ kernel }) => kernel)];
  const x = fill(dtype, product(inSizes), c.xFilling, c.seed);
  const weights = fill(dtype, product(weightSizes), c.otherFilling, c.seed + 1);
  // The output's gradient, or what a transposed convolution is given.
  const gradient = fill(dtype, product(outSizes), c.xFilling, c.seed + 2);
  const lay = (data: typeof x, sizes: readonly number[], from: string, to: string) =>
    laid(data, sizes, from, to, c.offset);
  const sums = definition(operator, c, x, weights, gradient);
  const common = {
    ...optionsOf(c),
    ...(axes.length === 2 && { inputLayout }),
    ...(axes.length === 2 && operator !== "conv2dGradBias" && { filterLayout }),
  };
  const isFast = c.algorithm === "winograd" || (c.algorithm === "auto" && c.accuracy === "fast");
  const bound = isFast && dtype === "float32" ? "winograd" : "allowed";
  const trial = (
    args: unknown[],
    expected: Expected,
    sizes: readonly number[],
    from: string,
    to: string,
  ): Trial => {
    const shape = shapeIn(sizes, from, to);
    return { operator, args, shape, expected: inLayout(expected, sizes, from, to), bound, how: c.how };
  };
  const g = lay(gradient, outSizes, nchw, inputLayout);
  const w = lay(weights, weightSizes, oihw, filterLayout);
  switch (operator) {
    case "conv2dGradInput": {
      const shape = shapeIn(inSizes, nchw, inputLayout);
      return trial([shape, w, g, common], sums.bounded(), inSizes, nchw, inputLayout);
    }
    case "conv2dGradWeights": {
      const image = lay(x, inSizes, nchw, inputLayout);
      const t = trial([image, w.shape, g, common], sums.bounded(), weightSizes, oihw, filterLayout);
      return { ...t, bound: "allowed" };
    }
    case "conv2dGradBias": {
      const t = trial([g, common], sums.bounded(), outSizes.slice(1, 2), "c", "c");
      return { ...t, bound: "allowed", how: c.how === "async" ? "plain" : c.how };
    }
  }
  const isTransposed = operator.includes("Transpose");
  const sizes = isTransposed ? inSizes : outSizes;
  const bias = c.bias
    ? fill(dtype, sizes[1], c.otherFilling === "special" ? "uniform" : "integers", c.seed + 3)
    : null;
  const plane = product(sizes.slice(2));
  const biased = sums.bounded((i) => (bias === null ? 0 : bias[Math.floor(i / plane) % sizes[1]]));
  const layer = {
    ...common,
    ...(bias !== null && { bias }),
    ...(c.activation.kind !== "none" && { activation: c.activation }),
    ...(isTransposed ? transposedOptions(c, filterLayout) : { algorithm: c.algorithm }),
  };
  const input = isTransposed ? g : lay(x, inSizes, nchw, inputLayout);
  return trial([input, w, layer], activated(biased, c.activation, dtype), sizes, nchw, inputLayout);
}

function optionsOf({ axes, groups, border, form, accuracy }: Case) {
  const [one] = axes;
  const strides = axes.map(({ stride }) => stride);
  const dilations = axes.map(({ dilation }) => dilation);
  return {
    strides: axes.length === 1 ? one.stride : strides,
    dilations: axes.length === 1 ? one.dilation : dilations,
    padding: paddingOption(axes, form),
    ...{ groups, border, accuracy },
  };
}

/** Rows and columns of the convolution's input that its strides do not reach are output padding here. */
function transposedOptions({ axes }: Case, filterLayout: string) {
  const extra = axes.map(({ size, before, after, kernel, stride, dilation, out }) => {
    const reached = (out - 1) * stride + (kernel - 1) * dilation + 1;
    return size + before + after - reached;
  });
  if (axes.length === 1) return { outputPadding: extra[0] };
  const swapped: Record<string, string> = { o: "i", i: "o", h: "h", w: "w" };
  return { outputPadding: extra, filterLayout: [...filterLayout].map((axis) => swapped[axis]).join("") };
}

type Data = ReturnType<typeof fill>;

/** Each product of the convolution, added to the output, input, weight or channel that the operator sums for. */
function definition(operator: string, c: Case, x: Data, weights: Data, gradient: Data): Sums {
  const { axes, batch, groups, groupIn, groupOut, dtype } = c;
  const taps = tapsOf(axes, c.border);
  const inPlane = product(axes.map(({ size }) => size));
  const outPlane = product(axes.map(({ out }) => out));
  const window = product(axes.map(({ kernel }) => kernel));
  if (operator === "conv2dGradBias") {
    const sums = new Sums(dtype, groups * groupOut);
    gradient.forEach((value, i) => {
      sums.add(Math.floor(i / outPlane) % (groups * groupOut), value, 1);
    });
    return sums;
  }
  const toInput = operator.includes("Transpose") || operator === "conv2dGradInput";
  const toWeights = operator === "conv2dGradWeights";
  const sums = new Sums(dtype, toInput ? x.length : toWeights ? weights.length : gradient.length);
  for (let n = 0; n < batch; n++) {
    for (let oc = 0; oc < groups * groupOut; oc++) {
      for (let ic = 0; ic < groupIn; ic++) {
        const input = (n * groups * groupIn + Math.floor(oc / groupOut) * groupIn + ic) * inPlane;
        const output = (n * groups * groupOut + oc) * outPlane;
        const filter = (oc * groupIn + ic) * window;
        for (let t = 0; t < taps.out.length; t++) {
          const isZero = taps.in[t] < 0;
          const [i, o, w] = [input + taps.in[t], output + taps.out[t], filter + taps.kernel[t]];
          // A zero of the border takes part like any other: times Infinity it gives NaN. It has no gradient.
          if (toWeights) sums.add(w, gradient[o], isZero ? 0 : x[i]);
          else if (!toInput) sums.add(o, isZero ? 0 : x[i], weights[w]);
          else if (!isZero) sums.add(i, gradient[o], weights[w]);
        }
      }
    }
  }
  return sums;
}

const smallestNormal: Record<DType, number> = { float32: 2 ** -126, float64: 2 ** -1022 };

/** The error of a sum passes with the slope of the activation; the last roundings are those that `../helpers/oracle.ts` allows. */
function activated(
  { values, allowed, magnitudes }: Expected,
  activation: Activation,
  dtype: DType,
): Expected {
  if (activation.kind === "none") return { values, allowed, magnitudes };
  const unit = unitRoundoff[dtype];
  const results = values.map((value) => activate(activation, value));
  const errors = allowed.map((error, i) => {
    // An infinity may become a number: the error of that sum is none, or it is no number itself.
    const passed = Number.isFinite(values[i]) ? error : 0;
    const result = Math.abs(results[i]);
    if (activation.kind === "leakyRelu")
      return (
        passed * Math.max(1, Math.abs(activation.alpha)) +
        2 * unit * result +
        smallestNormal[dtype] * unit * 2
      );
    if (activation.kind === "sigmoid") return passed / 4 + 8 * unit * result + smallestNormal[dtype];
    if (activation.kind === "tanh") return passed + 8 * unit * result;
    return passed;
  });
  return { ...exactly(results), allowed: errors, magnitudes };
}
