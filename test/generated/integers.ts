// SPDX-License-Identifier: MIT
// conv2d of uint8 and int8, with the elements, scales and outputs that ../helpers/integer-oracle.ts draws for a shape.
import fc from "fast-check";
import type { ConvCase } from "../helpers/conv-case.ts";
import { expectedInteger, integerCases, quantize } from "../helpers/integer-oracle.ts";
import {
  axesOf,
  axisDraw,
  borders,
  columns,
  how,
  layouts,
  mostly,
  offset,
  paddingForm,
  paddingOption,
  rows,
} from "./draw.ts";
import { inLayout, laid, shapeIn } from "./layout.ts";
import { exactly } from "./sums.ts";
import type { Trial } from "./trial.ts";

export const integerDraws = fc.record({
  draws: fc.tuple(axisDraw(rows), axisDraw(columns)),
  form: paddingForm,
  batch: mostly([1, 2], [3]),
  groups: mostly([1, 2], [3, 8]),
  groupIn: mostly([1, 2, 3, 4], [5, 8, 9, 16, 17]),
  groupOut: mostly([1, 2, 3, 4], [5, 7, 8, 9, 16, 17]),
  border: fc.constantFrom(...borders),
  inputLayout: fc.constantFrom(...layouts),
  filterLayout: fc.constantFrom("oihw", "hwio", "ohwi", "ihwo"),
  bias: fc.boolean(),
  seed: fc.nat(1e6),
  offset,
  how,
});

export type IntegerDraw = typeof integerDraws extends fc.Arbitrary<infer D> ? D : never;

export function integerTrial(draw: IntegerDraw): Trial {
  const { draws, form, groups, groupIn, groupOut, inputLayout, filterLayout, border, batch, how: way } = draw;
  const axes = axesOf(draws, form);
  const c: ConvCase = {
    ...{ name: "generated", seed: draw.seed, batch, groups, border, bias: draw.bias, offset: draw.offset },
    ...{ inChannels: groups * groupIn, outChannels: groups * groupOut, activation: { kind: "none" } },
    ...{
      inHeight: axes[0].size,
      inWidth: axes[1].size,
      kernelHeight: axes[0].kernel,
      kernelWidth: axes[1].kernel,
    },
    strides: [axes[0].stride, axes[1].stride],
    dilations: [axes[0].dilation, axes[1].dilation],
    padding: paddingOption(axes, form) as ConvCase["padding"],
    inputLayout,
    filterLayout: filterLayout as ConvCase["filterLayout"],
  };
  const [integers] = integerCases([c]);
  const { operands, output, inputDtype, inputZeroPoint, activation } = integers;
  const { sums, shape } = expectedInteger(integers);
  const plane = shape[2] * shape[3];
  const values = sums.map((sum, i) => quantize(sum, Math.floor(i / plane) % shape[1], integers));
  const options = {
    ...{
      strides: c.strides,
      dilations: c.dilations,
      padding: c.padding,
      groups,
      border,
      inputLayout,
      filterLayout,
    },
    ...{ inputDtype, inputZeroPoint, activation },
    ...(operands.bias !== null && { bias: operands.bias }),
    ...(output.dtype !== "int32" && { scale: output.scale, outputDtype: output.dtype }),
    ...(output.zeroPoint !== undefined && { outputZeroPoint: output.zeroPoint }),
  };
  const x = laid(operands.x, [batch, c.inChannels, c.inHeight, c.inWidth], "nchw", inputLayout, draw.offset);
  const weightSizes = [c.outChannels, groupIn, c.kernelHeight, c.kernelWidth];
  const weights = laid(operands.weights, weightSizes, "oihw", filterLayout, draw.offset);
  return {
    operator: "conv2d",
    args: [x, weights, options],
    shape: shapeIn(shape, "nchw", inputLayout),
    expected: inLayout(exactly(values), shape, "nchw", inputLayout),
    bound: "allowed",
    how: way,
  };
}
