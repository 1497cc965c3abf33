// SPDX-License-Identifier: MIT
// im2col gathers patches tile by tile into a panel [inChannels * kernelHeight * kernelWidth][pixels of a tile], by
// which weights [outputs][same] are multiplied. Vectors hold pixels that follow one another in the output, rows joined,
// so that no lane is wasted at the end of a row.
// Preconditions: those of direct; the panel has room for Vec<T>::width elements past its end.
#pragma once
#include "outer_product.h"

namespace corr2d {
namespace {

template <class T>
struct Im2colTile {
  const ConvJob& job;
  const Block<T>& block;
  const T* weights;
  const T* bias;
  const T* panel;
  int64_t panelStep;
  TileTarget<T> target;

  template <int kOutputs, int kVectors>
  __attribute__((noinline)) void run() const {
    const int64_t depth = block.channels * job.spec->taps();
    computeTile<T, kOutputs, kVectors>(job, block, bias, target, [&](auto& tile) CORR2D_LAMBDA_INLINE {
      const T* w = weights;
      const T* x = panel;
      for (int64_t k = 0; k < depth; k++, w += kOutputs, x += panelStep) tile.step(w, x);
    });
  }
};

// Copies whole vectors, and so up to Vec<T>::width - 1 elements too many. The next run or row overwrites them.
template <class T>
CORR2D_INLINE void copyRun(const T* from, int64_t count, T* to) {
  for (int64_t i = 0; i < count; i += Vec<T>::width) Vec<T>::load(from + i).store(to + i);
}

// Gathers the patches of pixels [first, first + count) of the region, whose rows are joined.
template <class T>
inline void gatherPatches(const ConvJob& job, const Block<T>& block, int64_t first, int64_t count, int64_t panelStep,
                          T* panel) {
  const ConvSpec& s = *job.spec;
  const Strip<T>& strip = block.strip;
  const int64_t columns = block.region.columns;
  const int64_t firstRow = first / columns, firstColumn = first % columns;
  T* to = panel;
  for (int64_t ic = 0; ic < block.channels; ic++) {
    const T* plane = strip.data + ic * strip.planeStep + firstRow * strip.outputRow;
    for (int64_t ky = 0; ky < s.kernelHeight; ky++) {
      for (int64_t kx = 0; kx < s.kernelWidth; kx++, to += panelStep) {
        const T* row = plane + ky * strip.tapRow + job.columnOffset[kx];
        int64_t column = firstColumn;
        for (int64_t done = 0; done < count; row += strip.outputRow, column = 0) {
          const int64_t run = smaller(columns - column, count - done);
          copyRun(row + column, run, to + done);
          done += run;
        }
      }
    }
  }
}

template <class T>
void im2col(const ConvJob& job, int64_t first, int64_t last, void* workspace) {
  runOuterProduct<T>(job, first, last, workspace, [](const ConvJob& job, const Block<T>& block, T* panel) {
    const Blocking& b = *job.blocking;
    const Region& r = block.region;
    constexpr int64_t width = Vec<T>::width;
    const int64_t panelStep = b.tileVectors * width;
    // Rows are joined only where sums of neighbouring rows lie next to each other.
    const bool joined = block.sumsRow == r.columns;
    const int64_t lines = joined ? 1 : r.rows;
    const int64_t linePixels = joined ? r.rows * r.columns : r.columns;
    for (int64_t line = 0; line < lines; line++) {
      for (int64_t x = 0; x < linePixels; x += panelStep) {
        const int64_t pixels = smaller(panelStep, linePixels - x);
        gatherPatches(job, block, line * r.columns + x, pixels, panelStep, panel);
        for (int64_t output = 0; output < r.outputs; output += b.tileOutputs) {
          Im2colTile<T> tile{job,
                             block,
                             block.weights + output / b.tileOutputs * b.packedTile,
                             block.bias + output,
                             panel,
                             panelStep,
                             {block.sums + output * block.sumsStep + line * block.sumsRow + x, block.sumsStep,
                              smaller(b.tileOutputs, r.outputs - output), pixels}};
          withTile<Tile::outputs>(b.tileOutputs, (pixels + width - 1) / width, tile);
        }
      }
    }
  });
}

}  // namespace
}  // namespace corr2d
