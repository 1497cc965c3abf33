// SPDX-License-Identifier: MIT
// direct computes out[oc, oy, ox] = sum over ic, ky, kx of w[oc, ic, ky, kx] * x[ic, oy * strideY + ky * dilationY,
// ox * strideX + kx * dilationX] in loops over the input as it lies. Vectors hold neighbouring pixels of one output
// row; the operand of each tap is the input row itself at an unaligned shift.
// Preconditions: a strip whose columns are sorted by phase, and Vec<T>::width loadable elements past its end.
#pragma once
#include "outer_product.h"

namespace corr2d {
namespace {

template <class T>
struct DirectTile {
  const ConvJob& job;
  const Block<T>& block;
  const T* weights;
  const T* bias;
  const T* pixels;
  TileTarget<T> target;

  template <int kOutputs, int kVectors>
  __attribute__((noinline)) void run() const {
    const ConvSpec& s = *job.spec;
    const int64_t kernelHeight = s.kernelHeight, kernelWidth = s.kernelWidth;
    const int64_t rowStep = block.strip.tapRow, planeStep = block.strip.planeStep;
    const int64_t* columnOffset = job.columnOffset;
    computeTile<T, kOutputs, kVectors>(job, block, bias, target, [&](auto& tile) CORR2D_LAMBDA_INLINE {
      const T* w = weights;
      const T* plane = pixels;
      for (int64_t ic = 0; ic < block.channels; ic++, plane += planeStep) {
        const T* row = plane;
        for (int64_t ky = 0; ky < kernelHeight; ky++, row += rowStep) {
          for (int64_t kx = 0; kx < kernelWidth; kx++, w += kOutputs) tile.step(w, row + columnOffset[kx]);
        }
      }
    });
  }
};

template <class T>
void direct(const ConvJob& job, int64_t first, int64_t last, void* workspace) {
  runOuterProduct<T>(job, first, last, workspace, [](const ConvJob& job, const Block<T>& block, T*) {
    const Blocking& b = *job.blocking;
    const Region& r = block.region;
    constexpr int64_t width = Vec<T>::width;
    // Rows are cut into tiles as equal as whole vectors allow: two of two rather than three and one.
    const int64_t rowVectors = (r.columns + width - 1) / width;
    const int64_t tiles = (rowVectors + b.tileVectors - 1) / b.tileVectors;
    const int64_t vectors = (rowVectors + tiles - 1) / tiles;
    for (int64_t y = 0; y < r.rows; y++) {
      for (int64_t x = 0; x < r.columns; x += vectors * width) {
        const int64_t pixels = smaller(vectors * width, r.columns - x);
        for (int64_t output = 0; output < r.outputs; output += b.tileOutputs) {
          DirectTile<T> tile{job,
                             block,
                             block.weights + output / b.tileOutputs * b.packedTile,
                             block.bias + output,
                             block.strip.data + y * block.strip.outputRow + x,
                             {block.sums + output * block.sumsStep + y * block.sumsRow + x, block.sumsStep,
                              smaller(b.tileOutputs, r.outputs - output), pixels}};
          withTile<Tile::outputs>(b.tileOutputs, (pixels + width - 1) / width, tile);
        }
      }
    }
  });
}

}  // namespace
}  // namespace corr2d
