// SPDX-License-Identifier: MIT
#include "runnable.h"

#include <algorithm>
#include <chrono>

namespace corr2d {

int64_t runInParts(const Runnable& runnable, const Operands& operands, int64_t first, const std::atomic<int32_t>& cancel) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(20);
  // Two tasks for each thread keep threads evenly busy, and a part is soon done.
  const int64_t step = 2 * static_cast<int64_t>(runnable.threads());
  do {
    const int64_t last = std::min(first + step, runnable.tasks());
    runnable.run(operands, first, last);
    first = last;
  } while (first < runnable.tasks() && cancel.load(std::memory_order_relaxed) == 0 && Clock::now() < end);
  return first;
}

int threadsFor(double work, double worthThreads, int threads) {
  return work < worthThreads ? 1 : std::clamp(threads, 1, ThreadPool::kMaxThreads);
}

}  // namespace corr2d
