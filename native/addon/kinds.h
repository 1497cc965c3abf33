// SPDX-License-Identifier: MIT
// Prepares each kind of operator from the arguments of `prepare`.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "../cpu.h"
#include "../plans.h"
#include "arguments.h"
#include "fields.h"

namespace {

// The arguments of `prepare`, in their order.
struct Given {
  enum { kKind, kFields, kTables, kIsa, kThreads, kA, kB, kC, kCount };
  napi_env env;
  napi_value values[kCount];

  template <class Task>
  Task task() const {
    const auto fields = elementsOf(env, values[kFields], DType::float64);
    return decoded<Task>(static_cast<const double*>(fields.data), fields.count);
  }
  const Isa& isa() const {
    const auto index = static_cast<size_t>(integerOf(env, values[kIsa]));
    if (index >= isas().size()) throw std::invalid_argument("no such ISA");
    return *isas()[index];
  }
  int threads() const { return integerOf(env, values[kThreads]); }
  // Returns null for null.
  const void* constant(int at, DType dtype, int64_t count) const {
    return isNull(env, values[at]) ? nullptr : dataOf(env, values[at], {dtype, count});
  }
};

// Hands out consecutive parts of `tables`.
class Tables {
 public:
  explicit Tables(const Given& given) {
    const auto all = elementsOf(given.env, given.values[Given::kTables], DType::int32);
    next_ = static_cast<const int32_t*>(all.data);
    left_ = static_cast<int64_t>(all.count);
  }
  int64_t left() const { return left_; }
  // Returns the next `count` times `each` elements.
  std::vector<int32_t> take(int64_t count, int64_t each = 1) {
    if (each != 0 && count > left_ / each) throw std::invalid_argument("expected longer tables");
    std::vector<int32_t> table(next_, next_ + count * each);
    next_ += count * each;
    left_ -= count * each;
    return table;
  }

 private:
  const int32_t* next_;
  int64_t left_;
};

ConvSpec checked(const ConvSpec& s) {
  const bool fits = s.integers() ? s.outputDtype != DType::float64 : s.outputDtype == s.dtype;
  if (!fits) throw std::invalid_argument("no such output for this input");
  checkSpec(s);
  return s;
}

Plan prepareConv(const Given& given) {
  const auto [algorithm, spec] = given.task<ConvTask>();
  checked(spec);
  const void* weights = dataOf(given.env, given.values[Given::kA], {spec.weightsDtype(), spec.weightsLength()});
  const void* bias = given.constant(Given::kB, spec.biasDtype(), spec.outChannels);
  const void* scale = given.constant(Given::kC, DType::float32, spec.outChannels);
  return planConv(spec, algorithm, given.isa(), given.threads(), weights, bias, static_cast<const float*>(scale));
}

PatchSpec patchSpecOf(const Given& given) {
  auto s = given.task<PatchSpec>();
  Tables tables(given);
  s.rows = tables.take(s.outHeight, s.kernelHeight);
  s.columns = tables.take(s.outWidth, s.kernelWidth);
  s.first = tables.take(s.kernelWidth);
  s.end = tables.take(s.kernelWidth);
  return s;
}

Plan prepareExchange(const Given& given) {
  auto s = given.task<ExchangeSpec>();
  Tables tables(given);
  s.sources = tables.take(tables.left() / 2);
  s.targets = tables.take(tables.left());
  return planExchange(std::move(s));
}

struct Kind {
  const char* name;
  std::vector<const char*> (*layout)();
  Plan (*prepare)(const Given& given);
};

constexpr Kind kKinds[] = {
    {"conv", namesOf<ConvTask>, prepareConv},
    {"gradWeights", namesOf<ConvSpec>,
     [](const Given& g) { return planGradWeights(checked(g.task<ConvSpec>()), g.isa(), g.threads()); }},
    {"pool", namesOf<PoolSpec>, [](const Given& g) { return planPool(g.task<PoolSpec>(), g.isa(), g.threads()); }},
    {"poolGrad", namesOf<PoolSpec>, [](const Given& g) { return planPoolGrad(g.task<PoolSpec>(), g.isa(), g.threads()); }},
    {"unfold", namesOf<PatchSpec>, [](const Given& g) { return planUnfold(patchSpecOf(g), g.isa(), g.threads()); }},
    {"fold", namesOf<PatchSpec>, [](const Given& g) { return planFold(patchSpecOf(g), g.isa(), g.threads()); }},
    {"exchange", namesOf<ExchangeSpec>, prepareExchange},
    {"interleave", namesOf<InterleaveSpec>,
     [](const Given& g) { return planInterleave(g.task<InterleaveSpec>(), g.threads()); }},
};

Plan planOf(const Given& given) {
  const std::string name = stringOf(given.env, given.values[Given::kKind]);
  for (const Kind& kind : kKinds) {
    if (name == kind.name) return kind.prepare(given);
  }
  throw std::invalid_argument("no such kind");
}

}  // namespace
