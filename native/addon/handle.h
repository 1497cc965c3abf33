// SPDX-License-Identifier: MIT
// JavaScript holds a plan by a handle, which also decides how long the plan lives.
#pragma once
#include <napi.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <utility>

#include "../plans.h"

namespace {

// Counts who uses a plan: its handle in JavaScript until dispose(), and each run under way. Not std::shared_ptr, whose
// libstdc++ would need glibc 2.32.
class PlanReference {
 public:
  PlanReference() = default;
  explicit PlanReference(Plan plan) : shared_(new Shared{std::move(plan)}) {}
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
  const Runnable& operator*() const { return *shared_->plan; }
  const Runnable* operator->() const { return shared_->plan.get(); }

 private:
  struct Shared {
    Plan plan;
    std::atomic<int> users{1};
  };
  Shared* shared_ = nullptr;
};

struct Handle {
  PlanReference plan;
  int64_t bytes;  // the garbage collector is told how much a forgotten handle keeps alive
};

// Makes the value that JavaScript holds; the garbage collector frees it.
napi_value wrap(napi_env env, Plan plan) {
  const auto bytes = static_cast<int64_t>(plan->packedBytes());
  auto handle = std::make_unique<Handle>(Handle{PlanReference(std::move(plan)), bytes});
  int64_t total;
  napi_value external;
  const napi_finalize finalize = [](napi_env env, void* data, void*) {
    const std::unique_ptr<Handle> owned(static_cast<Handle*>(data));
    int64_t total;
    napi_adjust_external_memory(env, -owned->bytes, &total);
  };
  if (napi_create_external(env, handle.get(), finalize, nullptr, &external) != napi_ok) {
    throw std::runtime_error("no handle could be made");
  }
  handle.release();
  napi_adjust_external_memory(env, bytes, &total);
  return external;
}

Handle& handleOf(napi_env env, napi_value value) {
  void* pointer;
  if (napi_get_value_external(env, value, &pointer) != napi_ok) throw std::invalid_argument("expected a handle");
  return *static_cast<Handle*>(pointer);
}

const PlanReference& planOf(napi_env env, napi_value value) {
  const PlanReference& plan = handleOf(env, value).plan;
  if (!plan) throw std::invalid_argument("the plan was disposed of");
  return plan;
}

}  // namespace
