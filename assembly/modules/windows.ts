// SPDX-License-Identifier: MIT
// What looks at windows without weights.
import { Pool, poolPlanes } from "../pool";
import { foldPlanes, Patches, unfoldPlanes } from "../windows/patches";
import { poolGradPlanes } from "../windows/pool-grad";

export { heapBase } from "../heap";

/** Pools `planes` planes. At least 512 readable bytes must follow its row and the input. */
export function pool(plan: usize, input: usize, output: usize, planes: i32): void {
  poolPlanes(changetype<Pool>(plan), input, output, planes);
}

/** The gradient of that, with a plan as poolGradPlanes says. */
export function poolGrad(
  plan: usize, input: usize, gradOutput: usize, gradX: usize, planes: i32, rowsAtOnce: i32,
): void {
  poolGradPlanes(changetype<Pool>(plan), input, gradOutput, gradX, planes, rowsAtOnce);
}

/** Elements [tap, lastTap) of the windows of `planes` planes. At least 16 readable bytes must follow the image. */
export function unfold(plan: usize, image: usize, patches: usize, planes: i32, tap: i32, lastTap: i32): void {
  unfoldPlanes(changetype<Patches>(plan), image, patches, planes, tap, lastTap);
}

/** The adjoint of that; element 0 begins with images of zeros. */
export function fold(plan: usize, patches: usize, image: usize, planes: i32, tap: i32, lastTap: i32): void {
  foldPlanes(changetype<Patches>(plan), patches, image, planes, tap, lastTap);
}
