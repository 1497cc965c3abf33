// SPDX-License-Identifier: MIT
import { Plan } from "../convolution/plan";

/**
 * The gradient of a convolution's weights in linear memory. It adds fields to the plan of the convolution, which is cut
 * into blocks of pixels for it. src/backend/wasm/grad-weights-plan.ts fills it in. The output's steps are the steps of
 * its gradient, and `weights` is not used.
 */
@unmanaged
export class GradWeightsPlan extends Plan {
  /** 1: nothing is packed, because too few output channels would share it; see pixel-sums.ts. */
  pixelSums: i32;
  /** Elements (ic, ky, kx) of windows in one panel. */
  panelElements: i32;
  /** Offsets in the workspace of the packed pixels of gradOutput and of the windows. */
  outputsOffset: i32;
  elementsOffset: i32;
  /**
   * The sum runs over output rows fromRow (inclusive) to toRow; accumulate is 1 if the gradient holds sums of others.
   */
  fromRow: i32;
  toRow: i32;
  accumulate: i32;
}
