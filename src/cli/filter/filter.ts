// SPDX-License-Identifier: MIT
// `corr2d filter` reads image files, filters them, and writes image files.
import { mkdir } from "node:fs/promises";
import { openEngine } from "../engine.ts";
import { CommandError, messageOf, UsageError } from "../errors.ts";
import { loadCodec } from "../images.ts";
import { startProgress } from "../progress.ts";
import { planJobs } from "./files.ts";
import { type FileReport, runJob } from "./job.ts";
import { createOperator } from "./operators.ts";
import type { FilterOptions } from "./options.ts";
import { printReport } from "./report.ts";

export async function filter(paths: readonly string[], options: FilterOptions): Promise<void> {
  if (paths.length < 2) {
    throw new UsageError("filter takes at least one input and an output; see corr2d filter --help");
  }
  const operator = createOperator(options.kernel, options);
  const { jobs, folder } = await planJobs(paths.slice(0, -1), paths[paths.length - 1]);
  const codec = await loadCodec();
  const engine = await openEngine(options);
  if (folder !== undefined) await createFolder(folder);

  const reports: FileReport[] = [];
  const progress = startProgress(jobs.length);
  try {
    for (const job of jobs) {
      progress.update(reports.length, job.input);
      reports.push(await runJob(job, { codec, planner: engine, operator }, options));
    }
  } finally {
    progress.stop();
    engine.dispose();
  }
  printReport(reports, options);
}

async function createFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new CommandError(`cannot create the folder ${folder}: ${messageOf(error)}`);
  }
}
