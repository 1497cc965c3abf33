// SPDX-License-Identifier: MIT
// What operators stand on: a backend, and whether smaller things serve better. It knows no operator.
import type { Backend } from "./backend/backend.ts";
import { type BackendOptions, openBackend } from "./backend/choose.ts";
import { createInlineBackend } from "./backend/reference/reference.ts";
import { Corr2dError } from "./errors.ts";
import type { PlanningOn } from "./plan/planning.ts";

/** What the operators need to know of their engine. */
export interface EngineCore extends PlanningOn {
  dispose(): void;
}

/** Measured on Zen 5 with Node 20: from here on a native call, about 0.3 µs of it overhead, beats the JavaScript loop. */
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

/** Behind the plain functions, opened by the first call. */
export function defaultCore(): EngineCore {
  core ??= openCore({});
  return core;
}
