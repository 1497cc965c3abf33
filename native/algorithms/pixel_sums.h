// SPDX-License-Identifier: MIT
// Computes the gradient of weights with pixels in vectors. Each pair of a window's element and an output channel has a
// vector of sums, which goes along the rows of both where they lie. Nothing is packed; a vector of output gradients
// that is loaded serves up to nine elements, as many as a 3x3 kernel has.
//
//   sums[output][element][lane] += gradOutput[x + lane] * window[element][x + lane]
//
// Precondition: the pixels of windows lie side by side.
#pragma once
#include "../simd.h"
#include "side.h"
#include "strip.h"

namespace corr2d {
namespace {

template <class T>
struct PixelSums {
  Side<T> elements, outputs;
  int64_t lines, linePixels;
  T* sums;  // [outputs][elements][width]
  bool first;

  static constexpr int kMost = 9;

  // `room` takes the outputs' pixels, if these do not lie side by side.
  void add(T* room) const {
    const bool adjacent = outputs.pixelStep == 1;
    T* to = sums;
    for (int64_t o = 0; o < outputs.count; o++, room += lines * linePixels) {
      const T* gradients = outputs.origins[o];
      if (!adjacent) gather(gradients, room);
      // Elements are taken in parts as equal as they can be.
      const int64_t parts = (elements.count + kMost - 1) / kMost;
      for (int64_t part = 0, e = 0; part < parts; part++) {
        const int64_t count = (elements.count - e + parts - part - 1) / (parts - part);
        run(adjacent ? gradients : room, adjacent ? outputs.lineStep : linePixels, e, count, to);
        to += count * Vec<T>::width;
        e += count;
      }
    }
  }

 private:
  void gather(const T* from, T* to) const {
    for (int64_t y = 0; y < lines; y++, from += outputs.lineStep) {
      for (int64_t x = 0; x < linePixels; x++) *to++ = from[x * outputs.pixelStep];
    }
  }

  template <int kElements = kMost>
  void run(const T* gradients, int64_t lineStep, int64_t element, int64_t count, T* to) const {
    if constexpr (kElements > 1) {
      if (count < kElements) return run<kElements - 1>(gradients, lineStep, element, count, to);
    }
    addProducts<kElements>(gradients, lineStep, elements.origins + element, to);
  }

  template <int kElements>
  __attribute__((noinline)) void addProducts(const T* gradients, int64_t lineStep, const T* const* origins, T* to) const {
    using V = Vec<T>;
    const int64_t whole = linePixels / V::width * V::width, left = linePixels - whole;
    const T* from[kElements];
    V sum[kElements];
#pragma GCC unroll 16
    for (int e = 0; e < kElements; e++) {
      from[e] = origins[e];
      sum[e] = first ? V::zero() : V::load(to + e * V::width);
    }
    for (int64_t y = 0; y < lines; y++, gradients += lineStep) {
      for (int64_t x = 0; x < whole; x += V::width) {
        const V gradient = V::load(gradients + x);
#pragma GCC unroll 16
        for (int e = 0; e < kElements; e++) sum[e] = multiplyAdd(gradient, V::load(from[e] + x), sum[e]);
      }
      if (left > 0) {
        const V gradient = V::loadPartial(gradients + whole, left);
#pragma GCC unroll 16
        for (int e = 0; e < kElements; e++) {
          sum[e] = multiplyAdd(gradient, V::loadPartial(from[e] + whole, left), sum[e]);
        }
      }
#pragma GCC unroll 16
      for (int e = 0; e < kElements; e++) from[e] += elements.lineStep;
    }
#pragma GCC unroll 16
    for (int e = 0; e < kElements; e++) sum[e].store(to + e * V::width);
  }
};

// Sets to[output * outputStep + element] to the sum of the lanes, for as many elements at a time as a vector has lanes.
template <class T>
inline void storeTotals(const T* sums, int64_t outputs, int64_t elements, T* to, int64_t outputStep) {
  using V = Vec<T>;
  for (int64_t o = 0; o < outputs; o++, to += outputStep) {
    for (int64_t e = 0; e < elements; e += V::width) {
      const int64_t count = smaller(V::width, elements - e);
      V v[V::width];
#pragma GCC unroll 16
      for (int i = 0; i < V::width; i++) v[i] = i < count ? V::load(sums + i * V::width) : V::zero();
      transpose(v);
#pragma GCC unroll 4
      for (int step = V::width / 2; step > 0; step /= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < step; i++) v[i] = v[i] + v[i + step];
      }
      v[0].storePartial(to + e, count);
      sums += count * V::width;
    }
  }
}

}  // namespace
}  // namespace corr2d
