// SPDX-License-Identifier: MIT
import { createRequire } from "node:module";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { type BackendReport, backends } from "corr2d";
import type { Setting } from "./suite.ts";

/** What the numbers depend on. */
export interface Environment {
  readonly date: string;
  readonly cpu: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly platform: string;
  /** Processes that wanted a processor during the last minute: above zero, somebody else was measured too. */
  readonly load: number;
  readonly runtime: string;
  readonly corr2d: string;
  readonly backends: readonly BackendReport[];
  readonly variables: Readonly<Record<string, string>>;
}

export function readEnvironment(): Environment {
  const { version } = createRequire(import.meta.url)("corr2d/package.json") as { version: string };
  const variables = Object.entries(process.env).filter(([name]) => name.startsWith("CORR2D_"));
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? "unknown processor",
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    load: Number(loadavg()[0].toFixed(2)),
    runtime: `node ${process.versions.node}, V8 ${process.versions.v8}`,
    corr2d: version,
    backends: backends(),
    variables: Object.fromEntries(variables) as Record<string, string>,
  };
}

export function describeEnvironment(environment: Environment, { backend, isa, threads }: Setting): string {
  const { cpu, processors, memoryGiB, platform, load, runtime, corr2d, variables } = environment;
  const missing = environment.backends.flatMap((report) =>
    report.available ? [] : [`missing   ${report.name}: ${report.reason}`],
  );
  return [
    `machine   ${cpu}, ${count(processors, "processor")}, ${memoryGiB} GiB, ${platform}, load ${load}`,
    `runtime   ${runtime}`,
    `corr2d    ${corr2d}, ${backend}, ${isa}, ${count(threads, "thread")}`,
    ...missing,
    ...Object.entries(variables).map(([name, value]) => `variable  ${name}=${value}`),
    "",
  ].join("\n");
}

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? "" : "s"}`;
