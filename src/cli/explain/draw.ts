// SPDX-License-Identifier: MIT

import { formatTable } from "../../arithmetic/text-table.ts";
import type { ConvSpec } from "../../spec/convolution.ts";
import { elementAt, type Term } from "./terms.ts";

type Rows = readonly (readonly number[])[];

/** Draws how one output comes about: the matrices with the window marked, the products, and their sum. */
export function draw(
  input: Rows,
  kernel: Rows,
  spec: ConvSpec,
  position: readonly [number, number],
  terms: readonly Term[],
  sum: number,
): string {
  const [oy, ox] = position;
  const output = Array.from({ length: spec.outHeight }, (_, y) =>
    Array.from({ length: spec.outWidth }, (_, x) => (y === oy && x === ox ? `[${format(sum)}]` : " . ")),
  );
  const isPadded = spec.padding.some((size) => size > 0);
  const marks = `[ ] what the kernel lies on${isPadded ? ", ( ) padding" : ""}`;
  const matrices = sideBySide([
    [isPadded ? "input, padded" : "input", drawInput(input, spec, terms)],
    ["kernel", kernel.map((row) => row.map((weight) => ` ${format(weight)} `))],
    ["output", output],
  ]);
  return `${matrices}\n${marks}\n\noutput[${oy}, ${ox}]:\n${drawTerms(terms, sum)}`;
}

/** Formats a number with up to six significant digits. */
function format(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function drawInput(input: Rows, spec: ConvSpec, terms: readonly Term[]): string[][] {
  const [top, bottom, left, right] = spec.padding;
  const window = new Set(terms.map(({ at }) => at.join()));
  return Array.from({ length: top + spec.inHeight + bottom }, (_, i) =>
    Array.from({ length: left + spec.inWidth + right }, (_, j) => {
      const [y, x] = [i - top, j - left];
      const { value, isPadding } = elementAt(input, spec, y, x);
      if (window.has(`${y},${x}`)) return `[${format(value)}]`;
      return isPadding ? `(${format(value)})` : ` ${format(value)} `;
    }),
  );
}

/** Draws one product a line, and their sum below. */
function drawTerms(terms: readonly Term[], sum: number): string {
  const rows = terms.map(({ tap, at, element, weight, product }, i) => [
    i === 0 ? " " : "+",
    format(element.value),
    "*",
    format(weight),
    "=",
    format(product),
    element.isPadding
      ? ` padding * kernel[${tap.join(", ")}]`
      : ` input[${at.join(", ")}] * kernel[${tap.join(", ")}]`,
  ]);
  return formatTable([...rows, ["", "", "", "sum", "=", format(sum)]], [1, 3, 5]);
}

/** Draws matrices of cells next to each other, each under its title. */
function sideBySide(
  matrices: readonly (readonly [title: string, cells: readonly (readonly string[])[]])[],
): string {
  const blocks = matrices.map(([title, cells]) => {
    const width = Math.max(...cells.flat().map((cell) => cell.length));
    return [title, ...cells.map((row) => row.map((cell) => cell.padStart(width)).join(" "))];
  });
  const height = Math.max(...blocks.map((block) => block.length));
  const widths = blocks.map((block) => Math.max(...block.map((line) => line.length)));
  const lines = Array.from({ length: height }, (_, i) =>
    blocks
      .map((block, b) => (block[i] ?? "").padEnd(widths[b]))
      .join("    ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
