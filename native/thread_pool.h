// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

namespace corr2d {

// All plans and JavaScript threads of the process share one fork-join pool. Helper threads start when they
// are first needed, spin for a moment after each job, then sleep. The pool is never destroyed: the addon stays loaded.
class ThreadPool {
 public:
  static constexpr int kMaxThreads = 256;

  // Calls body(first, last, thread) with thread in [0, threads) for disjoint ranges that cover [0, count). The caller
  // takes part. If another caller holds the pool, or helpers cannot be started, the caller does all of it as thread 0.
  using Body = void (*)(void* context, int64_t first, int64_t last, int thread);

  static void run(int64_t count, int threads, Body body, void* context);

  // Does the same for anything that can be called with (first, last, thread).
  template <class F>
  static void run(int64_t count, int threads, F body) {
    run(
        count, threads,
        [](void* context, int64_t first, int64_t last, int thread) {
          (*static_cast<F*>(context))(first, last, thread);
        },
        &body);
  }
};

}  // namespace corr2d
