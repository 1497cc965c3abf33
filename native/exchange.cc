// SPDX-License-Identifier: MIT
#include "exchange.h"

#include <string.h>

#include <algorithm>
#include <stdexcept>

#include "finite.h"
#include "transpose_blocks.h"

namespace corr2d {
namespace {

// Channels that go at a time: a square of them, as either side alone would leave the cache.
constexpr int64_t kSquare = 16;
// Elements of a kernel for which their rows come together in a buffer first, so that each cache line is read once: rows
// are often powers of two apart, and a cache holds few such lines. Larger kernels fill lines of their own.
constexpr int64_t kBufferedKernel = 9;

template <class T>
void exchangeSquare(const Exchange& e, const T* from, int64_t fromStep, int64_t outputs, int64_t inputs, T* to) {
  for (int64_t ic = 0; ic < inputs; ic++) {
    for (int64_t oc = 0; oc < outputs; oc++) {
      const T* source = from + oc * fromStep + ic * e.kernel;
      T* target = to + (ic * e.groupOut + oc) * e.window;
      for (int64_t k = 0; k < e.count; k++) target[e.targets[k]] = source[e.sources[k]];
    }
  }
}

// Values are checked just before they move, while they are in the cache anyway.
template <class T>
bool exchangeGroup(const Exchange& e, const T* from, T* to) {
  bool finite = true;
  if (e.kernel == 1 && e.window == 1 && e.count == 1) {
    for (int64_t firstOut = 0; firstOut < e.groupOut; firstOut += kSquare) {
      const int64_t outputs = std::min(kSquare, e.groupOut - firstOut);
      const T* rows = from + firstOut * e.groupIn;
      finite &= areFinite(rows, outputs * e.groupIn);
      transposeBlocks(rows, e.groupIn, outputs, e.groupIn, to + firstOut, e.groupOut);
    }
    return finite;
  }
  T buffer[kSquare * kSquare * kBufferedKernel];
  for (int64_t firstIn = 0; firstIn < e.groupIn; firstIn += kSquare) {
    const int64_t inputs = std::min(kSquare, e.groupIn - firstIn);
    for (int64_t firstOut = 0; firstOut < e.groupOut; firstOut += kSquare) {
      const int64_t outputs = std::min(kSquare, e.groupOut - firstOut);
      const T* square = from + (firstOut * e.groupIn + firstIn) * e.kernel;
      T* target = to + (firstIn * e.groupOut + firstOut) * e.window;
      const int64_t row = inputs * e.kernel;
      for (int64_t oc = 0; oc < outputs; oc++) finite &= areFinite(square + oc * e.groupIn * e.kernel, row);
      if (e.kernel > kBufferedKernel) {
        exchangeSquare(e, square, e.groupIn * e.kernel, outputs, inputs, target);
        continue;
      }
      for (int64_t oc = 0; oc < outputs; oc++) {
        memcpy(buffer + oc * row, square + oc * e.groupIn * e.kernel, static_cast<size_t>(row) * sizeof(T));
      }
      exchangeSquare(e, buffer, row, outputs, inputs, target);
    }
  }
  return finite;
}

template <class T>
bool exchangeAll(const Exchange& e, const T* from, T* to) {
  bool finite = true;
  const int64_t channels = e.groupOut * e.groupIn;
  for (int64_t group = 0; group < e.groups; group++) {
    finite &= exchangeGroup(e, from + group * channels * e.kernel, to + group * channels * e.window);
  }
  return finite;
}

}  // namespace

void checkExchange(const Exchange& e) {
  for (const int64_t size : {e.kernel, e.window}) {
    int64_t total = 16;
    for (const int64_t factor : {e.groups, e.groupOut, e.groupIn, size}) {
      if (factor < 1 || __builtin_mul_overflow(total, factor, &total)) {
        throw std::invalid_argument("the data is too large");
      }
    }
  }
  const auto isInside = [](const int32_t* places, int64_t count, int64_t size) {
    return std::all_of(places, places + count, [size](int32_t place) { return place >= 0 && place < size; });
  };
  if (!isInside(e.sources, e.count, e.kernel) || !isInside(e.targets, e.count, e.window)) {
    throw std::invalid_argument("the places must lie inside");
  }
}

bool exchangeChannels(const Exchange& e, DType dtype, const void* from, void* to) {
  return dtype == DType::float32 ? exchangeAll(e, static_cast<const float*>(from), static_cast<float*>(to))
                                 : exchangeAll(e, static_cast<const double*>(from), static_cast<double*>(to));
}

}  // namespace corr2d
