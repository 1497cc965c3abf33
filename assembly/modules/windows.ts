// SPDX-License-Identifier: MIT
// What looks at windows without weights.
import { Pool, poolPlanes } from "../pool";

export { heapBase } from "../heap";

/** Pools `planes` planes. At least 512 readable bytes must follow its row and the input. */
export function pool(plan: usize, input: usize, output: usize, planes: i32): void {
  poolPlanes(changetype<Pool>(plan), input, output, planes);
}
