// SPDX-License-Identifier: MIT
import { type BackendName, createEngine, type Engine } from "../index.ts";

export interface EngineOptions {
  readonly backend?: BackendName;
  readonly threads?: number;
}

/** The engine that the options name; what they leave open is chosen as by the plain functions. */
export function openEngine({ backend, threads }: EngineOptions): Promise<Engine> {
  return createEngine({ ...(backend && { backend }), ...(threads && { threads }) });
}
