// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include "plans.h"
#include "pool_blocking.h"

namespace corr2d {
namespace {

template <class T>
class PoolPlan final : public Runnable {
 public:
  PoolPlan(const PoolSpec& s, const KernelSet& kernels, int threads) : spec_(s), kernel_(kernels.pool) {
    const int64_t work = s.outputLength() * s.y.kernel + s.inputLength();
    const int64_t rowWork = s.x.in * s.depth() * s.y.kernel + 64;
    taskRows_ = std::clamp<int64_t>(kTapsOfTask / rowWork, 1, s.y.out);
    blocks_ = ceilDivide(s.y.out, taskRows_);
    const int64_t slack = 3 * kernels.tile.width;
    rowLength_ = s.x.columns() * s.depth() + slack;
    rowsAtOnce_ = rowsAtOnceOf(rowLength_);
    widths_ = widthsOf<T>(s, 1, slack);
    places_.a = {s.dtype, s.inputLength()};
    places_.out = {s.dtype, s.outputLength()};
    setTasks(s.planes() * blocks_, threadsFor(static_cast<double>(work), kTapsWorthThreads, threads));
    threadBytes_ = static_cast<size_t>(rowsAtOnce_ * rowLength_) * sizeof(T);
  }

  void run(const Operands& operands, int64_t first, int64_t last) const override {
    const PoolJob job{.spec = &spec_, .taskRows = taskRows_, .blocks = blocks_, .rowsAtOnce = rowsAtOnce_,
                      .rowLength = rowLength_, .src = operands.a, .dst = operands.out, .widths = widths_.data()};
    share(first, last, [&](int64_t from, int64_t to, void* rows) { kernel_(job, from, to, rows); });
  }

 private:
  PoolSpec spec_;
  RunPool kernel_;
  int64_t taskRows_, blocks_, rowsAtOnce_, rowLength_;
  std::vector<T> widths_;
};

}  // namespace

Plan planPool(const PoolSpec& spec, const Isa& isa, int threads) {
  checkPoolSpec(spec);
  const KernelSet& kernels = isa.of(spec.dtype);
  if (spec.dtype == DType::float32) return std::make_unique<PoolPlan<float>>(spec, kernels, threads);
  return std::make_unique<PoolPlan<double>>(spec, kernels, threads);
}

}  // namespace corr2d
