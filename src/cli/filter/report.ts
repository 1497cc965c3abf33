// SPDX-License-Identifier: MIT

import { formatTable } from "../../arithmetic/text-table.ts";
import { formatMs, formatNumber } from "../numbers.ts";
import type { FileDone, FileReport } from "./job.ts";
import type { FilterOptions } from "./options.ts";

/** Prints results on stdout, losses and failures on stderr; failures set the exit code. */
export function printReport(reports: readonly FileReport[], options: FilterOptions): void {
  const done = reports.filter((report): report is FileDone => !("error" in report));
  if (options.json) process.stdout.write(`${JSON.stringify(jsonReport(reports, options), null, 2)}\n`);
  else if (reports.length === 1 && done.length === 1) process.stdout.write(describe(done[0], options));
  else if (done.length > 0) process.stdout.write(list(done));
  for (const report of reports) {
    if (!("error" in report)) {
      for (const warning of report.warnings) {
        process.stderr.write(`corr2d: ${report.input}: warning: ${warning}\n`);
      }
      continue;
    }
    process.stderr.write(`corr2d: ${report.input}: ${report.error}\n`);
    process.exitCode = 1;
  }
}

function jsonReport(reports: readonly FileReport[], { kernel, sigma, size, border, repeat }: FilterOptions) {
  return { kernel, sigma, size, border, repeat, files: reports };
}

/** Describes one file in full. */
function describe(file: FileDone, { kernel, border, repeat }: FilterOptions): string {
  const { decode, filter, encode } = file.milliseconds;
  const runs = repeat === 1 ? "one run" : `median of ${repeat} runs`;
  const rate = `${formatNumber(file.megapixelsPerSecond)} megapixels/s`;
  return formatTable([
    ["image", `${file.input}, ${sizeOf(file)}`],
    ["kernel", `${kernel}, border ${border}`],
    ["backend", `${file.backend} (${file.isa})`],
    ["algorithm", file.algorithm],
    ["threads", `${file.threads}`],
    ["filter", `${formatMs(filter)} (${runs}), ${rate}`],
    ["decode", formatMs(decode)],
    ["encode", formatMs(encode)],
    ["written", file.output],
  ]);
}

/** Describes each file in a line, and all of them in another. */
function list(done: readonly FileDone[]): string {
  const rows = done.map((file) => [file.output, sizeOf(file), formatMs(file.milliseconds.filter)]);
  const megapixels = done.reduce((sum, { width, height }) => sum + width * height, 0) / 1e6;
  const seconds = done.reduce((sum, { milliseconds }) => sum + milliseconds.filter, 0) / 1000;
  const { backend, isa, threads } = done[0];
  const files = `${done.length} file${done.length === 1 ? "" : "s"}`;
  const threadText = `${threads} thread${threads === 1 ? "" : "s"}`;
  const rate = `${formatNumber(megapixels / seconds)} megapixels/s`;
  return `${formatTable(rows, [2])}${files} on ${backend} (${isa}, ${threadText}), ${rate}\n`;
}

function sizeOf({ width, height }: FileDone): string {
  return `${width} x ${height}`;
}
