// SPDX-License-Identifier: MIT
// Stores output channels that lie in vectors to planes of pixels.
#pragma once
#include "../simd.h"

namespace corr2d {
namespace {

// Returns how many pixels storeTransposed reads for `pixels`: it takes whole vectors of them.
template <class T>
constexpr int64_t transposedPixels(int64_t pixels) {
  return (pixels + Vec<T>::width - 1) / Vec<T>::width * Vec<T>::width;
}

// Sets to[output * outputStep + pixel] = from[pixel * fromStep + output]. `from` holds whole vectors of outputs, and
// transposedPixels(pixels) of them. It goes along the pixels of one vector of outputs at a time, so that no more pages
// are open at once than a vector has lanes.
template <class T>
inline void storeTransposed(const T* from, int64_t fromStep, int64_t pixels, int64_t outputs, T* to,
                            int64_t outputStep) {
  using V = Vec<T>;
  for (int64_t output = 0; output < outputs; output += V::width, to += V::width * outputStep) {
    const int64_t rows = outputs - output < V::width ? outputs - output : V::width;
    for (int64_t pixel = 0; pixel < pixels; pixel += V::width) {
      const T* p = from + pixel * fromStep + output;
      V v[V::width];
#pragma GCC unroll 16
      for (int i = 0; i < V::width; i++) v[i] = V::load(p + i * fromStep);
      transpose(v);
      if (rows == V::width && pixels - pixel >= V::width) {
#pragma GCC unroll 16
        for (int i = 0; i < V::width; i++) v[i].store(to + i * outputStep + pixel);
      } else {
        const int64_t columns = pixels - pixel < V::width ? pixels - pixel : V::width;
        T* row = to + pixel;
#pragma GCC unroll 16
        for (int i = 0; i < V::width; i++, row += outputStep) {
          if (i < rows) v[i].storePartial(row, columns);
        }
      }
    }
  }
}

}  // namespace
}  // namespace corr2d
