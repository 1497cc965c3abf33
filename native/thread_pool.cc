// SPDX-License-Identifier: MIT
#include "thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <new>
#include <system_error>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace corr2d {
namespace {

constexpr int kMaxThreads = 256;
// Measured: a spinning helper answers in 0.1 us, a sleeping one in 40 us.
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

  // The job. Written by the owner while `state` is closed, read by helpers that joined.
  ThreadPool::Body body;
  void* context;
  int64_t count, chunk;
  int threads;

  // Each on a cache line of its own, as they are written while others spin on them.
  alignas(64) std::atomic<uint32_t> epoch{0};     // changes with each job
  alignas(64) std::atomic<int> state{0};          // 2 * helpers that joined + 1 while the job is open to them
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

  // The helper's number in the job from 1, or 0 where it comes too late or is one too many.
  int join() {
    int seen = state.load(std::memory_order_acquire);
    while ((seen & 1) != 0 && seen / 2 + 1 < threads) {
      if (state.compare_exchange_weak(seen, seen + 2, std::memory_order_acquire)) return seen / 2 + 1;
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
    } catch (const std::system_error&) {
      // No more threads to be had: those that did start are enough.
    }
    return helpers;
  }

  void run() {
    next.store(0, std::memory_order_relaxed);
    finished.store(0, std::memory_order_relaxed);
    state.store(1, std::memory_order_release);
    epoch.fetch_add(1);
    if (sleeping.load() != 0) epoch.notify_all();
    work(0);
    // A helper that is still waking up finds the job closed, and nobody waits for it.
    const int joined = state.exchange(0, std::memory_order_acquire) / 2;
    while (finished.load(std::memory_order_acquire) != joined) relax();
  }
};

// Never destroyed, as detached helpers use it until the process ends.
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
        p.threads = threads;
        p.run();
      }
      p.owned.clear(std::memory_order_release);
      if (helped) return;
    }
  }
  body(context, 0, count, 0);
}

}  // namespace corr2d
