// SPDX-License-Identifier: MIT
import { type BackendName, createEngine, type Engine } from "../index.ts";

export interface EngineOptions {
  readonly backend?: BackendName;
  readonly threads?: number;
}

/** Opens the engine that the options name; options left out are chosen as for the plain functions. */
export function openEngine({ backend, threads }: EngineOptions): Promise<Engine> {
  return createEngine({ ...(backend && { backend }), ...(threads && { threads }) });
}
