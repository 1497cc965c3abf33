// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include "plans.h"
#include "pool_blocking.h"

namespace corr2d {
namespace {

// Returns which column of the window of each output is the first inside; -1 where none is.
template <class T>
std::vector<T> firstColumnsOf(const PoolAxis& x, int64_t slack) {
  std::vector<T> columns(static_cast<size_t>(x.out + slack), T(-1));
  for (int64_t ox = 0; ox < x.out; ox++) {
    const PoolAxis::Taps taps = x.tapsOf(ox);
    if (taps.inside > 0) columns[static_cast<size_t>(ox)] = static_cast<T>((taps.first - (ox * x.stride - x.before)) / x.dilation);
  }
  return columns;
}

// Returns where the elements of a window lie, in rows and then columns; it returns none for large windows.
std::vector<int64_t> placesInWindow(const PoolSpec& s) {
  std::vector<int64_t> places;
  if (s.y.kernel * s.x.kernel > kMostPlaces) return places;
  for (int64_t ky = 0; ky < s.y.kernel; ky++) {
    for (int64_t kx = 0; kx < s.x.kernel; kx++) {
      places.push_back((ky * s.y.dilation * s.x.in + kx * s.x.dilation) * s.depth());
    }
  }
  return places;
}

template <class T>
class PoolGradPlan final : public Runnable {
 public:
  PoolGradPlan(const PoolSpec& s, const KernelSet& kernels, int threads) : spec_(s), kernel_(kernels.poolGrad) {
    const int64_t depth = s.depth(), slack = 3 * kernels.tile.width;
    // A mean looks at rows for each row of its own. A maximum looks at all elements of windows, and twice at windows on
    // the edge of a task.
    const int64_t taps = s.average ? s.y.kernel + s.x.kernel : s.y.kernel * s.x.kernel;
    const int64_t work = s.inputLength() + s.outputLength() * taps;
    const int64_t rowWork = std::max<int64_t>(work / (s.planes() * s.y.in), 1);
    const int64_t fewest = s.average ? 1 : 4 * s.y.kernel * s.y.dilation;
    taskRows_ = std::min(std::max(kTapsOfTask / rowWork, fewest), s.y.in);
    blocks_ = ceilDivide(s.y.in, taskRows_);
    const int64_t before = s.average ? (s.x.kernel - 1) * s.x.dilation : 0;
    rowLength_ = (before + s.x.columns()) * (s.average ? depth : 1) + slack;
    rowsAtOnce_ = rowsAtOnceOf(rowLength_);
    columns_ = s.average ? widthsOf<T>(s, depth, slack) : firstColumnsOf<T>(s.x, slack);
    if (!s.average) windowPlaces_ = placesInWindow(s);
    if (!s.average) places_.a = {s.dtype, s.inputLength()};
    places_.b = {s.dtype, s.outputLength()};
    places_.out = {s.dtype, s.inputLength()};
    setTasks(s.planes() * blocks_, threadsFor(static_cast<double>(work), kTapsWorthThreads, threads));
    const int64_t rows = s.average ? rowsAtOnce_ + 1 : s.gradInVectors() ? rowsAtOnce_ * s.y.kernel : 0;
    threadBytes_ = static_cast<size_t>(rows * rowLength_) * sizeof(T);
  }

  void run(const Operands& operands, int64_t first, int64_t last) const override {
    const PoolGradJob job{.spec = &spec_, .taskRows = taskRows_, .blocks = blocks_, .rowsAtOnce = rowsAtOnce_,
                          .rowLength = rowLength_, .src = operands.a, .gradOutput = operands.b, .gradX = operands.out,
                          .columns = columns_.data(), .places = windowPlaces_.data()};
    share(first, last, [&](int64_t from, int64_t to, void* rows) { kernel_(job, from, to, rows); });
  }

 private:
  PoolSpec spec_;
  RunPoolGrad kernel_;
  int64_t taskRows_, blocks_, rowsAtOnce_, rowLength_;
  std::vector<T> columns_;
  std::vector<int64_t> windowPlaces_;
};

}  // namespace

Plan planPoolGrad(const PoolSpec& spec, const Isa& isa, int threads) {
  checkPoolSpec(spec);
  const KernelSet& kernels = isa.of(spec.dtype);
  if (spec.dtype == DType::float32) return std::make_unique<PoolGradPlan<float>>(spec, kernels, threads);
  return std::make_unique<PoolGradPlan<double>>(spec, kernels, threads);
}

}  // namespace corr2d
