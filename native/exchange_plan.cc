// SPDX-License-Identifier: MIT
#include <string.h>

#include <algorithm>
#include <utility>

#include "checks.h"
#include "finite.h"
#include "plans.h"
#include "transpose_blocks.h"

namespace corr2d {
namespace {

// Channels are exchanged a square at a time, as a whole row of either side would leave the cache.
constexpr int64_t kSquare = 16;
// Rows of kernels up to this size come together in a buffer first, so that each cache line is read once: rows are often
// powers of two apart, and a cache holds few such lines. Larger kernels fill lines of their own.
constexpr int64_t kBufferedKernel = 9;

template <class T>
void exchangeSquare(const ExchangeSpec& e, const T* from, int64_t fromStep, int64_t outputs, int64_t inputs, T* to) {
  for (int64_t ic = 0; ic < inputs; ic++) {
    for (int64_t oc = 0; oc < outputs; oc++) {
      const T* source = from + oc * fromStep + ic * e.kernel;
      T* target = to + (ic * e.groupOut + oc) * e.window;
      for (size_t k = 0; k < e.targets.size(); k++) target[e.targets[k]] = source[e.sources[k]];
    }
  }
}

// Returns whether all of `from` is finite: values are checked just before they move, while they are in the cache
// anyway.
template <class T>
bool exchangeGroup(const ExchangeSpec& e, const T* from, T* to) {
  bool finite = true;
  if (e.kernel == 1 && e.window == 1 && e.targets.size() == 1) {
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

void checkExchangeSpec(const ExchangeSpec& e) {
  for (const int64_t size : {e.kernel, e.window}) requireProduct(16, {e.groups, e.groupOut, e.groupIn, size});
  const auto isInside = [](const std::vector<int32_t>& places, int64_t size) {
    return std::all_of(places.begin(), places.end(), [size](int32_t place) { return place >= 0 && place < size; });
  };
  require(e.sources.size() == e.targets.size(), "expected as many targets as sources");
  require(isInside(e.sources, e.kernel) && isInside(e.targets, e.window), "the places must lie inside");
}

// A task is a group.
class ExchangePlan final : public Runnable {
 public:
  explicit ExchangePlan(ExchangeSpec&& spec) : spec_(std::move(spec)) {
    places_.a = {spec_.dtype, spec_.fromLength()};
    places_.out = {spec_.dtype, spec_.toLength()};
    places_.out2 = {DType::uint8, 1};
    setTasks(spec_.groups, 1);
  }

  void run(const Operands& operands, int64_t first, int64_t last) const override {
    const bool finite =
        spec_.dtype == DType::float32
            ? runGroups(first, last, static_cast<const float*>(operands.a), static_cast<float*>(operands.out))
            : runGroups(first, last, static_cast<const double*>(operands.a), static_cast<double*>(operands.out));
    auto& flag = *static_cast<uint8_t*>(operands.out2);
    flag = finite && (first == 0 || flag == 1);
  }

 private:
  template <class T>
  bool runGroups(int64_t first, int64_t last, const T* from, T* to) const {
    const int64_t channels = spec_.groupOut * spec_.groupIn;
    bool finite = true;
    for (int64_t group = first; group < last; group++) {
      finite &= exchangeGroup(spec_, from + group * channels * spec_.kernel, to + group * channels * spec_.window);
    }
    return finite;
  }

  ExchangeSpec spec_;
};

}  // namespace

Plan planExchange(ExchangeSpec spec) {
  checkExchangeSpec(spec);
  return std::make_unique<ExchangePlan>(std::move(spec));
}

}  // namespace corr2d
