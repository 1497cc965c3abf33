// SPDX-License-Identifier: MIT
#include "interleave.h"

#include <string.h>

#include <stdexcept>

#include "thread_pool.h"

namespace corr2d {
namespace {

constexpr int64_t kElementsWorthThreads = 1 << 17;

template <class T, int kStride>
void placeLine(const T* from, int64_t count, int64_t stride, T* to) {
  const int64_t step = kStride == 0 ? stride : kStride;
  for (int64_t x = 0; x < count; x++) to[x * step] = from[x];
}

template <class T>
void placeImages(const Interleaving& p, const T* from, T* to, int64_t first, int64_t last) {
  for (int64_t image = first; image < last; image++) {
    for (int64_t y = 0; y < p.rows; y++) {
      const T* line = from + (image * p.rows + y) * p.columns * p.pixel;
      T* out = to + ((image * p.outRows + p.top + y * p.strideY) * p.outColumns + p.left) * p.pixel;
      if (p.pixel == 1) {
        if (p.strideX == 2) {
          placeLine<T, 2>(line, p.columns, 2, out);
        } else {
          placeLine<T, 0>(line, p.columns, p.strideX, out);
        }
        continue;
      }
      for (int64_t x = 0; x < p.columns; x++) {
        memcpy(out + x * p.strideX * p.pixel, line + x * p.pixel, static_cast<size_t>(p.pixel) * sizeof(T));
      }
    }
  }
}

}  // namespace

void checkInterleaving(const Interleaving& p) {
  int64_t total = 16;
  for (const int64_t size : {p.images, p.outRows, p.outColumns, p.pixel}) {
    if (size < 1 || __builtin_mul_overflow(total, size, &total)) throw std::invalid_argument("the data is too large");
  }
  if (p.rows < 1 || p.columns < 1 || p.strideY < 1 || p.strideX < 1 || p.top < 0 || p.left < 0 ||
      p.top + (p.rows - 1) * p.strideY >= p.outRows || p.left + (p.columns - 1) * p.strideX >= p.outColumns) {
    throw std::invalid_argument("the rows and columns must lie inside");
  }
}

void interleave(const Interleaving& placement, DType dtype, int threads, const void* from, void* to) {
  const auto place = [&](int64_t first, int64_t last, int) {
    if (dtype == DType::float32) {
      placeImages(placement, static_cast<const float*>(from), static_cast<float*>(to), first, last);
    } else {
      placeImages(placement, static_cast<const double*>(from), static_cast<double*>(to), first, last);
    }
  };
  ThreadPool::run(placement.images, placement.fromLength() < kElementsWorthThreads ? 1 : threads, place);
}

}  // namespace corr2d
