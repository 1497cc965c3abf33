// SPDX-License-Identifier: MIT
// A register tile with output channels in vectors: kPixels windows x kVectors vectors of output channels.
//
//            outputs 0..width-1   width..2*width-1
//   pixel 0  sum[0][0]            sum[0][1]
//   pixel 1  sum[1][0]            sum[1][1]
//
// Each step broadcasts one element of each window from where it lies and multiplies it with one row of weights.
// Weights are [planes][rows][columns][kVectors * width], as many as a window has elements.
#pragma once
#include "../simd.h"

namespace corr2d {
namespace {

template <class T>
struct WindowTile {
  const T* weights;
  const T* start;   // [kVectors * width]: the sums start from it
  const T* origin;  // the first window's first element
  int64_t planes, planeStep, rows, rowStep, columns, columnStep;
  int64_t pixelStep;  // from a window to the next
  T* sums;            // [kPixels][kVectors * width]

  // kStep is pixelStep if it is known at compile time, else 0.
  template <int kPixels, int kVectors, int kStep>
  __attribute__((noinline)) void run() const {
    using V = Vec<T>;
    const int64_t step = kStep == 0 ? pixelStep : kStep;
    const int64_t lastRow = rows, lastColumn = columns, nextColumn = columnStep;
    V sum[kPixels][kVectors];
#pragma GCC unroll 32
    for (int p = 0; p < kPixels; p++) {
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) sum[p][v] = V::load(start + v * V::width);
    }
    const T* w = weights;
    const T* plane = origin;
    for (int64_t i = 0; i < planes; i++, plane += planeStep) {
      const T* row = plane;
      for (int64_t y = 0; y < lastRow; y++, row += rowStep) {
        const T* element = row;
        for (int64_t x = 0; x < lastColumn; x++, element += nextColumn, w += kVectors * V::width) {
          V weight[kVectors];
#pragma GCC unroll 32
          for (int v = 0; v < kVectors; v++) weight[v] = V::load(w + v * V::width);
#pragma GCC unroll 32
          for (int p = 0; p < kPixels; p++) {
            const V value = V::splat(element[p * step]);
#pragma GCC unroll 32
            for (int v = 0; v < kVectors; v++) sum[p][v] = multiplyAdd(value, weight[v], sum[p][v]);
          }
        }
      }
    }
#pragma GCC unroll 32
    for (int p = 0; p < kPixels; p++) {
#pragma GCC unroll 32
      for (int v = 0; v < kVectors; v++) sum[p][v].store(sums + (p * kVectors + v) * V::width);
    }
  }

  template <int kPixels, int kVectors>
  void withStep() const {
    if (pixelStep == 1) return run<kPixels, kVectors, 1>();
    if (pixelStep == 2) return run<kPixels, kVectors, 2>();
    run<kPixels, kVectors, 0>();
  }

  template <int kPixels = Tile::pixels>
  void compute(int64_t pixels, int64_t vectors) const {
    if constexpr (kPixels > 1) {
      if (pixels < kPixels) return compute<kPixels - 1>(pixels, vectors);
    }
    if (vectors == 1) return withStep<kPixels, 1>();
    withStep<kPixels, 2>();
  }
};

}  // namespace
}  // namespace corr2d
