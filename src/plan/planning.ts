// SPDX-License-Identifier: MIT
import type { Backend } from "../backend/backend.ts";
import type { FloatArray, TypedArray } from "../dtype.ts";
import { type AlgorithmChoice, resolveChoice } from "../resolve/convolution.ts";
import { type Algorithm, type ConvSpec, multiplyAdds } from "../spec/convolution.ts";
import { type ConvConstants, ConvPlan, type PlanShapes } from "./conv-plan.ts";
import { type Selection, selectFastest, selectNamed } from "./selection.ts";
import { recall, tune } from "./tuning.ts";

/** The parts of an engine that plans need. */
export interface PlanningOn {
  readonly backend: Backend;
  /** Work of fewer multiply-adds than this runs in TypeScript, as crossing into the backend costs more. */
  readonly smallBelow: number;
  small(): Backend;
  /** Throws DISPOSED. */
  assertOpen(): void;
}

/** Returns the backend that is fastest for this many multiply-adds. */
export const backendFor = (on: PlanningOn, work: number): Backend =>
  work < on.smallBelow ? on.small() : on.backend;

/** Chooses backend and algorithm for a spec and prepares it. `X` and `Y` must match the spec's element types. */
export function planConvolution<X extends TypedArray = FloatArray, Y extends TypedArray = X>(
  on: PlanningOn,
  spec: ConvSpec,
  constants: ConvConstants,
  options: { readonly algorithm?: unknown; readonly accuracy?: unknown; readonly tune?: unknown },
  shapes?: PlanShapes,
): ConvPlan<X, Y> {
  on.assertOpen();
  const choice = resolveChoice(options);
  const backend = backendWith(on, spec, choice.algorithm);
  const selection = chooseAlgorithm(backend, spec, choice, constants);
  return new ConvPlan(backend, spec, selection, constants, on.assertOpen, shapes);
}

/** Chooses an algorithm as named, as measured before, by measuring now, or by estimate. */
export function chooseAlgorithm(
  backend: Backend,
  spec: ConvSpec,
  { algorithm, accuracy, tune: wanted }: AlgorithmChoice,
  constants: ConvConstants,
): Selection {
  if (algorithm !== "auto") return selectNamed(backend, spec, algorithm);
  const known = recall(backend, spec, accuracy);
  if (known !== undefined) return known;
  if (wanted && spec.batch > 0) return tune(backend, spec, accuracy, constants);
  return selectFastest(backend, spec, accuracy);
}

/** Small work stays in TypeScript unless the reference backend lacks the algorithm asked for. */
export function backendWith(on: PlanningOn, spec: ConvSpec, algorithm: Algorithm | "auto"): Backend {
  const backend = backendFor(on, multiplyAdds(spec));
  if (algorithm === "auto" || backend === on.backend) return backend;
  return backend.supports({ kind: "conv", spec, algorithm }) ? backend : on.backend;
}
