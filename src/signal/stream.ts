// SPDX-License-Identifier: MIT
import type { FloatArray } from "../dtype.ts";
import type { Signal } from "./signal.ts";

/** A filter that is fed piece by piece. */
export interface SampleStream {
  /** The outputs that the samples so far determine and that were not returned yet; often none at first. */
  push(chunk: Signal): FloatArray;
  /** Ends the signal: the last outputs. The next `push` begins another signal. */
  flush(): FloatArray;
}
