// SPDX-License-Identifier: MIT
// `corr2d info` shows versions and backends, with the reasons for what is missing.
import { cpus } from "node:os";
import { formatTable } from "../arithmetic/text-table.ts";
import { type BackendReport, backends } from "../index.ts";
import { sharpVersion } from "./images.ts";
import { packageVersion } from "./version.ts";

export async function info({ json }: { readonly json?: true }): Promise<void> {
  const facts = await collect();
  process.stdout.write(json ? `${JSON.stringify(facts, null, 2)}\n` : describe(facts));
}

async function collect() {
  return {
    corr2d: packageVersion(),
    node: process.versions.node,
    napi: process.versions.napi,
    v8: process.versions.v8,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    sharp: (await sharpVersion()) ?? null,
    environment: environment(),
    backends: backends(),
  };
}

/** Returns the variables that change what the library does, if they are set. */
function environment(): Record<string, string> {
  const names = ["CORR2D_BACKEND", "CORR2D_ISA", "CORR2D_THREADS"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function describe(facts: Awaited<ReturnType<typeof collect>>): string {
  const rows = [
    ["corr2d", facts.corr2d],
    ["node", `${facts.node} (Node-API ${facts.napi}, V8 ${facts.v8})`],
    ["platform", facts.platform],
    ["cpu", facts.cpu],
    ["sharp", facts.sharp ?? "not installed; corr2d filter needs it (npm install sharp)"],
    ...Object.entries(facts.environment),
    ...facts.backends.map((report) => [report.name, describeBackend(report)]),
  ];
  return formatTable(rows);
}

function describeBackend(report: BackendReport): string {
  if (!report.available) return `not available: ${report.reason}`;
  const others = report.isas.filter((isa) => isa !== report.isa);
  const more = others.length > 0 ? `, also ${others.join(", ")}` : "";
  const why = report.reason === undefined ? "" : ` (${report.reason})`;
  return `${report.isa}${more}, ${report.threads} thread${report.threads === 1 ? "" : "s"}${why}`;
}
