// SPDX-License-Identifier: MIT
import { cpus } from "node:os";
import { formatTable } from "../../arithmetic/text-table.ts";
import type { BackendReport } from "../../index.ts";
import { formatMs, formatNumber } from "../numbers.ts";

export interface BenchResult {
  readonly backend: string;
  readonly isa: string;
  readonly threads: number;
  readonly algorithm: string;
  /** The median of `runs` runs of a prepared plan. */
  readonly milliseconds: number;
  readonly gflops: number;
  readonly runs: number;
}

export interface CaseResult {
  readonly name: string;
  readonly results: readonly BenchResult[];
}

export function printReport(
  cases: readonly CaseResult[],
  missing: readonly BackendReport[],
  json: boolean,
): void {
  const machine = `${cpus()[0]?.model.trim() ?? "unknown processor"}, node ${process.versions.node}`;
  if (json) {
    const report = {
      machine,
      cases: cases.map((result) => ({ ...result, results: withRatios(result) })),
      missing,
    };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${machine}\nfloat32, prepared plans, median; all results agree\n`);
  for (const result of cases) process.stdout.write(`\n${describe(result)}`);
  for (const report of missing) {
    if (!report.available) process.stdout.write(`\n${report.name} is not available: ${report.reason}\n`);
  }
}

function describe(result: CaseResult): string {
  const rows = withRatios(result).map((row) => [
    row.backend,
    row.isa,
    `${row.threads}`,
    row.algorithm,
    formatMs(row.milliseconds),
    formatNumber(row.gflops),
    `${formatNumber(row.ratioToBest)}x`,
  ]);
  const head = ["backend", "isa", "threads", "algorithm", "time", "GFLOP/s", "time to best"];
  return `${result.name}\n${formatTable([head, ...rows], [2, 4, 5, 6])}`;
}

/** Adds each result's time as a multiple of the shortest. */
function withRatios({ results }: CaseResult): (BenchResult & { ratioToBest: number })[] {
  const best = Math.min(...results.map(({ milliseconds }) => milliseconds));
  return results.map((result) => ({ ...result, ratioToBest: result.milliseconds / best }));
}
