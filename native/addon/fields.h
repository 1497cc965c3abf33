// SPDX-License-Identifier: MIT
// Each table lists the numbers of one struct that cross from TypeScript, in the order of src/backend/native/layouts.ts.
// The addon exports the names, so that it does not load if only one side knows a field.
#pragma once
#include <stddef.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "../exchange_spec.h"
#include "../interleave_spec.h"
#include "../patch_spec.h"
#include "../pool_spec.h"

namespace {

using namespace corr2d;

// A field and the member that takes its value, which lies from `least` to `most`.
struct Field {
  const char* name;
  void* member;
  void (*set)(void* member, double value);
  double least = 0, most = 4294967295.0;
  bool isAny = false;  // it takes any number, NaN too

  template <class T>
  static void setAs(void* member, double value) {
    *static_cast<T*>(member) = static_cast<T>(value);
  }
};
using Fields = std::vector<Field>;

Field size(const char* name, int64_t& member) { return {name, &member, Field::setAs<int64_t>}; }
Field number(const char* name, double& member) { return {name, &member, Field::setAs<double>, 0, 0, true}; }
Field flag(const char* name, bool& member) { return {name, &member, Field::setAs<bool>, 0, 1}; }
Field zeroPoint(const char* name, int64_t& member) { return {name, &member, Field::setAs<int64_t>, -128, 255}; }
template <class Enum>
Field choice(const char* name, Enum& member, Enum last) {
  return {name, &member, Field::setAs<Enum>, 0, static_cast<double>(last)};
}

Fields fieldsOf(ConvSpec& s) {
  return {size("batch", s.batch), size("inChannels", s.inChannels), size("inHeight", s.inHeight), size("inWidth", s.inWidth),
          size("outChannels", s.outChannels), size("outHeight", s.outHeight), size("outWidth", s.outWidth),
          size("kernelHeight", s.kernelHeight), size("kernelWidth", s.kernelWidth),
          size("strideY", s.strideY), size("strideX", s.strideX),
          size("padTop", s.padTop), size("padBottom", s.padBottom), size("padLeft", s.padLeft), size("padRight", s.padRight),
          size("dilationY", s.dilationY), size("dilationX", s.dilationX), size("groups", s.groups),
          choice("border", s.border, Border::wrap),
          choice("dtype", s.dtype, DType::uint8), choice("outputDtype", s.outputDtype, DType::int32),
          flag("nhwc", s.nhwc),
          choice("activation", s.activation, Activation::tanh),
          number("alpha", s.alpha), number("min", s.min), number("max", s.max),
          zeroPoint("inputZeroPoint", s.inputZeroPoint), zeroPoint("outputZeroPoint", s.outputZeroPoint)};
}

struct ConvTask {
  Algorithm algorithm;
  ConvSpec spec;
};

Fields fieldsOf(ConvTask& t) {
  Fields fields = fieldsOf(t.spec);
  fields.push_back(choice("algorithm", t.algorithm, Algorithm::depthwise));
  return fields;
}

Fields fieldsOf(PoolSpec& s) {
  return {flag("average", s.average), size("batch", s.batch), size("channels", s.channels),
          size("inHeight", s.y.in), size("inWidth", s.x.in), size("outHeight", s.y.out), size("outWidth", s.x.out),
          size("kernelHeight", s.y.kernel), size("kernelWidth", s.x.kernel),
          size("strideY", s.y.stride), size("strideX", s.x.stride),
          size("padTop", s.y.before), size("padBottom", s.y.after), size("padLeft", s.x.before), size("padRight", s.x.after),
          size("dilationY", s.y.dilation), size("dilationX", s.x.dilation),
          flag("countIncludePad", s.countIncludePad), choice("dtype", s.dtype, DType::float64), flag("nhwc", s.nhwc)};
}

Fields fieldsOf(PatchSpec& s) {
  return {size("planes", s.planes), size("depth", s.depth),
          size("inHeight", s.inHeight), size("inWidth", s.inWidth), size("outHeight", s.outHeight), size("outWidth", s.outWidth),
          size("kernelHeight", s.kernelHeight), size("kernelWidth", s.kernelWidth), size("strideX", s.strideX),
          number("value", s.value), choice("dtype", s.dtype, DType::float64)};
}

Fields fieldsOf(ExchangeSpec& s) {
  return {size("groups", s.groups), size("groupOut", s.groupOut), size("groupIn", s.groupIn),
          size("kernel", s.kernel), size("window", s.window), choice("dtype", s.dtype, DType::float64)};
}

Fields fieldsOf(InterleaveSpec& s) {
  return {size("images", s.images), size("rows", s.rows), size("columns", s.columns), size("pixel", s.pixel),
          size("outRows", s.outRows), size("outColumns", s.outColumns), size("top", s.top), size("left", s.left),
          size("strideY", s.strideY), size("strideX", s.strideX), choice("dtype", s.dtype, DType::float64)};
}

template <class Task>
std::vector<const char*> namesOf() {
  Task task{};
  std::vector<const char*> names;
  for (const Field& field : fieldsOf(task)) names.push_back(field.name);
  return names;
}

// Throws std::invalid_argument for a field that is missing or out of range.
template <class Task>
Task decoded(const double* values, size_t count) {
  Task task{};
  const Fields fields = fieldsOf(task);
  if (count != fields.size()) throw std::invalid_argument("expected as many fields as the layout has");
  for (const Field& field : fields) {
    const double value = *values++;
    // The check fails for NaN, too.
    if (!field.isAny && !(value >= field.least && value <= field.most)) {
      throw std::invalid_argument(std::string(field.name) + " is out of range");
    }
    field.set(field.member, value);
  }
  return task;
}

}  // namespace
