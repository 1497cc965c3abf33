// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

#include <atomic>
#include <functional>

namespace corr2d {

// An operator on windows with its operands, cut into tasks that do not depend on each other.
struct WindowRun {
  int64_t tasks;
  int threads;
  std::function<void(int64_t first, int64_t last, int thread)> body;  // thread in [0, threads)

  void run() const;
  // As ConvPlan::runPart.
  int64_t runPart(int64_t first, const std::atomic<int32_t>& cancel) const;
};

// How many threads `count` tasks of together `work` are worth.
int threadsFor(int64_t work, int64_t worthThreads, int64_t count, int threads);

}  // namespace corr2d
