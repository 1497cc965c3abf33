// SPDX-License-Identifier: MIT
// Parses matrices and other lists of the command line.
import { InvalidArgumentError } from "commander";
import type { Mode } from "../../ops/corr2d.ts";
import type { Padding, PerAxis } from "../../resolve/shape.ts";

export const modes = ["valid", "same", "full"] as const satisfies readonly Mode[];

/**
 * Parses a matrix such as "0,1;2,3": semicolons separate rows, commas or blanks numbers. Throws InvalidArgumentError.
 */
export function parseMatrix(text: string): number[][] {
  const rows = text.split(";").map((row) => parseNumbers(row));
  if (rows.some((row) => row === undefined)) {
    throw new InvalidArgumentError('Expected rows of numbers, such as "0,1;2,3".');
  }
  const matrix = rows as number[][];
  if (matrix.some((row) => row.length !== matrix[0].length)) {
    throw new InvalidArgumentError("Expected rows of equal length.");
  }
  return matrix;
}

/** Parses a position such as "1,2", [row, column]. Throws InvalidArgumentError. */
export function parsePosition(text: string): [number, number] {
  const numbers = parseNumbers(text);
  if (numbers?.length !== 2 || !numbers.every((value) => Number.isSafeInteger(value) && value >= 0)) {
    throw new InvalidArgumentError('Expected a row and a column, counted from 0, such as "0,1".');
  }
  return numbers as [number, number];
}

/** Parses "2" or "2,1"; the library checks the numbers. Throws InvalidArgumentError. */
export function parsePerAxis(text: string): PerAxis {
  const numbers = parseNumbers(text);
  if (numbers === undefined || numbers.length > 2) {
    throw new InvalidArgumentError('Expected a number, or one for each axis, such as "2,1".');
  }
  return numbers.length === 1 ? numbers[0] : (numbers as [number, number]);
}

/** Parses "1", "1,0", "1,1,0,0", or a rule; the library checks the numbers. Throws InvalidArgumentError. */
export function parsePadding(text: string): Padding {
  if ((modes as readonly string[]).includes(text)) return text as Mode;
  const numbers = parseNumbers(text);
  if (numbers === undefined || ![1, 2, 4].includes(numbers.length)) {
    throw new InvalidArgumentError("Expected one, two or four numbers, same, valid or full.");
  }
  return numbers.length === 1 ? numbers[0] : (numbers as [number, number]);
}

/** Returns undefined if any part of the text is not a number. */
function parseNumbers(text: string): number[] | undefined {
  const numbers = text
    .trim()
    .split(/\s*,\s*|\s+/)
    .map((part) => (part === "" ? Number.NaN : Number(part)));
  return numbers.every(Number.isFinite) ? numbers : undefined;
}
