// SPDX-License-Identifier: MIT
// `corr2d explain` shows how one output of a correlation comes about.
import { explainShape } from "../../index.ts";
import { type Corr2dOptions, corr2dSpec } from "../../ops/corr2d.ts";
import type { ConvSpec } from "../../spec/convolution.ts";
import { messageOf, UsageError } from "../errors.ts";
import { draw } from "./draw.ts";
import { termsOf } from "./terms.ts";

export interface ExplainOptions
  extends Pick<Corr2dOptions, "mode" | "strides" | "padding" | "dilations" | "border"> {
  readonly input: number[][];
  readonly kernel: number[][];
  readonly at: [number, number];
  readonly json?: true;
}

/** The most rows and columns for which a terminal has room. */
const mostDrawn = 40;

export async function explain({ input, kernel, at, json, ...options }: ExplainOptions): Promise<void> {
  const shapes = [input, kernel].map((matrix) => [matrix.length, matrix[0].length]);
  const spec = resolve(shapes[0], shapes[1], options);
  const { outHeight, outWidth } = spec;
  if (at[0] >= outHeight || at[1] >= outWidth) {
    throw new UsageError(`--at ${at.join()} lies outside of the output, which is ${outHeight} x ${outWidth}`);
  }
  const terms = termsOf(input, kernel, spec, at);
  const value = terms.reduce((sum, { product }) => sum + product, 0);
  if (json) {
    const products = terms.map(({ tap, at: source, element, weight, product }) => {
      return {
        kernel: tap,
        input: source,
        padding: element.isPadding,
        element: element.value,
        weight,
        product,
      };
    });
    const report = { outputShape: [outHeight, outWidth], at, products, value };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  const [headline] = explainShape(shapes[0], shapes[1], options).split("\n", 1);
  process.stdout.write(`${headline}\n\n${draw(input, kernel, spec, at, terms, value)}`);
}

/** Resolves shapes and options. Throws UsageError if the library refuses them, or if they are too large to draw. */
function resolve(
  inputShape: readonly number[],
  kernelShape: readonly number[],
  options: Corr2dOptions,
): ConvSpec {
  let spec: ConvSpec;
  try {
    spec = corr2dSpec(inputShape, kernelShape, options, "--kernel");
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
  const [top, bottom, left, right] = spec.padding;
  const sides = [top + spec.inHeight + bottom, left + spec.inWidth + right, ...kernelShape];
  if (sides.some((side) => side > mostDrawn)) {
    throw new UsageError(`more than can be drawn: at most ${mostDrawn} rows and columns, padding included`);
  }
  return spec;
}
