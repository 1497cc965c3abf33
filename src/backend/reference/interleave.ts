// SPDX-License-Identifier: MIT
import type { FloatArray } from "../../dtype.ts";
import type { InterleaveTask } from "../../spec/task.ts";

/** Computes an {@link InterleaveTask}. */
export function interleave(placement: InterleaveTask, from: FloatArray, to: FloatArray): void {
  const { images, rows, columns, pixel, outRows, outColumns, top, left, strideY, strideX } = placement;
  const step = strideX * pixel;
  let next = 0;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < rows; y++) {
      let at = ((image * outRows + top + y * strideY) * outColumns + left) * pixel;
      if (pixel === 1) {
        for (let x = 0; x < columns; x++, at += step) to[at] = from[next++];
      } else {
        for (let x = 0; x < columns; x++, at += step) {
          for (let i = 0; i < pixel; i++) to[at + i] = from[next++];
        }
      }
    }
  }
}
