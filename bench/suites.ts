// SPDX-License-Identifier: MIT
import { algorithms } from "./algorithms.ts";
import { backends } from "./backends.ts";
import { gradients } from "./gradients.ts";
import { integers } from "./integers.ts";
import { overhead } from "./overhead.ts";
import { peers } from "./peers.ts";
import { pooling } from "./pooling.ts";
import { scaling } from "./scaling.ts";
import { sweep } from "./sweep.ts";
import { windows } from "./windows.ts";

/** Everything that `npm run bench` can be asked. */
export const suites = {
  algorithms,
  backends,
  gradients,
  integers,
  overhead,
  peers,
  pooling,
  scaling,
  sweep,
  windows,
};
export type SuiteName = keyof typeof suites;
