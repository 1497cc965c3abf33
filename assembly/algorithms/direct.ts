// SPDX-License-Identifier: MIT
import { Frame } from "../convolution/plan";
import { tileColumn, tileVectors } from "../tiles/column";
import { Tapped } from "../tiles/shape";

/**
 * Computes the definition over the input as it lies. For a tile of neighbouring output pixels, each product is a vector
 * of neighbouring elements, read at whatever alignment the tap has, times a broadcast weight.
 *
 * It reads up to 8 vectors past the last pixel of the block.
 */
export function direct<T>(f: Frame): void {
  const rows = f.rows, cols = f.cols;
  for (let y = 0; y < rows; y++) {
    const source = f.source + y * f.lineAdvance;
    const target = f.target + y * f.outRowStep;
    for (let x = 0; x < cols; ) {
      const vectors = tileVectors<T, Tapped>(f.outChannels, cols - x);
      const pixels = min(vectors * <i32>(16 / sizeof<T>()), cols - x);
      tileColumn<T, Tapped>(f, source + x * f.pixelStep, vectors, pixels, target + x * f.colStep);
      x += pixels;
    }
  }
}
