// SPDX-License-Identifier: MIT
import { borderIndex } from "../../spec/border.ts";
import type { ConvSpec } from "../../spec/convolution.ts";

/** An element of the padded input. */
export interface Element {
  readonly value: number;
  /** Whether the element lies outside the input. */
  readonly isPadding: boolean;
}

/** One of the products whose sum is an output. */
export interface Term {
  /** [row, column] of the weight in the kernel. */
  readonly tap: readonly [number, number];
  /** [row, column] of the element in the input; it is negative or beyond the end in the padding. */
  readonly at: readonly [number, number];
  readonly element: Element;
  readonly weight: number;
  readonly product: number;
}

/** Returns the element in row `y` and column `x` of the input, which the spec's border continues. */
export function elementAt(
  input: readonly (readonly number[])[],
  spec: ConvSpec,
  y: number,
  x: number,
): Element {
  const row = borderIndex(y, spec.inHeight, spec.border);
  const column = borderIndex(x, spec.inWidth, spec.border);
  const isPadding = y < 0 || y >= spec.inHeight || x < 0 || x >= spec.inWidth;
  return { value: row < 0 || column < 0 ? 0 : input[row][column], isPadding };
}

/** Lists the products whose sum is the output in row `oy` and column `ox`. */
export function termsOf(
  input: readonly (readonly number[])[],
  kernel: readonly (readonly number[])[],
  spec: ConvSpec,
  [oy, ox]: readonly [number, number],
): Term[] {
  const [strideY, strideX] = spec.strides;
  const [dilationY, dilationX] = spec.dilations;
  const [top, , left] = spec.padding;
  return kernel.flatMap((row, ky) =>
    row.map((weight, kx) => {
      const y = oy * strideY + ky * dilationY - top;
      const x = ox * strideX + kx * dilationX - left;
      const element = elementAt(input, spec, y, x);
      return {
        tap: [ky, kx] as const,
        at: [y, x] as const,
        element,
        weight,
        product: element.value * weight,
      };
    }),
  );
}
