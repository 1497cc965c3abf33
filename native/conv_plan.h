// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "conv_job.h"

namespace corr2d {

// Memory aligned to cache lines, or none.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t bytes);  // throws std::bad_alloc
  void* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(void* p) const;
  };
  std::unique_ptr<void, Free> data_;
};

// A convolution with its weights packed. run() may be called from several threads at once.
class ConvPlan {
 public:
  // `weights` are OIHW, `bias` is null or outChannels long; both are copied. Throws std::invalid_argument for a spec
  // that would make a kernel read or write out of bounds, std::bad_alloc.
  ConvPlan(const ConvSpec& spec, Algorithm algorithm, const Isa& isa, int threads, const void* weights,
           const void* bias);

  // Stops early, its output incomplete, where `*cancel` becomes nonzero. Throws std::bad_alloc.
  void run(const void* src, void* dst, const std::atomic<int32_t>* cancel = nullptr) const;

  const ConvSpec& spec() const { return spec_; }
  int threads() const { return threads_; }
  size_t packedBytes() const { return packedBytes_; }
  size_t workspaceBytes() const { return workspaceBytes_ * static_cast<size_t>(threads_); }

 private:
  class Workspace;

  ConvSpec spec_;
  Blocking blocking_;
  RunTasks runTasks_;
  int threads_;
  std::vector<int64_t> columnOffset_;
  size_t packedBytes_, workspaceBytes_;
  AlignedBuffer weights_, bias_;

  // Workspaces that no run is using.
  mutable std::mutex mutex_;
  mutable std::vector<AlignedBuffer> idle_;
};

}  // namespace corr2d
