// SPDX-License-Identifier: MIT
// `corr2d filter`: image files in, image files out.
import { mkdir } from "node:fs/promises";
import type { Border } from "../../spec/border.ts";
import { type EngineOptions, openEngine } from "../engine.ts";
import { CommandError, messageOf, UsageError } from "../errors.ts";
import { loadCodec } from "../images.ts";
import { startProgress } from "../progress.ts";
import { planJobs } from "./files.ts";
import { type FileReport, type JobOptions, runJob } from "./job.ts";
import { createOperator, type OperatorName, type OperatorOptions } from "./operators.ts";
import { printReport } from "./report.ts";

export interface FilterOptions extends EngineOptions, OperatorOptions, JobOptions {
  readonly kernel: OperatorName;
  readonly border: Border;
  readonly json?: true;
}

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
