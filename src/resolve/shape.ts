// SPDX-License-Identifier: MIT

import { invalid } from "../errors.ts";
import { checkPositive } from "../input/options.ts";
import { type AxisPadding, dilatedSize, samePaddingOfAxis } from "../spec/shape.ts";

/** Padding around the input: one width for all sides, [vertical, horizontal], [top, bottom, left, right], or a rule. */
export type Padding =
  | number
  | readonly [number, number]
  | readonly [number, number, number, number]
  /**
   * Output size = ceil(input size / stride); an odd total puts the extra one at the bottom and right, as ONNX's
   * SAME_UPPER does.
   */
  | "same"
  /** No padding. */
  | "valid"
  /** Every position at which kernel and input share an element: (kernel size - 1) * dilation on each side. */
  | "full";

/** One number for both axes, or [vertical, horizontal]. */
export type PerAxis = number | readonly [number, number];

/** Expands a padding option to [top, bottom, left, right]. Throws INVALID_ARGUMENT. */
export function resolvePadding(
  padding: Padding,
  size: readonly [number, number],
  kernel: readonly [number, number],
  strides: readonly [number, number],
  dilations: readonly [number, number],
  rules: readonly string[] = paddingRules,
): [number, number, number, number] {
  const [y, x] = resolveAxisPadding(padding, size, kernel, strides, dilations, rules);
  return [...y, ...x];
}

/** The paddings that are given by name. */
const paddingRules: readonly string[] = ["same", "valid", "full"];

const inWords = ["no", "one", "two", "three", "four", "five", "six"];

/**
 * Expands a padding option for any number of axes to [before, after] of each. The option is one number for all sides,
 * one or two for each axis, or the name of a rule; on a single axis a pair means its two sides. Throws
 * INVALID_ARGUMENT.
 *
 * @param rules the names that the caller accepts
 */
export function resolveAxisPadding(
  padding: number | string | readonly number[],
  sizes: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  rules: readonly string[] = paddingRules,
): AxisPadding[] {
  const axes = sizes.length;
  const counts = axes === 1 ? "two" : `${inWords[axes]} or ${inWords[2 * axes]}`;
  const allowed = [`a whole number >= 0, ${counts} of them`, ...rules.map((rule) => JSON.stringify(rule))];
  const refused = () => invalid(listed(allowed), "padding", padding);
  if (typeof padding === "string" && !rules.includes(padding)) throw refused();
  if (padding === "valid") return sizes.map(() => [0, 0]);
  if (padding === "full") {
    return kernel.map((size, axis) => {
      const pad = dilatedSize(size, dilations[axis]) - 1;
      return [pad, pad];
    });
  }
  if (padding === "same") {
    return sizes.map((size, axis) => samePaddingOfAxis(size, kernel[axis], strides[axis], dilations[axis]));
  }
  if (typeof padding === "number") {
    checkPad(padding, "padding");
    return sizes.map(() => [padding, padding]);
  }
  if (!Array.isArray(padding)) throw refused();
  // On a single axis, a pair means the two sides.
  const perAxis = axes > 1 && padding.length === axes;
  if (!perAxis && padding.length !== 2 * axes) throw refused();
  const sides = padding.slice() as number[];
  for (let i = 0; i < sides.length; i++) checkPad(sides[i], `padding[${i}]`);
  return sizes.map((_, axis) =>
    perAxis ? [sides[axis], sides[axis]] : [sides[2 * axis], sides[2 * axis + 1]],
  );
}

/** Joins items as "a, b or c". */
const listed = (items: readonly string[]): string =>
  items.length === 1 ? items[0] : `${items.slice(0, -1).join(", ")} or ${items[items.length - 1]}`;

function checkPad(value: unknown, name: string): void {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 0x7fffffff) {
    throw invalid("a whole number from 0 to 2147483647", name, value);
  }
}

/** Expands a per-axis option of whole numbers >= 1. Throws INVALID_ARGUMENT. */
export function resolvePerAxis(value: PerAxis, name: string): [number, number] {
  return resolveAxes(value, 2, name) as [number, number];
}

/** Expands an option of whole numbers >= 1 for any number of axes. Throws INVALID_ARGUMENT. */
export function resolveAxes(value: number | readonly number[], axes: number, name: string): number[] {
  if (typeof value === "number") {
    checkPositive(value, name);
    return new Array<number>(axes).fill(value);
  }
  if (!Array.isArray(value) || value.length !== axes) {
    throw invalid(`a positive integer or ${inWords[axes]} of them`, name, value);
  }
  const values = value.slice() as number[];
  for (let i = 0; i < axes; i++) checkPositive(values[i], `${name}[${i}]`);
  return values;
}
