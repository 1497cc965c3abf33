// SPDX-License-Identifier: MIT
// direct and im2col share the loop over tasks and blocks of input channels, and where the tiles of a strip put their
// sums.
#pragma once
#include "strip.h"
#include "tile.h"

namespace corr2d {
namespace {

// A block of a task has a strip of input, the packed weights and bias of the task's first output channel for the
// block's first input channel, and a place for the sums of its first output channel and pixel.
template <class T>
struct Block {
  Region region;
  Strip<T> strip;
  const T* weights;
  const T* bias;
  T* sums;
  int64_t sumsStep, sumsRow;  // steps to the next output channel, to the next row
  int64_t channels;
  bool first, last;
};

// Returns where a region's first output channel and pixel lies in the output.
inline int64_t outputOffset(const ConvSpec& s, const Region& r) {
  const int64_t channel = r.group * s.groupOut() + r.output;
  if (s.nhwc) return ((r.image * s.outHeight + r.row) * s.outWidth + r.column) * s.outChannels + channel;
  return ((r.image * s.outChannels + channel) * s.outHeight + r.row) * s.outWidth + r.column;
}

template <class T>
inline void transposeIntoNhwc(const ConvJob& job, const Region& r, const T* scratch) {
  const ConvSpec& s = *job.spec;
  constexpr int64_t kPixels = 16;
  T* out = static_cast<T*>(job.dst) + outputOffset(s, r);
  const int64_t pixels = r.rows * r.columns;
  for (int64_t first = 0; first < pixels; first += kPixels) {
    const int64_t count = smaller(kPixels, pixels - first);
    T* to[kPixels];
    for (int64_t i = 0; i < count; i++) {
      const int64_t y = (first + i) / r.columns, x = (first + i) % r.columns;
      to[i] = out + (y * s.outWidth + x) * s.outChannels;
    }
    for (int64_t oc = 0; oc < r.outputs; oc++) {
      const T* from = scratch + oc * pixels + first;
      for (int64_t i = 0; i < count; i++) to[i][oc] = from[i];
    }
  }
}

// Runs `multiply(job, block, panel)` for each block of the tasks.
template <class T, class Multiply>
inline void runOuterProduct(const ConvJob& job, int64_t firstTask, int64_t lastTask, void* workspace,
                            const Multiply& multiply) {
  const ConvSpec& s = *job.spec;
  const Blocking& b = *job.blocking;
  T* stripSpace = static_cast<T*>(workspace);
  T* panel = stripSpace + b.stripLength;
  T* scratch = panel + b.panelLength;
  for (int64_t task = firstTask; task < lastTask; task++) {
    const Region r = regionOf(job, task);
    const int64_t firstTile = r.group * b.groupTiles + r.output / b.tileOutputs;
    Block<T> block;
    block.region = r;
    block.bias = static_cast<const T*>(job.bias) + firstTile * b.tileOutputs;
    if (s.nhwc) {
      block.sums = scratch;
      block.sumsStep = r.rows * r.columns;
      block.sumsRow = r.columns;
    } else {
      block.sums = static_cast<T*>(job.dst) + outputOffset(s, r);
      block.sumsStep = s.outHeight * s.outWidth;
      block.sumsRow = s.outWidth;
    }
    for (int64_t channel = 0; channel < s.groupIn(); channel += b.channels) {
      block.channels = smaller(b.channels, s.groupIn() - channel);
      block.first = channel == 0;
      block.last = channel + block.channels == s.groupIn();
      block.weights =
          static_cast<const T*>(job.weights) + firstTile * b.packedTile + channel * s.taps() * b.tileOutputs;
      block.strip = stripOf(job, r, channel, block.channels, Vec<T>::width, stripSpace);
      multiply(job, block, panel);
    }
    if (s.nhwc) transposeIntoNhwc(job, r, scratch);
  }
}

// Starts, sums up and stores one tile; `accumulate(tile)` adds the products.
template <class T, int kOutputs, int kVectors, class Accumulate>
CORR2D_INLINE void computeTile(const ConvJob& job, const Block<T>& block, const T* bias, const TileTarget<T>& target,
                               const Accumulate& accumulate) {
  PixelTile<T, kOutputs, kVectors> tile;
  if (block.first) {
    tile.startWithBias(bias);
  } else {
    tile.resume(target);
  }
  accumulate(tile);
  tile.store(target);
  if (block.last && job.spec->activation != Activation::none) {
    for (int64_t o = 0; o < target.outputs; o++) activate(target.data + o * target.step, target.pixels, *job.spec);
  }
}

}  // namespace
}  // namespace corr2d
