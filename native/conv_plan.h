// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

#include <atomic>
#include <vector>

#include "conv_job.h"
#include "workspaces.h"

namespace corr2d {

// Throws std::invalid_argument for a spec that would make a kernel read or write out of bounds. TypeScript has checked all
// of it already; this is the last gate.
void checkSpec(const ConvSpec& spec);

// The same convolution with rows as long as they can be.
ConvSpec withLongRows(ConvSpec spec);

// A convolution with its weights packed. run() may be called from several threads at once.
class ConvPlan {
 public:
  // `weights` are OIHW, `bias` is null or outChannels long, and so is `scale`, which is there for integers whose output
  // is not int32; all are copied. Throws as checkSpec, and for an algorithm that does not take the spec, and
  // std::bad_alloc.
  ConvPlan(const ConvSpec& spec, Algorithm algorithm, const Isa& isa, int threads, const void* weights,
           const void* bias, const float* scale = nullptr);

  // Throws std::bad_alloc.
  void run(const void* src, void* dst) const { runTasks(src, dst, 0, blocking_.tasks); }

  // Runs a part of it: tasks from `first` on, for about 20 ms or until `cancel` is nonzero. Returns the first task that
  // is left, tasks() at the end. Throws std::bad_alloc.
  int64_t runPart(const void* src, void* dst, int64_t first, const std::atomic<int32_t>& cancel) const;
  int64_t tasks() const { return blocking_.tasks; }

  const ConvSpec& spec() const { return spec_; }
  size_t packedBytes() const { return packedBytes_; }
  size_t workspaceBytes() const { return workspaceBytes_ * static_cast<size_t>(threads_); }

 private:
  void runTasks(const void* src, void* dst, int64_t first, int64_t last) const;

  ConvSpec spec_;
  Blocking blocking_;
  RunTasks kernel_;
  int threads_;
  std::vector<int64_t> columnOffset_;
  size_t packedBytes_, workspaceBytes_;
  AlignedBuffer weights_, bias_, scale_;
  mutable Workspaces workspaces_;
};

}  // namespace corr2d
