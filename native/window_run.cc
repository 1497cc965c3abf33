// SPDX-License-Identifier: MIT
#include "window_run.h"

#include <algorithm>

#include "parts.h"
#include "thread_pool.h"

namespace corr2d {

void WindowRun::run() const {
  ThreadPool::run(tasks, threads, [&](int64_t first, int64_t last, int thread) { body(first, last, thread); });
}

int64_t WindowRun::runPart(int64_t start, const std::atomic<int32_t>& cancel) const {
  return runInParts(start, tasks, threads, cancel, [&](int64_t from, int64_t to) {
    ThreadPool::run(to - from, threads,
                    [&](int64_t first, int64_t last, int thread) { body(from + first, from + last, thread); });
  });
}

int threadsFor(int64_t work, int64_t worthThreads, int64_t count, int threads) {
  if (work < worthThreads) return 1;
  return static_cast<int>(std::min<int64_t>({std::max(threads, 1), count, ThreadPool::kMaxThreads}));
}

}  // namespace corr2d
