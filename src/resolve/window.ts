// SPDX-License-Identifier: MIT

// Windows slide over an image without weights. The options of pooling, unfold and fold are validated here.
import { invalid } from "../errors.ts";
import { checkOneOf } from "../input/options.ts";
import { type InputLayout, inputLayouts, sizesOf } from "../spec/layout.ts";
import { dilatedSize, outputSize, outputSizeCeil } from "../spec/shape.ts";
import type { WindowSpec } from "../spec/window.ts";
import { type Padding, type PerAxis, resolvePadding, resolvePerAxis } from "./shape.ts";

/** Options that place windows on an image. Names follow WebNN. */
export interface WindowOptions {
  /** Step between neighbouring windows. Default 1. */
  readonly strides?: PerAxis;
  /** Width of the padding, or a rule for it. Default 0. */
  readonly padding?: Padding;
  /** Distance between neighbouring elements of a window. Default 1. */
  readonly dilations?: PerAxis;
}

export const roundings = ["floor", "ceil"] as const;
/**
 * Whether a last window that overhangs the padded input is left out ("floor") or computed from the elements it covers
 * ("ceil"). As with PyTorch's `ceil_mode`, such a window must begin within the input or the padding before it.
 */
export type Rounding = (typeof roundings)[number];

interface Given extends WindowOptions {
  readonly windowDimensions: PerAxis;
  readonly inputLayout?: InputLayout;
  readonly outputShapeRounding?: Rounding;
}

/** Checks the layout option, default "nchw". Throws INVALID_ARGUMENT. */
export function resolveLayout(layout: unknown = "nchw"): InputLayout {
  return checkOneOf(layout, inputLayouts, "inputLayout");
}

/**
 * Resolves windows on an input of four sizes in the order of `inputLayout`. Throws INVALID_ARGUMENT.
 *
 * @param inputName what messages call the shape
 */
export function resolveWindows(inputShape: readonly number[], given: Given, inputName: string): WindowSpec {
  const inputLayout = resolveLayout(given.inputLayout);
  // Defaults replace undefined only: null is as wrong as any other value.
  const {
    strides: steps = 1,
    dilations: distances = 1,
    padding: pads = 0,
    outputShapeRounding = "floor",
  } = given;
  const rounding = checkOneOf(outputShapeRounding, roundings, "outputShapeRounding");
  const [batch, channels, inHeight, inWidth] = sizesOf(inputLayout, inputShape);
  for (const size of [channels, inHeight, inWidth]) {
    if (size < 1) throw invalid("sizes of at least 1 after the batch", inputName, inputShape);
  }
  const kernel = resolvePerAxis(given.windowDimensions, "windowDimensions");
  const strides = resolvePerAxis(steps, "strides");
  const dilations = resolvePerAxis(distances, "dilations");
  const input = [inHeight, inWidth] as const;
  const padding = resolvePadding(pads, input, kernel, strides, dilations);
  const [outHeight, outWidth] = [0, 1].map((axis) => {
    const sides = [padding[2 * axis], padding[2 * axis + 1]] as const;
    const padded = input[axis] + sides[0] + sides[1];
    const extent = dilatedSize(kernel[axis], dilations[axis]);
    if (padded > 0x7fffffff || extent > 0x7fffffff) {
      throw invalid("padded and dilated sizes of at most 2147483647", "padding and dilations", [
        padded,
        extent,
      ]);
    }
    const sizeOf = rounding === "ceil" ? outputSizeCeil : outputSize;
    const size = sizeOf(input[axis], kernel[axis], strides[axis], dilations[axis], sides);
    if (size < 1) {
      throw invalid(
        `a window that fits into the padded input (${padded} ${axis === 0 ? "rows" : "columns"})`,
        "windowDimensions with its dilations",
        given.windowDimensions,
      );
    }
    return size;
  });
  const [kernelHeight, kernelWidth] = kernel;
  return {
    ...{ batch, channels, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth },
    ...{ strides, padding, dilations, inputLayout },
  };
}
