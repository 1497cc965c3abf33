// SPDX-License-Identifier: MIT
import type { Measured } from "./measure.ts";
import type { Case, Suite } from "./suite.ts";

/** A case with what follows from its times. */
export interface CaseResult extends Measured {
  readonly contenders: readonly (Measured["contenders"][number] & {
    /** Of the median. */
    readonly gflops: number;
    /** Speed relative to the best or the first contender, as the suite says. */
    readonly ratio: number;
  })[];
}

/** The mean ratio of a contender over the cases that it took part in. */
export interface Geomean {
  readonly contender: string;
  readonly cases: number;
  readonly ratio: number;
}

export function withRatios(measured: Measured, ratioTo: Suite["ratioTo"]): CaseResult {
  const medians = measured.contenders.map(({ medianSeconds }) => medianSeconds);
  const base = ratioTo === "best" ? Math.min(...medians) : medians[0];
  const contenders = measured.contenders.map((contender) => ({
    ...contender,
    gflops: measured.flop / contender.medianSeconds / 1e9,
    ratio: base / contender.medianSeconds,
  }));
  return { ...measured, contenders };
}

/** Of contenders in several cases. None for overheads: these are of unlike calls. */
export function geomeans(results: readonly CaseResult[], unit: Suite["unit"]): Geomean[] {
  if (unit === "µs") return [];
  const ratios = new Map<string, number[]>();
  for (const { name, ratio } of results.flatMap((result) => result.contenders)) {
    ratios.set(name, [...(ratios.get(name) ?? []), ratio]);
  }
  const several = [...ratios].filter(([, values]) => values.length > 1);
  return several.map(([contender, values]) => ({
    contender,
    cases: values.length,
    ratio: Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length),
  }));
}

/** Prints rows as they come, in columns wide enough for all that will come. */
export function createTable({ unit, ratioTo }: Suite, cases: readonly Case[], write: (text: string) => void) {
  const caseWidth = width(["case", ...cases.map(({ name }) => name)]);
  const names = cases.flatMap(({ contenders }) => contenders.map(({ name }) => name));
  const contenderWidth = width(["contender", ...names]);
  const line = (name: string, contender: string, numbers: readonly string[]) =>
    write(
      [name.padEnd(caseWidth), contender.padEnd(contenderWidth), ...numbers.map((text) => text.padStart(9))]
        .join("  ")
        .trimEnd()
        .concat("\n"),
    );
  const perSecond = unit === "ms"; // what takes microseconds is overhead, not arithmetic
  const perUnit = unit === "ms" ? 1e3 : 1e6;
  return {
    head() {
      const ratio = ratioTo === "best" ? "of best" : "speed-up";
      const times = [`min ${unit}`, `median ${unit}`, "spread"];
      line("case", "contender", [...times, ...(perSecond ? ["GFLOP/s"] : []), ratio, "round"]);
    },
    rows(result: CaseResult) {
      result.contenders.forEach((row, i) => {
        line(i === 0 ? result.case : "", row.name, [
          formatNumber(row.minSeconds * perUnit),
          formatNumber(row.medianSeconds * perUnit),
          formatPercent(row.spread),
          ...(perSecond ? [formatNumber(row.gflops)] : []),
          row.ratio.toFixed(2),
          i === 0 ? `±${formatPercent(result.roundMargin)}` : "",
        ]);
      });
    },
    foot(means: readonly Geomean[]) {
      if (means.length > 0) write("\n");
      for (const { contender, cases, ratio } of means) {
        line("geomean", contender, ["", "", "", "", ratio.toFixed(2), `${cases} cases`]);
      }
    },
  };
}

const width = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));

/** Three significant digits, without an exponent. */
const formatNumber = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

const formatPercent = (value: number) => `${(100 * value).toFixed(1)}%`;
