// SPDX-License-Identifier: MIT
// What cases of all operators are drawn from.
import fc from "fast-check";
import type { ConvCase } from "../helpers/conv-case.ts";
import { type DType, type FloatArray, sourceIndex } from "../helpers/oracle.ts";
import { Random } from "../helpers/random.ts";
import { dataOf } from "./sums.ts";

export type Border = ConvCase["border"];
export const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;
export const dtypes = ["float32", "float64"] as const;
export const layouts = ["nchw", "nhwc"] as const;

/** `most` values of an arbitrary, and now and then one of `rest`. */
export const mostly = <T>(most: readonly T[], rest: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { arbitrary: fc.constantFrom(...most), weight: 5 },
    { arbitrary: fc.constantFrom(...rest), weight: 1 },
  );

export const how = fc.oneof(
  { arbitrary: fc.constant("plain" as const), weight: 20 },
  { arbitrary: fc.constant("out" as const), weight: 9 },
  { arbitrary: fc.constant("async" as const), weight: 1 },
);

/** Elements of a typed array before the first of a view. */
export const offset = fc.constantFrom(0, 0, 1, 3);

/** What fills an operand. */
export const ordinary = ["integers", "uniform", "sparse"] as const;
export const fillings = [...ordinary, "huge", "denormal", "special"] as const;
export type Filling = (typeof fillings)[number];
export const filling = fc.constantFrom<Filling>(
  "integers",
  "uniform",
  "uniform",
  "sparse",
  "huge",
  "denormal",
  "special",
);

const specials = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0];

/**
 * Seeded elements. "special" are uniform but for one or two: NaN, an infinity, a zero of either sign. "huge" ones are so
 * by powers of 2 up to 2^50, so that sums of products of two of them do not overflow float32.
 */
export function fill(dtype: DType, length: number, kind: Filling, seed: number): FloatArray {
  const random = new Random(seed);
  const uniform = () => 2 * random.next() - 1;
  const smallest = dtype === "float32" ? 2 ** -149 : 2 ** -1074;
  const draws: Record<Filling, () => number> = {
    integers: () => random.integer(-8, 8),
    uniform,
    sparse: () => (random.chance(0.8) ? random.pick([0, -0]) : uniform()),
    huge: () => uniform() * 2 ** random.integer(-50, 50),
    denormal: () => random.integer(-100, 100) * smallest,
    special: uniform,
  };
  const data = dataOf(dtype, new Float64Array(length)).map(draws[kind]);
  if (kind === "special" && length > 0) {
    for (let i = 0; i < 2; i++) data[random.integer(0, length - 1)] = random.pick(specials);
  }
  return data;
}

/** One axis of a sliding window: sizes of the output come first, so that tiny ones are frequent. */
export interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly out: number;
}

interface AxisDraw {
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly rest: number;
}

export const axisDraw = (outs: fc.Arbitrary<number>, mostKernel = 4): fc.Arbitrary<AxisDraw> =>
  fc.record({
    out: outs,
    kernel: mostly([1, 2, 3], [3, mostKernel, 5]),
    stride: fc.constantFrom(1, 1, 2, 3),
    dilation: fc.constantFrom(1, 1, 1, 2, 3),
    before: fc.constantFrom(0, 0, 1, 2, 4),
    after: fc.constantFrom(0, 0, 1, 3),
    rest: fc.nat(2),
  });

/** Vertically a few rows; horizontally around the widths of vectors as well. */
export const rows = mostly([1, 2, 3], [4, 5, 7]);
export const columns = mostly([1, 2, 3, 4], [5, 7, 8, 9, 15, 16, 17, 18, 33]);

export const paddings = ["sides", "number", "valid", "full", "same"] as const;
export type PaddingForm = (typeof paddings)[number];
export const paddingForm = fc.constantFrom<PaddingForm>("sides", "sides", "number", "valid", "full", "same");

/** Axes from what was drawn, with the padding of a form, which all of them share. */
export function axesOf(draws: readonly AxisDraw[], form: PaddingForm): Axis[] {
  const { before: number } = draws[0];
  return draws.map(({ out, kernel, stride, dilation, rest, ...drawn }) => {
    const extent = (kernel - 1) * dilation + 1;
    const wanted = (out - 1) * stride + extent + Math.min(rest, stride - 1);
    if (form === "same") {
      const size = Math.max(wanted - extent + 1, 1);
      const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
      const before = Math.floor(total / 2);
      return withOut({ size, kernel, stride, dilation, before, after: total - before });
    }
    const forms = {
      sides: [drawn.before, drawn.after],
      number: [number, number],
      valid: [0, 0],
      full: [extent - 1, extent - 1],
    };
    const [before, after] = forms[form];
    const size = Math.max(wanted - before - after, 1);
    return withOut({ size, kernel, stride, dilation, before, after });
  });
}

function withOut(axis: Omit<Axis, "out">): Axis {
  const extent = (axis.kernel - 1) * axis.dilation + 1;
  return { ...axis, out: Math.floor((axis.size + axis.before + axis.after - extent) / axis.stride) + 1 };
}

/** The option that says so. */
export function paddingOption(axes: readonly Axis[], form: PaddingForm): number | string | number[] {
  if (form === "number") return axes[0].before;
  return form === "sides" ? axes.flatMap(({ before, after }) => [before, after]) : form;
}

/** Output, input (or -1: a zero of the border) and kernel element of each product, over all axes: in row-major order. */
export interface Taps {
  readonly out: Int32Array;
  readonly in: Int32Array;
  readonly kernel: Int32Array;
}

export function tapsOf(axes: readonly Axis[], border: Border): Taps {
  let taps: [out: number, input: number, kernel: number][] = [[0, 0, 0]];
  for (const { size, kernel, stride, dilation, before, out } of axes) {
    taps = taps.flatMap(([o, i, k]) =>
      Array.from({ length: out * kernel }, (_, at): [number, number, number] => {
        const [oy, ky] = [Math.floor(at / kernel), at % kernel];
        const source = sourceIndex(oy * stride + ky * dilation - before, size, border);
        return [o * out + oy, i < 0 || source < 0 ? -1 : i * size + source, k * kernel + ky];
      }),
    );
  }
  return {
    out: Int32Array.from(taps, ([o]) => o),
    in: Int32Array.from(taps, ([, i]) => i),
    kernel: Int32Array.from(taps, ([, , k]) => k),
  };
}

export const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
