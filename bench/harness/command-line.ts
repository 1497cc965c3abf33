// SPDX-License-Identifier: MIT
import { parseArgs } from "node:util";
import { type SuiteName, suites } from "../suites.ts";
import { UsageError } from "./errors.ts";

export interface CommandLine {
  readonly suite: SuiteName;
  /** Only cases whose names contain all of these. */
  readonly words: readonly string[];
  readonly json: string | undefined;
  readonly threads: number | undefined;
  readonly isa: string | undefined;
  readonly quick: boolean;
}

export const help = `Usage: npm run bench -- SUITE [WORD...] [options]

Suites:
${Object.entries(suites)
  .map(([name, { about }]) => `  ${name.padEnd(12)}${about}`)
  .join("\n")}

Measures the cases whose names contain every WORD. Times are of warm calls. GFLOP/s and the ratios follow from the
median (of peers from the minimum); spread is the range of the middle half of the samples, relative to it; the margin beside a case is that of a
round of all contenders (95 %), and tells how quiet the machine was. A column "x NAME" says how many times as fast as
the row NAME is.

Options:
  --json FILE    also write everything, the environment included, to FILE
  --threads N    threads of one call (default: 1; for scaling the number of processors)
  --isa NAME     use this instruction set only
  --quick        few samples: shows that it works, not how fast
  --help         show this

CORR2D_BACKEND names the backend of the suites that use one.
`;

/** Undefined where help was asked for. Throws UsageError. */
export function readCommandLine(args: readonly string[]): CommandLine | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [suite, ...words] = positionals;
  const names = Object.keys(suites).join(", ");
  if (suite === undefined) throw new UsageError(`Expected a suite (${names}); --help says more`);
  if (!Object.hasOwn(suites, suite)) throw new UsageError(`Expected one of ${names} but received "${suite}"`);
  return {
    suite: suite as SuiteName,
    words,
    json: values.json,
    threads: values.threads === undefined ? undefined : positiveInteger(values.threads, "--threads"),
    isa: values.isa,
    quick: values.quick ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: "string" },
        threads: { type: "string" },
        isa: { type: "string" },
        quick: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\n|\. /, 1)[0]);
  }
}

function positiveInteger(text: string, option: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new UsageError(`Expected a whole number above 0 for ${option} but received "${text}"`);
  }
  return Number(text);
}
