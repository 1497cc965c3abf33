// SPDX-License-Identifier: MIT
// This module computes poolings, patches and their gradients: windows without weights.
import { ownPool, poolPlanes } from "../windows/pool";
import { foldPlanes, Patches, unfoldPlanes } from "../windows/patches";
import { poolGradPlanes } from "../windows/pool-grad";

export { heapBase } from "../heap";

/** Pools `planes` planes. At least 512 readable bytes must follow the workspace and the input. */
export function pool(head: usize, input: usize, _b: usize, output: usize, workspace: usize, planes: i32): void {
  poolPlanes(ownPool(head, workspace), input, output, planes);
}

/** Computes the gradient of `pool`, see poolGradPlanes. For a mean, the gradient of the output is the first operand. */
export function poolGrad(
  head: usize, a: usize, b: usize, gradX: usize, workspace: usize, planes: i32, rowsAtOnce: i32,
): void {
  const p = ownPool(head, workspace);
  poolGradPlanes(p, a, p.average ? a : b, gradX, planes, rowsAtOnce);
}

/**
 * Copies elements [tap, lastTap) of the windows of `planes` planes. At least 16 readable bytes must follow the image.
 */
export function unfold(
  head: usize, image: usize, _b: usize, patches: usize, _workspace: usize, planes: i32, tap: i32, lastTap: i32,
): void {
  unfoldPlanes(changetype<Patches>(head), image, patches, planes, tap, lastTap);
}

/** Computes the adjoint of `unfold`. Element 0 begins with images of zeros. */
export function fold(
  head: usize, patches: usize, _b: usize, image: usize, _workspace: usize, planes: i32, tap: i32, lastTap: i32,
): void {
  foldPlanes(changetype<Patches>(head), patches, image, planes, tap, lastTap);
}
