// SPDX-License-Identifier: MIT
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <atomic>

#include "dtype.h"
#include "thread_pool.h"
#include "workspaces.h"

namespace corr2d {

// A Place tells the elements at one place of a call; a place without elements is absent.
struct Place {
  DType dtype;
  int64_t count;
};

// Every operator has these places, of which it uses some: three inputs and two outputs.
struct Places {
  Place a, b, c, out, out2;
};

// Operands are where the elements of each place lie; null stands for an absent place.
struct Operands {
  const void *a, *b, *c;
  void *out, *out2;
};

// An operator that is ready to run: its task is resolved, its constants are packed, and its work is cut into tasks that
// do not depend on each other. It may run on several threads at once, each with operands of its own.
class Runnable {
 public:
  virtual ~Runnable() = default;

  // Runs tasks [first, last) on the thread pool. Throws std::bad_alloc. All tasks together write every element of each
  // output. Outputs do not overlap inputs.
  virtual void run(const Operands& operands, int64_t first, int64_t last) const = 0;
  void run(const Operands& operands) const { run(operands, 0, tasks_); }

  const Places& places() const { return places_; }
  int64_t tasks() const { return tasks_; }
  int threads() const { return threads_; }
  // Returns the memory that one run borrows.
  size_t workspaceBytes() const { return threadBytes_ * static_cast<size_t>(threads_); }
  // Returns the memory that packed constants take as long as the Runnable lives.
  size_t packedBytes() const { return packedBytes_; }

 protected:
  // `threads` is how many threads the work is worth.
  void setTasks(int64_t tasks, int threads) {
    tasks_ = tasks;
    threads_ = tasks < threads ? static_cast<int>(tasks) : threads;
  }

  // Calls body(from, to, workspace) for ranges that cover tasks [first, last). Each thread has `threadBytes_` of
  // workspace, whose content is undefined.
  template <class F>
  void share(int64_t first, int64_t last, const F& body) const {
    const Workspaces::Borrowed workspace(workspaces_, workspaceBytes());
    ThreadPool::run(last - first, threads_, [&](int64_t from, int64_t to, int thread) {
      body(first + from, first + to, workspace.data() + static_cast<size_t>(thread) * threadBytes_);
    });
  }

  Places places_{};
  size_t threadBytes_ = 0, packedBytes_ = 0;

 private:
  int64_t tasks_ = 0;
  int threads_ = 1;
  mutable Workspaces workspaces_;
};

// Runs a part: tasks from `first` on, for about 20 ms or until `cancel` is nonzero. Returns the first task that is
// left, tasks() at the end. Throws std::bad_alloc.
int64_t runInParts(const Runnable& runnable, const Operands& operands, int64_t first, const std::atomic<int32_t>& cancel);

// Returns `threads` within the pool's limits, or 1 for less `work` than makes waking a second thread pay.
int threadsFor(double work, double worthThreads, int threads);

}  // namespace corr2d
