// SPDX-License-Identifier: MIT
import type { Measured, MeasuredContender } from "./measure.ts";
import type { Case, Suite } from "./suite.ts";

/** A contender with what follows from its times. */
export interface Row extends MeasuredContender {
  readonly gflops: number;
  /** Of the peak of its ISA, from 0 to 1. */
  readonly ofPeak?: number;
  /** Under the headings of {@link ratioHeadings}. */
  readonly ratios: Readonly<Record<string, number>>;
}

export interface CaseResult extends Measured {
  readonly contenders: readonly Row[];
}

/** The mean ratios of a contender over the cases of a group that it took part in, and the least of them. */
export interface Geomean {
  readonly group: string;
  readonly contender: string;
  readonly cases: number;
  readonly ratios: Readonly<Record<string, { readonly geomean: number; readonly least: number }>>;
}

type RatioTo = Suite["ratioTo"];

function ratioHeadings(ratioTo: RatioTo): string[] {
  if (ratioTo === "best") return ["of best"];
  if (ratioTo === "first") return ["speed-up"];
  return ratioTo.map((name) => `x ${name}`);
}

export function evaluate(
  measured: Measured,
  { ratioTo, basis = "medianSeconds" }: Suite,
  peaks: Readonly<Record<string, number>>,
): CaseResult {
  // Overheads have no FLOP: calls are compared as they are.
  const speedOf = (contender: MeasuredContender) => (contender.flop || 1) / contender[basis];
  const ratios = (contender: MeasuredContender): Record<string, number> => {
    const speed = speedOf(contender);
    if (ratioTo === "best") return { "of best": speed / Math.max(...measured.contenders.map(speedOf)) };
    if (ratioTo === "first") return { "speed-up": speed / speedOf(measured.contenders[0]) };
    const bases = measured.contenders.filter(({ name }) => ratioTo.includes(name));
    return Object.fromEntries(bases.map((base) => [`x ${base.name}`, speedOf(base) / speed]));
  };
  const contenders = measured.contenders.map((contender): Row => {
    const { flop, isa } = contender;
    const peak = isa === "best" ? Math.max(0, ...Object.values(peaks)) : isa && peaks[isa];
    const gflops = flop / contender[basis] / 1e9;
    return { ...contender, gflops, ...(peak && { ofPeak: gflops / peak }), ratios: ratios(contender) };
  });
  return { ...measured, contenders };
}

/** Of contenders in several cases. None for overheads and for pairs of problems: these are of unlike things. */
export function geomeans(results: readonly CaseResult[], { unit, slowBelow }: Suite): Geomean[] {
  if (unit === "µs" || slowBelow !== undefined) return [];
  const members = new Map<string, { group: string; contender: string; rows: Row[] }>();
  for (const { group = "", contenders } of results) {
    for (const row of contenders) {
      const key = JSON.stringify([group, row.name]);
      const member = members.get(key) ?? { group, contender: row.name, rows: [] };
      member.rows.push(row);
      members.set(key, member);
    }
  }
  return [...members.values()]
    .filter(({ rows }) => rows.length > 1)
    .map(({ group, contender, rows }) => {
      const headings = Object.keys(rows[0].ratios);
      const ratios = headings.map((heading) => [
        heading,
        meanAndLeast(rows.map((row) => row.ratios[heading])),
      ]);
      return { group, contender, cases: rows.length, ratios: Object.fromEntries(ratios) };
    });
}

function meanAndLeast(values: readonly number[]) {
  const logarithms = values.reduce((sum, value) => sum + Math.log(value), 0);
  return { geomean: Math.exp(logarithms / values.length), least: Math.min(...values) };
}

/** Prints rows as they come, in columns wide enough for all that will come. */
export function createTable(
  { unit, ratioTo, slowBelow = 0 }: Suite,
  cases: readonly Case[],
  peaksKnown: boolean,
  write: (text: string) => void,
) {
  const means = "geomean, least";
  const caseWidth = width(["case", means, ...cases.map(({ name }) => name)]);
  const names = cases.flatMap(({ contenders }) => contenders.map(({ name }) => name));
  const contenderWidth = width(["contender", ...names]);
  const headings = ratioHeadings(ratioTo);
  const perSecond = unit === "ms"; // what takes microseconds is overhead, not arithmetic
  const perUnit = unit === "ms" ? 1e3 : 1e6;
  const numberHeadings = [
    ...[`min ${unit}`, `median ${unit}`, "spread"],
    ...(perSecond ? ["GFLOP/s"] : []),
    ...(peaksKnown ? ["of peak"] : []),
    ...headings,
    "round",
  ];
  const line = (name: string, contender: string, numbers: readonly string[]) =>
    write(
      [
        name.padEnd(caseWidth),
        contender.padEnd(contenderWidth),
        ...numbers.map((text, i) => text.padStart(Math.max(9, numberHeadings[i].length))),
      ]
        .join("  ")
        .trimEnd()
        .concat("\n"),
    );
  const ratioOf = (row: Row, heading: string) => row.ratios[heading]?.toFixed(2) ?? "";
  const isSlow = (row: Row) => Object.values(row.ratios).some((ratio) => ratio < slowBelow);
  return {
    head() {
      line("case", "contender", numberHeadings);
    },
    rows(result: CaseResult) {
      result.contenders.forEach((row, i) => {
        line(i === 0 ? result.case : "", row.name, [
          formatNumber(row.minSeconds * perUnit),
          formatNumber(row.medianSeconds * perUnit),
          formatPercent(row.spread),
          ...(perSecond ? [formatNumber(row.gflops)] : []),
          ...(peaksKnown ? [row.ofPeak === undefined ? "" : formatPercent(row.ofPeak)] : []),
          ...headings.map((heading) => ratioOf(row, heading)),
          i === 0 ? `±${formatPercent(result.roundMargin)}` : isSlow(row) ? "slow" : "",
        ]);
      });
    },
    foot(geomeans: readonly Geomean[], results: readonly CaseResult[]) {
      if (geomeans.length > 0) write("\n");
      const blanks = numberHeadings.slice(0, -1 - headings.length).map(() => "");
      for (const { group, contender, cases, ratios } of geomeans) {
        const pairs = headings.map((heading) => {
          const ratio = ratios[heading];
          return ratio === undefined ? "" : `${ratio.geomean.toFixed(2)}, ${ratio.least.toFixed(2)}`;
        });
        line(means, contender, [...blanks, ...pairs, `${cases} ${group || "cases"}`]);
      }
      if (slowBelow === 0) return;
      const slow = results.filter(({ contenders }) => contenders.some(isSlow)).map((result) => result.case);
      const list = slow.length === 0 ? "none" : `${slow.length}: ${slow.join(", ")}`;
      write(`\nBelow ${slowBelow} of the first's speed per FLOP: ${list}\n`);
    },
  };
}

const width = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));

/** Three significant digits, without an exponent. */
const formatNumber = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

const formatPercent = (value: number) => `${(100 * value).toFixed(1)}%`;
