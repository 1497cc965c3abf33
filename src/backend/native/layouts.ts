// SPDX-License-Identifier: MIT
// The numbers that cross to C++, in the order of the tables in native/addon/fields.h. Both sides list the names, and
// the lists are compared when the addon loads.

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

/** Throws unless the addon reads the fields that are written here, in the same order. */
export function checkLayouts(addonLayouts: Readonly<Record<string, readonly string[]>> = {}): void {
  const kinds = new Set([...Object.keys(layouts), ...Object.keys(addonLayouts)]);
  for (const kind of kinds) {
    const ours = layouts[kind as NativeKind] ?? ["nothing"];
    const theirs = addonLayouts[kind] ?? ["nothing"];
    if (ours.join() === theirs.join()) continue;
    throw new Error(
      `the addon was built for another version of corr2d: it takes "${kind}" as ${theirs.join(", ")}, not ${ours.join(", ")}`,
    );
  }
}
