// SPDX-License-Identifier: MIT
import type { Backend, Prepared } from "../backend/backend.ts";
import { invalid } from "../errors.ts";
import { checkOneOf } from "../input/options.ts";
import { convOperation } from "../operations/convolution.ts";
import {
  type Accuracy,
  type Algorithm,
  algorithms,
  type ConvSpec,
  inputShapeOf,
  outputShapeOf,
} from "../spec/convolution.ts";
import { elementCount } from "../tensor.ts";
import type { ConvConstants } from "./conv-plan.ts";
import { allocateOutput } from "./output.ts";
import { candidates, type Selection } from "./selection.ts";

/** The measurement of one convolution on one backend. */
interface Finding {
  readonly algorithm: Algorithm;
  readonly milliseconds: number;
}

/** Findings by convolution, as plain JSON. */
export interface TuningRecord {
  readonly version: 1;
  readonly findings: Readonly<Record<string, Finding>>;
}

const findings = new Map<string, Finding>();

/** Time for which the candidates together are run, at least. */
const budgetMilliseconds = 60;
/** Timed runs of each candidate, at least. */
const leastRuns = 3;

/**
 * The measurements of plans with `tune: true` in this process. They can be kept for other processes on such a machine.
 */
export const tuning = {
  /** Returns all findings so far. */
  export(): TuningRecord {
    return { version: 1, findings: Object.fromEntries(findings) };
  },

  /**
   * Adds findings; newer ones replace older ones. Throws INVALID_ARGUMENT for a record that `export` cannot have made.
   */
  import(record: TuningRecord): void {
    if (record?.version !== 1) throw invalid("a record of version 1", "record", record);
    const { findings: given } = record;
    if (typeof given !== "object" || given === null) throw invalid("an object", "record.findings", given);
    const entries = Object.entries(given);
    for (const [key, finding] of entries) {
      const name = `record.findings[${JSON.stringify(key)}]`;
      checkOneOf(finding?.algorithm, algorithms, `${name}.algorithm`);
      if (!(finding.milliseconds >= 0))
        throw invalid("a number >= 0", `${name}.milliseconds`, finding.milliseconds);
    }
    for (const [key, { algorithm, milliseconds }] of entries) findings.set(key, { algorithm, milliseconds });
  },

  /** Forgets all findings. */
  clear(): void {
    findings.clear();
  },
};

/** Returns the algorithm that measured fastest, or undefined if none was measured or the backend no longer has it. */
export function recall(backend: Backend, spec: ConvSpec, accuracy: Accuracy): Selection | undefined {
  const finding = findings.get(keyOf(backend, spec, accuracy));
  if (finding === undefined || !candidates(backend, spec, accuracy).includes(finding.algorithm))
    return undefined;
  return {
    algorithm: finding.algorithm,
    reason: `measured fastest, ${Number(finding.milliseconds.toPrecision(3))} ms`,
  };
}

/** Times the three most promising algorithms in turns, and remembers the fastest. */
export function tune(
  backend: Backend,
  spec: ConvSpec,
  accuracy: Accuracy,
  constants: ConvConstants,
): Selection {
  const input = allocateOutput(spec.dtype, elementCount(inputShapeOf(spec))).fill(1);
  const output = allocateOutput(spec.outputDtype, elementCount(outputShapeOf(spec)));
  const contenders: { algorithm: Algorithm; prepared: Prepared; milliseconds: number }[] = [];
  try {
    for (const algorithm of candidates(backend, spec, accuracy).slice(0, 3)) {
      const prepared = backend.prepare(convOperation({ kind: "conv", spec, algorithm, ...constants }));
      contenders.push({ algorithm, prepared, milliseconds: Number.POSITIVE_INFINITY });
    }
    const start = performance.now();
    for (let run = 0; run <= leastRuns || performance.now() - start < budgetMilliseconds; run++) {
      for (const contender of contenders) {
        const before = performance.now();
        contender.prepared.run(input, null, null, output, null);
        // The first run warms the caches and touches fresh memory.
        if (run > 0) {
          contender.milliseconds = Math.min(contender.milliseconds, performance.now() - before);
        }
      }
    }
  } finally {
    for (const { prepared } of contenders) prepared.dispose();
  }
  const [{ algorithm, milliseconds }] = contenders.sort((a, b) => a.milliseconds - b.milliseconds);
  findings.set(keyOf(backend, spec, accuracy), { algorithm, milliseconds });
  return recall(backend, spec, accuracy) as Selection;
}

/** Names everything that the time depends on. */
function keyOf({ name, isa, threads }: Backend, spec: ConvSpec, accuracy: Accuracy): string {
  const { activation, strides, padding, dilations, groups, border, dtype, inputLayout } = spec;
  const types = spec.outputDtype === dtype ? dtype : `${dtype}>${spec.outputDtype}`;
  const { batch, inChannels, inHeight, inWidth, outChannels, kernelHeight, kernelWidth } = spec;
  return [
    `${name} ${isa} ${threads} ${accuracy} ${types} ${inputLayout}`,
    `in ${batch}x${inChannels}x${inHeight}x${inWidth}`,
    `out ${outChannels} kernel ${kernelHeight}x${kernelWidth}`,
    `strides ${strides} dilations ${dilations} groups ${groups}`,
    `padding ${padding} ${border} ${activation.kind}`,
  ].join(", ");
}
