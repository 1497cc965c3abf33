// SPDX-License-Identifier: MIT
// Jobs run off the event loop.
#pragma once
#include <napi.h>

#include <atomic>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "arguments.h"
#include "handle.h"

namespace {

// A job is one call of runAsync. It keeps the arrays alive, runs on libuv's pool and calls back on the event loop. It
// runs in parts, so that an abort, the end of the JavaScript thread and other users of the pool need not wait for the
// whole.
struct Job {
  PlanReference plan;
  Operands operands;
  std::atomic<int32_t>* cancel;
  int64_t nextTask = 0;
  napi_async_work work = nullptr;
  static constexpr size_t kReferences = 7;
  napi_ref references[kReferences] = {};  // they keep the five operands, `cancel` and, last, `done`
  std::string error;

  bool queue(napi_env env) {
    napi_value name;
    return napi_create_string_utf8(env, "corr2d", NAPI_AUTO_LENGTH, &name) == napi_ok &&
           napi_create_async_work(env, nullptr, name, execute, complete, this, &work) == napi_ok &&
           napi_queue_async_work(env, work) == napi_ok;
  }

  void deleteWork(napi_env env) {
    if (work != nullptr) napi_delete_async_work(env, work);
    work = nullptr;
  }

  void release(napi_env env) {
    deleteWork(env);
    for (napi_ref reference : references) {
      if (reference != nullptr) napi_delete_reference(env, reference);
    }
  }

  bool isDone() const { return !error.empty() || cancel->load() != 0 || nextTask == plan->tasks(); }

  static void execute(napi_env, void* self) {
    Job& job = *static_cast<Job*>(self);
    try {
      job.nextTask = runInParts(*job.plan, job.operands, job.nextTask, *job.cancel);
    } catch (const std::bad_alloc&) {
      job.error = "out of memory";
    } catch (const std::exception& error) {
      job.error = error.what();
    } catch (...) {
      job.error = "unknown error";
    }
  }

  // Returns false once the JavaScript thread is ending: Node waits for all work then, so no more may begin.
  static bool canRunScript(napi_env env) {
    napi_value global;
    bool has;
    return napi_get_global(env, &global) == napi_ok && napi_has_named_property(env, global, "Object", &has) == napi_ok;
  }

  static void complete(napi_env env, napi_status, void* self) {
    std::unique_ptr<Job> job(static_cast<Job*>(self));
    napi_handle_scope scope;
    if (napi_open_handle_scope(env, &scope) != napi_ok) return;
    job->deleteWork(env);
    if (!canRunScript(env)) {
      job->release(env);
    } else if (!job->isDone() && job->queue(env)) {
      job.release();
    } else {
      if (!job->isDone()) job->error = "the work could not be queued";
      job->callBack(env);
    }
    napi_close_handle_scope(env, scope);
  }

  void callBack(napi_env env) {
    napi_value done = nullptr, undefined = nullptr, result = nullptr;
    napi_get_reference_value(env, references[kReferences - 1], &done);
    napi_get_undefined(env, &undefined);
    if (error.empty()) {
      napi_get_null(env, &result);
    } else {
      napi_value message = nullptr;
      napi_create_string_utf8(env, error.c_str(), error.size(), &message);
      napi_create_error(env, nullptr, message, &result);
    }
    release(env);
    if (done != nullptr) napi_call_function(env, undefined, done, 1, &result, nullptr);
  }
};

// Queues the job. `values` are the operands, of which null ones need no reference, then `cancel` and `done`.
void start(napi_env env, const PlanReference& plan, const napi_value (&values)[Job::kReferences]) {
  auto job = std::make_unique<Job>();
  job->plan = plan;
  job->operands = operandsOf(env, values, plan->places());
  const auto cancel = dataOf(env, values[Job::kReferences - 2], {DType::int32, 1});
  job->cancel = static_cast<std::atomic<int32_t>*>(cancel);
  bool ok = true;
  for (size_t i = 0; i < Job::kReferences; i++) {
    if (isNull(env, values[i])) continue;
    ok = ok && napi_create_reference(env, values[i], 1, &job->references[i]) == napi_ok;
  }
  if (!ok || !job->queue(env)) {
    job->release(env);
    throw std::runtime_error("the work could not be queued");
  }
  job.release();
}

}  // namespace
