// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace corr2d {

// Calls run(first, last) for consecutive ranges of tasks, for about 20 ms or until `cancel` is nonzero. Returns the first
// task that is left, `tasks` at the end.
template <class F>
int64_t runInParts(int64_t first, int64_t tasks, int threads, const std::atomic<int32_t>& cancel, const F& run) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(20);
  // Two tasks for each thread keep them even, and are soon done.
  const int64_t step = 2 * static_cast<int64_t>(threads);
  do {
    const int64_t last = std::min(first + step, tasks);
    run(first, last);
    first = last;
  } while (first < tasks && cancel.load(std::memory_order_relaxed) == 0 && Clock::now() < end);
  return first;
}

}  // namespace corr2d
