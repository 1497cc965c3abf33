// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import type { Signal } from "./signal.ts";

/** A filter that is fed piece by piece. */
export interface SampleStream {
  /** Returns the outputs that the new samples complete; at first often none. */
  push(chunk: Signal): FloatArray;
  /** Ends the signal and returns the last outputs. The next `push` begins another signal. */
  flush(): FloatArray;
}
