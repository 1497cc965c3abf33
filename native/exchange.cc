// SPDX-License-Identifier: MIT
#include "exchange.h"

#include <algorithm>
#include <stdexcept>

namespace corr2d {
namespace {

// A square of channels at a time, as either side alone would leave the cache.
constexpr int64_t kSquare = 16;

template <class T>
void exchangeGroup(const Exchange& e, const T* from, T* to) {
  for (int64_t firstIn = 0; firstIn < e.groupIn; firstIn += kSquare) {
    const int64_t lastIn = std::min(firstIn + kSquare, e.groupIn);
    for (int64_t firstOut = 0; firstOut < e.groupOut; firstOut += kSquare) {
      const int64_t lastOut = std::min(firstOut + kSquare, e.groupOut);
      for (int64_t ic = firstIn; ic < lastIn; ic++) {
        for (int64_t oc = firstOut; oc < lastOut; oc++) {
          const T* source = from + (oc * e.groupIn + ic) * e.kernel;
          T* target = to + (ic * e.groupOut + oc) * e.window;
          for (int64_t k = 0; k < e.count; k++) target[e.targets[k]] = source[e.sources[k]];
        }
      }
    }
  }
}

template <class T>
void exchangeAll(const Exchange& e, const T* from, T* to) {
  const int64_t channels = e.groupOut * e.groupIn;
  for (int64_t group = 0; group < e.groups; group++) {
    exchangeGroup(e, from + group * channels * e.kernel, to + group * channels * e.window);
  }
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

void exchangeChannels(const Exchange& e, DType dtype, const void* from, void* to) {
  if (dtype == DType::float32) {
    exchangeAll(e, static_cast<const float*>(from), static_cast<float*>(to));
  } else {
    exchangeAll(e, static_cast<const double*>(from), static_cast<double*>(to));
  }
}

}  // namespace corr2d
