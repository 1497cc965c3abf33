// SPDX-License-Identifier: MIT
// The numbers that cross to C++, in the order of the tables in native/addon/fields.h. Both sides list their names, and
// the lists are compared when the addon loads; likewise the names of codes, which are places in a list.
import type { DType } from "../../dtype.ts";
import type { Activation } from "../../spec/activation.ts";
import { borders } from "../../spec/border.ts";
import { algorithms } from "../../spec/convolution.ts";

/** The last three are element types that the addon can hold and no operator takes. */
const dtypes: readonly (DType | "int16" | "uint16" | "uint8Clamped")[] = [
  ...(["float32", "float64", "int8", "uint8", "int32"] as const),
  ...(["int16", "uint16", "uint8Clamped"] as const),
];
const activations: readonly Activation["kind"][] = ["none", "relu", "leakyRelu", "clamp", "sigmoid", "tanh"];

/** What the fields of these names choose from, in the order of the enums in native/. */
export const codes = {
  algorithm: algorithms,
  border: borders,
  activation: activations,
  dtype: dtypes,
} as const;

const convolution = [
  "batch",
  "inChannels",
  "inHeight",
  "inWidth",
  "outChannels",
  "outHeight",
  "outWidth",
  "kernelHeight",
  "kernelWidth",
  "strideY",
  "strideX",
  "padTop",
  "padBottom",
  "padLeft",
  "padRight",
  "dilationY",
  "dilationX",
  "groups",
  "border",
  "dtype",
  "outputDtype",
  "nhwc",
  "activation",
  "alpha",
  "min",
  "max",
  "inputZeroPoint",
  "outputZeroPoint",
] as const;

const pooling = [
  "average",
  "batch",
  "channels",
  "inHeight",
  "inWidth",
  "outHeight",
  "outWidth",
  "kernelHeight",
  "kernelWidth",
  "strideY",
  "strideX",
  "padTop",
  "padBottom",
  "padLeft",
  "padRight",
  "dilationY",
  "dilationX",
  "countIncludePad",
  "dtype",
  "nhwc",
] as const;

const patches = [
  "planes",
  "depth",
  "inHeight",
  "inWidth",
  "outHeight",
  "outWidth",
  "kernelHeight",
  "kernelWidth",
  "strideX",
  "value",
  "dtype",
] as const;

/** The fields of each kind of operator that the addon prepares, in their order. */
export const layouts = {
  conv: [...convolution, "algorithm"],
  gradWeights: convolution,
  pool: pooling,
  poolGrad: pooling,
  unfold: patches,
  fold: patches,
  exchange: ["groups", "groupOut", "groupIn", "kernel", "window", "dtype"],
  interleave: [
    "images",
    "rows",
    "columns",
    "pixel",
    "outRows",
    "outColumns",
    "top",
    "left",
    "strideY",
    "strideX",
    "dtype",
  ],
} as const;

export type NativeKind = keyof typeof layouts;

/** A value for each field of a kind, in any order. */
export type Fields<K extends NativeKind> = Readonly<Record<(typeof layouts)[K][number], number>>;

export function encode<K extends NativeKind>(kind: K, fields: Fields<K>): Float64Array {
  const names: readonly (typeof layouts)[K][number][] = layouts[kind];
  const values = new Float64Array(names.length);
  for (let i = 0; i < names.length; i++) values[i] = fields[names[i]];
  return values;
}

/** Throws unless the addon reads the fields that are written here, in the same order, and the same codes. */
export function checkLayouts(
  addonLayouts: Readonly<Record<string, readonly string[]>> = {},
  addonCodes: Readonly<Record<string, string>> = {},
): void {
  compare(layouts, addonLayouts);
  compare(codes, addonCodes);
}

function compare(
  ours: Readonly<Record<string, readonly string[]>>,
  theirs: Readonly<Record<string, readonly string[] | string>>,
): void {
  for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const mine = ours[name]?.join(", ") ?? "nothing";
    const other = [theirs[name] ?? "nothing"].flat().join(", ");
    if (mine === other) continue;
    throw new Error(
      `the addon was built for another version of corr2d: it takes "${name}" as ${other}, not ${mine}`,
    );
  }
}
