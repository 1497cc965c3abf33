// SPDX-License-Identifier: MIT
import { closeSync, openSync, writeFileSync } from "node:fs";
import { Corr2dError, createEngine } from "corr2d";
import { suites } from "../suites.ts";
import { type CommandLine, help, readCommandLine } from "./command-line.ts";
import { describeEnvironment, readEnvironment } from "./environment.ts";
import { UsageError } from "./errors.ts";
import { measure } from "./measure.ts";
import { type CaseResult, createTable, evaluate, geomeans } from "./report.ts";
import type { Case, Setting } from "./suite.ts";

/** Runs one suite. Returns the exit code. */
async function bench(commandLine: CommandLine): Promise<number> {
  const suite = suites[commandLine.suite];
  const setting = await resolveSetting(commandLine);
  const cases = selectCases(suite.cases(setting), commandLine);
  if (commandLine.json !== undefined) checkWritable(commandLine.json);
  const environment = readEnvironment();
  const write = (text: string) => process.stdout.write(text);
  const peaks = suite.peaks?.(setting) ?? {};
  write(describeEnvironment(environment, setting));
  for (const note of suite.notes?.(setting) ?? []) write(`${note}\n`);
  for (const [isa, gflops] of Object.entries(peaks)) write(`peak      ${isa}: ${gflops} GFLOP/s\n`);
  write(`\n${commandLine.suite}: ${suite.about}\n`);
  if (setting.quick) write("--quick: too few samples to compare anything\n");
  write("\n");

  const table = createTable(suite, cases, Object.keys(peaks).length > 0, write);
  table.head();
  const results: CaseResult[] = [];
  const failed: string[] = [];
  for (const { name } of cases) {
    showProgress(name);
    const measured = await measure({ suite: commandLine.suite, name, setting });
    showProgress("");
    if (measured === undefined) {
      failed.push(name);
      continue;
    }
    const result = evaluate(measured, suite, peaks);
    table.rows(result);
    results.push(result);
  }
  const means = geomeans(results, suite);
  table.foot(means, results);
  if (commandLine.json !== undefined) {
    const report = {
      environment,
      suite: commandLine.suite,
      setting,
      peaks,
      cases: results,
      geomeans: means,
      failed,
    };
    writeFileSync(commandLine.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (failed.length > 0) console.error(`Failed: ${failed.join(", ")}`);
  return failed.length > 0 ? 1 : 0;
}

/** What the library makes of the options: what is printed is what it says that it uses. */
async function resolveSetting({ suite, threads, isa, quick }: CommandLine): Promise<Setting> {
  const options = { threads: threads ?? suites[suite].threads, ...(isa !== undefined && { isa }) };
  try {
    const engine = await createEngine(options);
    engine.dispose();
    const { backend, isa: used, threads: available } = engine;
    return { backend, isa: used, threads: available, isaNamed: isa !== undefined, quick };
  } catch (error) {
    if (error instanceof Corr2dError) throw new UsageError(error.message);
    throw error;
  }
}

function selectCases(cases: readonly Case[], { suite, words }: CommandLine): Case[] {
  const selected = cases.filter(
    ({ name, contenders }) => contenders.length > 0 && words.every((word) => name.includes(word)),
  );
  if (selected.length > 0) return selected;
  const names = cases.map(({ name }) => name).join(", ");
  throw new UsageError(`No case of ${suite} has "${words.join(" ")}" in its name: ${names}`);
}

/** On a terminal: which case is being measured, in the line where its rows will stand. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** Before an hour of measuring rather than after. */
function checkWritable(file: string): void {
  try {
    closeSync(openSync(file, "a"));
  } catch {
    throw new UsageError(`Expected a file that can be written for --json but received "${file}"`);
  }
}

try {
  const commandLine = readCommandLine(process.argv.slice(2));
  if (commandLine === undefined) process.stdout.write(help);
  else process.exitCode = await bench(commandLine);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
