// SPDX-License-Identifier: MIT
// The conformance cases as a program, for runtimes in which vitest does not run. Arguments: the backends that must be
// there. Ends with a line of JSON; the exit code is 1 if anything failed.
import { type Algorithm, backends, createEngine, type Engine } from "corr2d";
import { convCases } from "./cases.ts";
import { algorithms, checkBits, checkCase, collectFailures, dtypes, type Implementation } from "./check.ts";
import { planeCases } from "./plane-cases.ts";
import { checkSpecialValues } from "./special.ts";

const cases = [...convCases(), ...planeCases()];

/** Every instruction set of the backends that are there. */
function implementations(): Implementation[] {
  return backends().flatMap((report) =>
    report.available ? report.isas.map((isa) => ({ backend: report.name, isa })) : [],
  );
}

async function conformance(implementation: Implementation, algorithm: Algorithm): Promise<string[]> {
  const open = (threads: number): Promise<Engine> => createEngine({ ...implementation, threads });
  const engines = [await open(1), await open(2)];
  const some = cases.filter(({ seed }) => seed % 20 === 0);
  const failures: string[] = [];
  for (const dtype of dtypes) {
    failures.push(
      ...(await collectFailures(cases, (c) => checkCase(engines[0], implementation, c, algorithm, dtype))),
      ...(await collectFailures(some, (c) => checkBits(engines, implementation, c, algorithm, dtype))),
      ...(await collectFailures(checkSpecialValues(engines[0], algorithm, dtype), (check) => check())),
    );
  }
  for (const engine of engines) engine.dispose();
  return failures;
}

const expected = process.argv.slice(2);
const present = new Set<string>(implementations().map(({ backend }) => backend));
const failures = expected.filter((name) => !present.has(name)).map((name) => `no ${name} backend`);
const tested: string[] = [];
for (const implementation of implementations()) {
  for (const algorithm of algorithms) failures.push(...(await conformance(implementation, algorithm)));
  tested.push(`${implementation.backend} ${implementation.isa}`);
}
console.log(JSON.stringify({ cases: cases.length, tested, failures, reports: backends() }));
process.exitCode = failures.length === 0 ? 0 : 1;
