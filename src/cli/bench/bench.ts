// SPDX-License-Identifier: MIT
// `corr2d bench` checks every backend and algorithm on a few typical shapes against each other, and then times them.

import { Corr2dError } from "../../errors.ts";
import { backends, type ConvPlan, type Engine } from "../../index.ts";
import { type Algorithm, algorithms, multiplyAdds } from "../../spec/convolution.ts";
import { type EngineOptions, openEngine } from "../engine.ts";
import { CommandError } from "../errors.ts";
import { median } from "../numbers.ts";
import { startProgress } from "../progress.ts";
import { type BenchCase, benchCases } from "./cases.ts";
import { type BenchResult, type CaseResult, printReport } from "./report.ts";

export interface BenchOptions extends EngineOptions {
  readonly algorithm?: Algorithm;
  readonly json?: true;
}

export async function bench(options: BenchOptions): Promise<void> {
  const engines = await openEngines(options);
  const wanted = options.algorithm ? [options.algorithm] : algorithms;
  const progress = startProgress(benchCases.length * engines.length * wanted.length);
  let done = 0;
  const cases: CaseResult[] = [];
  try {
    for (const benchCase of benchCases) {
      const operands = benchCase.operands();
      let expected: Float32Array | undefined;
      const results: BenchResult[] = [];
      for (const engine of engines) {
        for (const algorithm of wanted) {
          progress.update(done++, `${benchCase.name}, ${engine.backend} ${algorithm}`);
          const plan = planOrNot(engine, benchCase, operands, algorithm);
          if (plan === undefined) continue;
          const start = performance.now();
          const output = plan.run(operands.x).data as Float32Array; // This also warms up.
          const firstMs = performance.now() - start;
          expected ??= output;
          checkAgreement(output, expected, benchCase, plan);
          results.push(time(plan, operands.x.data, output, firstMs));
          plan.dispose();
          await breathe();
        }
      }
      cases.push({ name: benchCase.name, results });
    }
  } finally {
    progress.stop();
    for (const engine of engines) engine.dispose();
  }
  const missing = options.backend ? [] : backends().filter((report) => !report.available);
  printReport(cases, missing, options.json === true);
}

/** Opens the backend that was named, or all that are available. */
async function openEngines({ backend, threads }: EngineOptions): Promise<Engine[]> {
  const names = backend ? [backend] : backends().flatMap((report) => (report.available ? [report.name] : []));
  return Promise.all(names.map((name) => openEngine({ backend: name, ...(threads && { threads }) })));
}

/** Returns a plan, or undefined if the backend does not have the algorithm for this case. */
function planOrNot(
  engine: Engine,
  { options }: BenchCase,
  { x, weights }: ReturnType<BenchCase["operands"]>,
  algorithm: Algorithm,
): ConvPlan | undefined {
  try {
    return engine.planConv2d(x.shape, weights, { ...options, algorithm });
  } catch (error) {
    if (error instanceof Corr2dError && error.code === "UNSUPPORTED") return undefined;
    throw error;
  }
}

/**
 * Checks that results agree. The operands are small whole numbers, whose sums are exact in float32 in any order, so
 * results must be equal. Only winograd rounds, by less than a hundred-thousandth of the largest result.
 */
function checkAgreement(
  output: Float32Array,
  expected: Float32Array,
  benchCase: BenchCase,
  plan: ConvPlan,
): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const allowed = plan.algorithm === "winograd" ? 1e-5 * largest : 0;
  const at = output.findIndex((value, i) => !(Math.abs(value - expected[i]) <= allowed));
  if (at < 0) return;
  throw new CommandError(
    `${plan.backend} ${plan.algorithm} computes ${output[at]} instead of ${expected[at]} for output ${at} of ` +
      `"${benchCase.name}"; please report this`,
  );
}

/** Long enough for a steady median, short enough for the whole bench to take seconds. */
const budgetMs = 120;
/** From this time on, the first run, which checked the result, is also the measurement. */
const slowMs = 200;

function time(plan: ConvPlan, input: Float32Array, out: Float32Array, firstMs: number): BenchResult {
  const times = firstMs > slowMs ? [firstMs] : timeRuns(() => plan.run(input, { out }));
  const milliseconds = median(times);
  return {
    backend: plan.backend,
    isa: plan.isa,
    threads: plan.threads,
    algorithm: plan.algorithm,
    milliseconds,
    gflops: (2 * multiplyAdds(plan.spec)) / milliseconds / 1e6,
    runs: times.length,
  };
}

function timeRuns(run: () => void): number[] {
  const times: number[] = [];
  const start = performance.now();
  let now = start;
  do {
    const before = now;
    run();
    now = performance.now();
    times.push(now - before);
  } while (now - start < budgetMs);
  return times;
}

/** Lets the event loop handle Ctrl-C. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
