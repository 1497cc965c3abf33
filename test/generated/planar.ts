// SPDX-License-Identifier: MIT
// Correlation and convolution of matrices and signals, of floats and of bytes.
import fc from "fast-check";
import { Random } from "../helpers/random.ts";
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
  offset,
  ordinary,
  paddingForm,
  paddingOption,
  product,
  rows,
  tapsOf,
} from "./draw.ts";
import { laid } from "./layout.ts";
import { exactly, Sums } from "./sums.ts";
import type { Expected, Trial } from "./trial.ts";

export const planarNames = ["corr2d", "convolve2d", "corr1d", "convolve1d"] as const;

const drawn = (axes: number) =>
  fc.record({
    draws: fc.tuple(...Array.from({ length: axes }, (_, i) => axisDraw(i === axes - 1 ? columns : rows, 7))),
    form: paddingForm,
    mode: fc.constantFrom("valid", "same", "full", undefined, undefined),
    border: fc.constantFrom(...borders),
    algorithm: fc.constantFrom("auto", "direct", "other"),
    accuracy: fc.constantFrom("fast", "exact"),
    elements:
      axes === 1 ? fc.constantFrom(...dtypes) : fc.constantFrom(...dtypes, "uint8" as const, "int8" as const),
    xFilling: filling,
    kernelFilling: filling,
    seed: fc.nat(1e6),
    offset,
    how,
  });

export type PlanarDraw = ReturnType<typeof drawn> extends fc.Arbitrary<infer D> ? D : never;

export const planarDraws = (operator: string): fc.Arbitrary<PlanarDraw> =>
  drawn(operator.endsWith("1d") ? 1 : 2);

/** The padding of a mode: "same" is centred with respect to "full", with the larger half first. */
function withMode(axes: readonly Axis[], mode: PlanarDraw["mode"]): Axis[] {
  return axes.map((axis) => {
    if (mode === undefined) return axis;
    const most = (axis.kernel - 1) * axis.dilation;
    const pads = { valid: [0, 0], same: [Math.ceil(most / 2), Math.floor(most / 2)], full: [most, most] };
    const [before, after] = pads[mode];
    // A kernel that would not fit gets a larger matrix.
    const size = Math.max(axis.size, most + 1 - before - after);
    return {
      ...axis,
      size,
      before,
      after,
      out: Math.floor((size + before + after - most - 1) / axis.stride) + 1,
    };
  });
}

export function planarTrial(operator: string, c: PlanarDraw): Trial {
  const axes = withMode(axesOf(c.draws, c.form), c.mode);
  const isSignal = axes.length === 1;
  const sizes = axes.map(({ size }) => size);
  const kernelSizes = axes.map(({ kernel }) => kernel);
  const flip = operator.startsWith("convolve");
  const names = isSignal ? "w" : "hw";
  const isOrdinary = [c.xFilling, c.kernelFilling].every((kind) => ordinary.some((name) => name === kind));
  const spreads = isSignal && c.algorithm === "other" && isOrdinary;
  const options = {
    strides: isSignal ? axes[0].stride : axes.map(({ stride }) => stride),
    dilations: isSignal ? axes[0].dilation : axes.map(({ dilation }) => dilation),
    ...(c.mode === undefined ? { padding: paddingOption(axes, c.form) } : { mode: c.mode }),
    border: c.border,
    algorithm: spreads ? "fft" : isSignal || c.algorithm === "other" ? "auto" : c.algorithm,
    accuracy: "exact",
  };
  const shape = axes.map(({ out }) => out);
  const taps = tapsOf(axes, c.border);
  const dtype = c.elements === "float32" ? "float32" : "float64";
  const isBytes = c.elements === "uint8" || c.elements === "int8";
  const [x, kernel] =
    c.elements === "uint8" || c.elements === "int8"
      ? [bytes(c.elements, product(sizes), c.seed), bytes("int8", product(kernelSizes), c.seed + 1)]
      : [
          fill(dtype, product(sizes), c.xFilling, c.seed),
          fill(dtype, product(kernelSizes), c.kernelFilling, c.seed + 1),
        ];
  const sums = new Sums(dtype, product(shape));
  taps.out.forEach((o, t) => {
    const k = taps.kernel[t];
    sums.add(o, taps.in[t] < 0 ? 0 : x[taps.in[t]], kernel[flip ? kernel.length - 1 - k : k]);
  });
  const expected = sums.bounded();
  const args = [
    laid(x, sizes, names, names, c.offset),
    laid(kernel, kernelSizes, names, names, c.offset),
    options,
  ];
  if (isBytes) {
    const algorithm = "auto";
    const given = [args[0], args[1], { ...options, algorithm }];
    return { operator, args: given, shape, expected: exactly(expected.values), bound: "allowed", how: c.how };
  }
  const bounded = spreads
    ? fftBound(expected, x, kernel, dtype === "float32" ? 2 ** -24 : 2 ** -53)
    : expected;
  return { operator, args, shape, expected: bounded, bound: "allowed", how: c.how };
}

function bytes(elements: "uint8" | "int8", length: number, seed: number): Int8Array | Uint8Array {
  const random = new Random(seed);
  const data = elements === "int8" ? new Int8Array(length) : new Uint8Array(length);
  return data.map(() => (random.chance(0.3) ? random.pick([0, -128, 127, 255]) : random.integer(-128, 255)));
}

/** The documented bound of overlap-save, whose blocks have at most 2^16 samples here; then the result is rounded. */
function fftBound(
  { values, magnitudes }: Expected,
  x: ArrayLike<number>,
  kernel: ArrayLike<number>,
  unit: number,
): Expected {
  const norm = Math.sqrt(Array.from(x).reduce((sum, value) => sum + value * value, 0));
  const gain = Array.from(kernel).reduce((sum, value) => sum + Math.abs(value), 0);
  // A border repeats samples of the signal, up to some times here.
  const block = (21 * 16 + 3) * 2 ** -53 * 8 * norm * gain;
  return { values, magnitudes, allowed: values.map((value) => block + unit * Math.abs(value)) };
}
