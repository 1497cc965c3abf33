// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>
#include <vector>

#include "conv_job.h"
#include "workspaces.h"

namespace corr2d {

// The gradient of a convolution's weights. run() may be called from several threads at once.
class GradWeightsPlan {
 public:
  // The spec is that of the convolution. Throws as checkSpec, and std::bad_alloc.
  GradWeightsPlan(const ConvSpec& spec, const Isa& isa, int threads);

  // `gradWeights` is OIHW. Throws std::bad_alloc.
  void run(const void* src, const void* gradOutput, void* gradWeights) const {
    runTasks(src, gradOutput, gradWeights, 0, blocking_.tasks);
  }

  // Runs a part of it, as ConvPlan::runPart.
  int64_t runPart(const void* src, const void* gradOutput, void* gradWeights, int64_t first,
                  const std::atomic<int32_t>& cancel) const;
  int64_t tasks() const { return blocking_.tasks; }

  const ConvSpec& spec() const { return spec_; }

 private:
  void runTasks(const void* src, const void* gradOutput, void* gradWeights, int64_t first, int64_t last) const;

  ConvSpec spec_;
  GradWeightsBlocking blocking_;
  RunGradWeights kernel_;
  int threads_;
  std::vector<int64_t> columnOffset_;
  mutable Workspaces workspaces_;
};

}  // namespace corr2d
