// SPDX-License-Identifier: MIT
import { Frame, Plan } from "../convolution/plan";
import { transformInputs } from "../winograd/inputs";
import { transformOutput2, transformOutput4 } from "../winograd/outputs";
import { products1, products2 } from "../winograd/products";

/**
 * Computes 3x3 kernels at stride 1 by F(m x m, 3 x 3), m = 4 or 2 (Lavin & Gray, "Fast Algorithms for Convolutional
 * Neural Networks", 2015). Each square of m x m outputs comes from (m + 2)^2 inputs:
 *
 *   Y = A^T [ sum over ic of (G w G^T) * (B^T d B) ] A        * element by element
 *
 * Therefore the sums over ic are (m + 2)^2 matrix products, with 9 m^2 / (m + 2)^2 (4 or 2.25) times fewer
 * multiplications than the definition has.
 *
 * A block of squares is transformed into planes [position][ic][square], squares in vectors; then each tile of output
 * channels is multiplied into [position][square][oc], and transformed back with output channels in vectors. A NaN or
 * infinity in the input reaches all outputs of the squares that it touches.
 *
 * It computes output rows `from` (a multiple of m) to `to` of the frame's channels in one group. `input` and `output`
 * are where the first of these channels lie.
 */
export function winograd(
  p: Plan, f: Frame, input: usize, output: usize, workspace: usize, from: i32, to: i32,
): void {
  const size = p.squareSize, across = p.squareColumns;
  const begin = (from / size) * across;
  const end = ((to + size - 1) / size) * across;
  for (let first = begin; first < end; first += p.squareBlock) {
    const squares = min(p.squareBlock, end - first);
    for (let square = 0; square < squares; ) {
      const row = (first + square) / across, column = (first + square) % across;
      const count = min(min(4, squares - square), across - column);
      transformInputs(
        p, input, row, column, count, workspace + p.panelOffset + square * 4, workspace + p.stripOffset,
      );
      square += count;
    }
    outputTiles(p, f, first, squares, to, output, workspace);
  }
}

/** Computes all output channels of a block of squares. */
// @ts-ignore: decorator
@inline
function outputTiles(
  p: Plan, f: Frame, first: i32, squares: i32, endRow: i32, output: usize, workspace: usize,
): void {
  const positions = (p.squareSize + 2) * (p.squareSize + 2);
  const products = workspace + p.productsOffset;
  let weights = f.weights;
  for (let oc = 0; oc < f.outChannels; ) {
    const left = f.outChannels - oc;
    const tile = left > 4 ? 8 : 4;
    const step = p.squareBlock * tile * 4;
    let planes = workspace + p.panelOffset;
    for (let position = 0; position < positions; position++) {
      const to = products + position * step;
      if (tile == 8) products2(planes, p.lineStep, weights, p.groupIn, squares, to);
      else products1(planes, p.lineStep, weights, p.groupIn, squares, to);
      planes += p.planeStep;
      weights += p.groupIn * tile * 4;
    }
    for (let lane = 0; lane < tile && oc + lane < f.outChannels; lane += 4) {
      const channels = min(4, left - lane);
      const plane = output + (oc + lane) * p.outChannelStep;
      squareOutputs(
        p, f, first, squares, endRow, products + lane * 4, tile, f.bias + (oc + lane) * 4, channels, plane,
        workspace + p.stripOffset,
      );
    }
    oc += tile;
  }
}

/** Computes four output channels of a block of squares. */
// @ts-ignore: decorator
@inline
function squareOutputs(
  p: Plan, f: Frame, first: i32, squares: i32, endRow: i32, products: usize, tile: i32, bias: usize,
  channels: i32, output: usize, scratch: usize,
): void {
  const size = p.squareSize;
  const step = p.squareBlock * tile * 4;
  const start = v128.load(bias);
  let y = (first / p.squareColumns) * size, x = (first % p.squareColumns) * size;
  for (let square = 0; square < squares; square++, products += tile * 4) {
    const rows = min(size, endRow - y), columns = min(size, p.outWidth - x);
    const to = output + y * p.outRowStep + x * 4;
    if (size == 4) transformOutput4(p, f, products, step, start, channels, rows, columns, to, scratch);
    else transformOutput2(p, f, products, step, start, channels, rows, columns, to, scratch);
    x += size;
    if (x >= p.outWidth) {
      x = 0;
      y += size;
    }
  }
}
