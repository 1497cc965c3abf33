// SPDX-License-Identifier: MIT
// Every instruction set must compute integer convolutions exactly as they are defined.
#pragma once
#include "definition.h"

namespace {

// src/spec/convolution.ts defines it; each step is in float32, in the order written there.
inline double finished(double sum, float scale, const ConvSpec& s) {
  const auto wrapped = static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(sum)));
  if (s.outputDtype == DType::int32) return s.activation == Activation::relu ? std::max(wrapped, 0) : wrapped;
  const float scaled = static_cast<float>(wrapped) * scale;
  const auto active = static_cast<float>(activated(scaled, s));
  if (s.outputDtype == DType::float32) return active;
  const double low = s.outputDtype == DType::int8 ? -128 : 0;
  return std::clamp(nearbyint(active) + static_cast<double>(s.outputZeroPoint), low, low + 255);
}

inline double outputAt(const ConvSpec& s, const uint8_t* out, int64_t i) {
  switch (s.outputDtype) {
    case DType::int32: return reinterpret_cast<const int32_t*>(out)[i];
    case DType::float32: return static_cast<double>(reinterpret_cast<const float*>(out)[i]);
    case DType::int8: return reinterpret_cast<const int8_t*>(out)[i];
    default: return out[i];
  }
}

inline int testIntegerCase(ConvSpec s, Random& random, int number) {
  const bool isSigned = random.range(0, 1) == 0;
  s.dtype = isSigned ? DType::int8 : DType::uint8;
  s.outputDtype = static_cast<DType>(random.pick({0, 2, 3, 4}));
  const bool isBytes = s.outputDtype == DType::int8 || s.outputDtype == DType::uint8;
  s.activation = static_cast<Activation>(random.pick({0, 1, 3}));
  if (s.outputDtype == DType::int32 && s.activation == Activation::clamp) s.activation = Activation::none;
  s.min = -20.5, s.max = 31.25;
  const int64_t least = isSigned ? -128 : 0;
  s.inputZeroPoint = random.range(0, 2) == 0 ? 0 : random.range(least, least + 255);
  s.outputZeroPoint = isBytes ? (s.outputDtype == DType::int8 ? random.range(-128, 127) : random.range(0, 255)) : 0;
  const int64_t outputBytes = bytesOf(s.outputDtype);
  const Guarded<uint8_t> x(s.inputLength()), out(s.outputLength() * outputBytes);
  const Guarded<int8_t> w(s.weightsLength());
  const Guarded<int32_t> bias(s.outChannels);
  const Guarded<float> scale(s.outChannels);
  std::vector<double> inputs, weights, biases;
  for (int64_t i = 0; i < s.inputLength(); i++) {
    const int64_t value = random.range(0, 1) == 0 ? least + 255 * random.range(0, 1) : random.range(least, least + 255);
    x.data[i] = static_cast<uint8_t>(value);
    inputs.push_back(static_cast<double>(value - s.inputZeroPoint));
  }
  for (int64_t i = 0; i < s.weightsLength(); i++) {
    w.data[i] = static_cast<int8_t>(random.range(0, 1) == 0 ? -128 + 255 * random.range(0, 1) : random.range(-128, 127));
    weights.push_back(w.data[i]);
  }
  for (int64_t i = 0; i < s.outChannels; i++) {
    bias.data[i] = static_cast<int32_t>(random.range(-100000, 100000));
    biases.push_back(bias.data[i]);
    // Powers of 2 make ties.
    scale.data[i] = random.range(0, 1) == 0 ? 0x1p-12f : static_cast<float>(random.uniform()) * 0x1p-11f;
  }
  const bool hasBias = random.range(0, 1) == 0;
  ConvSpec sums = s;
  sums.dtype = DType::float64, sums.activation = Activation::none;
  const Expected expected = define(sums, inputs.data(), weights.data(), hasBias ? biases.data() : nullptr);
  int failures = 0;
  for (const Isa* isa : isas()) {
    const Plan plan = planConv(s, Algorithm::strided, *isa, static_cast<int>(random.range(1, 3)), w.data,
                               hasBias ? bias.data : nullptr, s.outputDtype == DType::int32 ? nullptr : scale.data);
    memset(out.data, 0x55, static_cast<size_t>(s.outputLength() * outputBytes));
    plan->run(on(x.data, out.data));
    for (int64_t i = 0; i < s.outputLength(); i++) {
      const int64_t plane = s.outHeight * s.outWidth;
      const int64_t oc = s.nhwc ? i % s.outChannels : i / plane % s.outChannels;
      const double want = finished(expected.value[static_cast<size_t>(i)], scale.data[oc], s);
      const double got = outputAt(s, out.data, i);
      if (got == want) continue;
      failures++;
      printf("integer case %d, %s: output %ld is %g, not %g (dtype %d -> %d, in %ldx%ldx%ldx%ld, out %ldx%ldx%ld, "
             "kernel %ldx%ld, strides %ldx%ld, groups %ld, nhwc %d)\n",
             number, isa->name, static_cast<long>(i), got, want, static_cast<int>(s.dtype),
             static_cast<int>(s.outputDtype), static_cast<long>(s.batch), static_cast<long>(s.inChannels),
             static_cast<long>(s.inHeight), static_cast<long>(s.inWidth), static_cast<long>(s.outChannels),
             static_cast<long>(s.outHeight), static_cast<long>(s.outWidth), static_cast<long>(s.kernelHeight),
             static_cast<long>(s.kernelWidth), static_cast<long>(s.strideY), static_cast<long>(s.strideX),
             static_cast<long>(s.groups), s.nhwc ? 1 : 0);
      break;
    }
  }
  return failures;
}

inline int testIntegers(int cases, uint64_t seed) {
  int failures = 0;
  for (int i = 0; i < cases; i++) {
    Random random(seed * 15485863 + static_cast<uint64_t>(i));
    failures += testIntegerCase(randomSpec(random), random, i);
  }
  return failures;
}

}  // namespace
