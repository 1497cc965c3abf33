// SPDX-License-Identifier: MIT
import { Plan } from "../convolution/plan";

/**
 * The gradient of a convolution's weights in linear memory: the plan of the convolution, cut into blocks of pixels for
 * this, and what comes on top. src/backend/wasm/grad-weights-plan.ts fills it in. The output's steps are those of its
 * gradient, and `weights` is not used.
 */
@unmanaged
export class GradWeightsPlan extends Plan {
  /** 1: too few output channels share what would be packed; see pixel-sums.ts. */
  pixelSums: i32;
  /** Elements (ic, ky, kx) of windows in one panel. */
  panelElements: i32;
  /** Offsets in the workspace: packed pixels of gradOutput, and of the windows. */
  outputsOffset: i32;
  elementsOffset: i32;
  /** Output rows to sum over, from one (inclusive) to another; 1: the gradient holds the sums of others. */
  fromRow: i32;
  toRow: i32;
  accumulate: i32;
}
