// SPDX-License-Identifier: MIT
// The core of an engine: a backend, and the size below which TypeScript is faster. It knows no operator.
import type { Backend } from "./backend/backend.ts";
import { type BackendOptions, openBackend } from "./backend/choose.ts";
import { createInlineBackend } from "./backend/reference/reference.ts";
import { Corr2dError } from "./errors.ts";
import type { PlanningOn } from "./plan/planning.ts";

/** The part of an engine that operators need. */
export interface EngineCore extends PlanningOn {
  dispose(): void;
}

/** Below this, the JavaScript loop beats a native call, of which about 0.3 µs is overhead (Zen 5, Node 20). */
const smallMultiplyAdds = 1000;

export function openCore(options: BackendOptions): EngineCore {
  const { backend, named } = openBackend(options);
  let disposed = false;
  let small: Backend | undefined;
  return {
    backend,
    smallBelow: named ? 0 : smallMultiplyAdds,
    small() {
      small ??= createInlineBackend();
      return small;
    },
    assertOpen() {
      if (disposed) throw new Corr2dError("DISPOSED", "This engine was disposed of");
    },
    dispose() {
      disposed = true;
      backend.dispose();
    },
  };
}

let core: EngineCore | undefined;

/** Returns the core behind the plain functions, which the first call opens. */
export function defaultCore(): EngineCore {
  core ??= openCore({});
  return core;
}
