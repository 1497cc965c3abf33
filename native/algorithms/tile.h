// SPDX-License-Identifier: MIT
// A register tile with pixels in vectors: kOutputs output channels x kVectors vectors of neighbouring pixels.
//
//            pixels 0..width-1   width..2*width-1   ...
//   output 0 sum[0][0]           sum[0][1]
//   output 1 sum[1][0]           sum[1][1]
//
// Each step multiplies one weight of each output, broadcast, with one row of pixels and adds to the sums.
#pragma once
#include "../conv_job.h"
#include "../simd.h"
#include "activate.h"

namespace corr2d {
namespace {

// A tile's sums go to output channels `step` elements apart; `outputs` and `pixels` of the tile are in use.
template <class T>
struct TileTarget {
  T* data;
  int64_t step, outputs, pixels;
};

template <class T, int kOutputs, int kVectors>
struct PixelTile {
  using V = Vec<T>;
  V sum[kOutputs][kVectors];

  CORR2D_INLINE void startWithBias(const T* bias) {
#pragma GCC unroll 32
    for (int o = 0; o < kOutputs; o++) {
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) sum[o][v] = V::splat(bias[o]);
    }
  }

  // Continues from the partial sums of earlier input channels.
  CORR2D_INLINE void resume(const TileTarget<T>& target) {
    const int64_t tail = target.pixels - (kVectors - 1) * V::width;
#pragma GCC unroll 32
    for (int o = 0; o < kOutputs; o++) {
      const bool used = o < target.outputs;
      const T* p = target.data + o * target.step;
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) {
        if (!used) {
          sum[o][v] = V::zero();
        } else if (v < kVectors - 1 || tail == V::width) {
          sum[o][v] = V::load(p + v * V::width);
        } else {
          sum[o][v] = V::loadPartial(p + v * V::width, tail);
        }
      }
    }
  }

  CORR2D_INLINE void step(const T* weights, const T* pixels) {
    V x[kVectors];
#pragma GCC unroll 32
    for (int v = 0; v < kVectors; v++) x[v] = V::load(pixels + v * V::width);
#pragma GCC unroll 32
    for (int o = 0; o < kOutputs; o++) {
      const V w = V::splat(weights[o]);
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) sum[o][v] = multiplyAdd(w, x[v], sum[o][v]);
    }
  }

  CORR2D_INLINE void store(const TileTarget<T>& target) const {
    const int64_t tail = target.pixels - (kVectors - 1) * V::width;
#pragma GCC unroll 32
    for (int o = 0; o < kOutputs; o++) {
      if (o >= target.outputs) break;
      T* p = target.data + o * target.step;
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) {
        if (v < kVectors - 1 || tail == V::width) {
          sum[o][v].store(p + v * V::width);
        } else {
          sum[o][v].storePartial(p + v * V::width, tail);
        }
      }
    }
  }
};

// Calls f.template run<kOutputs, kVectors>() for the tile of that many output channels and vectors.
template <int kOutputs, int kVectors, class F>
CORR2D_INLINE void withVectors(int64_t vectors, const F& f) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) return withVectors<kOutputs, kVectors - 1>(vectors, f);
  }
  f.template run<kOutputs, kVectors>();
}

template <int kOutputs, class F>
CORR2D_INLINE void withTile(int64_t outputs, int64_t vectors, const F& f) {
  if constexpr (kOutputs > 1) {
    if (outputs < kOutputs) return withTile<kOutputs / 2>(outputs, vectors, f);
  }
  constexpr int kMost = Tile::outputs * Tile::vectors / kOutputs;
  withVectors<kOutputs, (kMost < 8 ? kMost : 8)>(vectors, f);
}

}  // namespace
}  // namespace corr2d
