// SPDX-License-Identifier: MIT
// What JavaScript holds of a plan, and how long it lives.
#pragma once
#include <napi.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <utility>

#include "../conv_plan.h"
#include "../grad_weights_plan.h"

namespace {

using corr2d::ConvPlan;
using corr2d::GradWeightsPlan;

// Counts who uses a plan: its handle in JavaScript until dispose(), and each run under way. Not std::shared_ptr, whose
// libstdc++ would need glibc 2.32.
template <class Plan>
class PlanReference {
 public:
  PlanReference() = default;
  explicit PlanReference(std::unique_ptr<Plan> plan) : shared_(new Shared{std::move(plan)}) {}
  PlanReference(const PlanReference& other) : shared_(other.shared_) {
    if (shared_ != nullptr) shared_->users.fetch_add(1, std::memory_order_relaxed);
  }
  PlanReference& operator=(PlanReference other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~PlanReference() {
    if (shared_ != nullptr && shared_->users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared_;
  }
  explicit operator bool() const { return shared_ != nullptr; }
  const Plan* operator->() const { return shared_->plan.get(); }

 private:
  struct Shared {
    std::unique_ptr<Plan> plan;
    std::atomic<int> users{1};
  };
  Shared* shared_ = nullptr;
};

// Of its two plans one is there until it is disposed of.
struct Handle {
  PlanReference<ConvPlan> conv;
  PlanReference<GradWeightsPlan> gradWeights;
};

Handle& handleOf(napi_env env, napi_value value) {
  void* pointer;
  if (napi_get_value_external(env, value, &pointer) != napi_ok) throw std::invalid_argument("expected a handle");
  return *static_cast<Handle*>(pointer);
}

const PlanReference<ConvPlan>& convOf(napi_env env, napi_value value) {
  const PlanReference<ConvPlan>& plan = handleOf(env, value).conv;
  if (!plan) throw std::invalid_argument("the plan was disposed of");
  return plan;
}

const PlanReference<GradWeightsPlan>& gradWeightsOf(napi_env env, napi_value value) {
  const PlanReference<GradWeightsPlan>& plan = handleOf(env, value).gradWeights;
  if (!plan) throw std::invalid_argument("the plan was disposed of");
  return plan;
}

}  // namespace
