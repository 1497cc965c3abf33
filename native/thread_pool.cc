// SPDX-License-Identifier: MIT
#include "thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace corr2d {
namespace {

// A spinning helper answers in 0.1 us, a sleeping one in 40 us (measured).
constexpr auto kSpin = std::chrono::microseconds(50);

inline void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

struct Pool {
  std::atomic_flag owned = ATOMIC_FLAG_INIT;  // held by the caller whose job is being run
  int helpers = 0;                            // started so far; guarded by `owned`

  // The owner writes the job while `state` is closed; helpers that joined read it.
  ThreadPool::Body body;
  void* context;
  int64_t count, chunk;

  // Each of these has a cache line of its own, as it is written while others spin on it.
  alignas(64) std::atomic<uint32_t> epoch{0};     // changes with each job
  // One word has the job's number, how many threads it takes, how many helpers joined, and 1 while it is open to them.
  // So a helper which hesitates cannot join a later job by the terms of an earlier one.
  alignas(64) std::atomic<uint64_t> state{0};
  alignas(64) std::atomic<int64_t> next{0};       // first item that nobody took
  alignas(64) std::atomic<int> finished{0};       // helpers that joined and are done
  alignas(64) std::atomic<int> sleeping{0};

  void work(int thread) {
    for (;;) {
      const int64_t first = next.fetch_add(chunk, std::memory_order_relaxed);
      if (first >= count) return;
      body(context, first, std::min(first + chunk, count), thread);
    }
  }

  static constexpr uint64_t kOpen = 1, kJoined = 2, kThreads = 1 << 16, kJob = uint64_t{1} << 32;
  static int joinedOf(uint64_t state) { return static_cast<int>(state % kThreads / kJoined); }
  static int threadsOf(uint64_t state) { return static_cast<int>(state % kJob / kThreads); }

  // Returns the helper's number in the job from 1, or 0 if it comes too late or is one too many.
  int join() {
    uint64_t seen = state.load(std::memory_order_acquire);
    while ((seen & kOpen) != 0 && joinedOf(seen) + 1 < threadsOf(seen)) {
      if (state.compare_exchange_weak(seen, seen + kJoined, std::memory_order_acquire)) return joinedOf(seen) + 1;
    }
    return 0;
  }

  uint32_t awaitChange(uint32_t seen) {
    const auto until = std::chrono::steady_clock::now() + kSpin;
    for (int i = 0;; i++) {
      const uint32_t now = epoch.load(std::memory_order_acquire);
      if (now != seen) return now;
      relax();
      if (i % 64 == 63 && std::chrono::steady_clock::now() > until) break;
    }
    sleeping.fetch_add(1);
    epoch.wait(seen);
    sleeping.fetch_sub(1);
    return epoch.load(std::memory_order_acquire);
  }

  void help(uint32_t seen) {
    for (;;) {
      seen = awaitChange(seen);
      const int thread = join();
      if (thread == 0) continue;
      work(thread);
      finished.fetch_add(1, std::memory_order_release);
    }
  }

  // Starts helpers up to `wanted`; returns how many there are.
  int startHelpers(int wanted) {
    try {
      for (; helpers < wanted; helpers++) std::thread(&Pool::help, this, epoch.load()).detach();
    } catch (...) {
      // If no more threads can start, those that did are enough.
    }
    return helpers;
  }

  void run(int threads) {
    next.store(0, std::memory_order_relaxed);
    finished.store(0, std::memory_order_relaxed);
    const uint64_t job = epoch.load(std::memory_order_relaxed) + uint64_t{1};
    state.store(job % kJob * kJob + static_cast<uint64_t>(threads) * kThreads + kOpen, std::memory_order_release);
    epoch.fetch_add(1);
    if (sleeping.load() != 0) epoch.notify_all();
    work(0);
    // A helper that is still waking up finds the job closed, and nobody waits for it.
    const int joined = joinedOf(state.exchange(0, std::memory_order_acquire));
    // A helper that lost its processor needs one to finish.
    for (int i = 0; finished.load(std::memory_order_acquire) != joined; i++) {
      if (i < 1000) {
        relax();
      } else {
        std::this_thread::yield();
      }
    }
  }
};

// It is never destroyed, as detached helpers use it until the process ends.
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

}  // namespace

void ThreadPool::run(int64_t count, int threads, Body body, void* context) {
  threads = static_cast<int>(std::min<int64_t>({threads, count, kMaxThreads}));
  if (threads > 1) {
    Pool& p = pool();
    if (!p.owned.test_and_set(std::memory_order_acquire)) {
      const bool helped = p.startHelpers(threads - 1) > 0;
      if (helped) {
        p.body = body;
        p.context = context;
        p.count = count;
        // Several pieces for each thread even out their speeds; neighbouring tasks share their input.
        p.chunk = std::max<int64_t>(1, count / (threads * 16));
        p.run(threads);
      }
      p.owned.clear(std::memory_order_release);
      if (helped) return;
    }
  }
  body(context, 0, count, 0);
}

}  // namespace corr2d
