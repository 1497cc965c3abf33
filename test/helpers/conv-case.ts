// SPDX-License-Identifier: MIT
// What a case of a convolution is, and how it is told to a reader.
export const borders = ["constant", "replicate", "reflect", "mirror", "wrap"] as const;
export const filterLayouts = ["oihw", "hwio", "ohwi", "ihwo"] as const;

export type Pair = readonly [number, number];
type Sides = readonly [number, number, number, number];

export type Activation =
  | { readonly kind: "none" | "relu" | "sigmoid" | "tanh" }
  | { readonly kind: "leakyRelu"; readonly alpha: number }
  | { readonly kind: "clamp"; readonly min: number; readonly max: number };

export interface ConvCase {
  /** Why this case is in the list. */
  readonly name: string;
  /** Of its data. */
  readonly seed: number;
  readonly batch: number;
  readonly inChannels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outChannels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strides: Pair;
  readonly padding: number | Pair | Sides | "same" | "full" | "valid";
  readonly dilations: Pair;
  readonly groups: number;
  readonly border: (typeof borders)[number];
  readonly inputLayout: "nchw" | "nhwc";
  readonly filterLayout: (typeof filterLayouts)[number];
  readonly bias: boolean;
  readonly activation: Activation;
  /** The typed arrays start this many elements into their buffers. */
  readonly offset: number;
}

/** Everything needed to see and repeat a case, on one line. */
export function describeCase(c: ConvCase): string {
  const pad = typeof c.padding === "object" ? `[${c.padding.join(", ")}]` : JSON.stringify(c.padding);
  const activation = JSON.stringify(c.activation);
  return (
    `case ${c.seed} (${c.name}): ${c.batch} x ${c.inChannels} x ${c.inHeight} x ${c.inWidth} ${c.inputLayout}, ` +
    `kernel ${c.kernelHeight} x ${c.kernelWidth} ${c.filterLayout} to ${c.outChannels} channels, groups ${c.groups}, ` +
    `strides [${c.strides.join(", ")}], dilations [${c.dilations.join(", ")}], padding ${pad} ${c.border}, ` +
    `bias ${c.bias}, activation ${activation}, offset ${c.offset}`
  );
}
