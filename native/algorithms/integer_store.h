// SPDX-License-Identifier: MIT
// Makes outputs of sums of integers as src/spec/convolution.ts defines them: the sum itself, float32(sum) * scale, or
// that product rounded half to even, plus the zero point, saturated.
#pragma once
#include "../conv_job.h"
#include "../simd/integers.h"
#include "activate.h"
#include "transposed_store.h"

namespace corr2d {
namespace {

// Holds sums of some pixels, [pixels][tileOutputs], and where the first of them goes.
struct SumBlock {
  int32_t* sums;
  const float* scale;  // [tileOutputs]
  int64_t pixels, tileOutputs, outputs;
  int64_t offset;                  // of the first output in the tensor
  int64_t pixelStep, channelStep;  // from an output to its neighbours in the tensor
};

struct Range {
  float low, high;
};
inline float within(float x, Range r) { return x < r.low ? r.low : x > r.high ? r.high : x; }

inline Range activationRange(const ConvSpec& s) {
  if (s.activation == Activation::relu) return {0, HUGE_VALF};
  if (s.activation == Activation::clamp) return {static_cast<float>(s.min), static_cast<float>(s.max)};
  return {-HUGE_VALF, HUGE_VALF};
}

// Outputs saturate before they are rounded, with the same result, as the limits are whole numbers.
inline Range byteRange(const ConvSpec& s) {
  const auto zero = static_cast<float>(s.outputZeroPoint);
  const Range bytes = s.outputDtype == DType::int8 ? Range{-128 - zero, 127 - zero} : Range{-zero, 255 - zero};
  const Range activation = activationRange(s);
  return {within(activation.low, bytes), within(activation.high, bytes)};
}

// Calls f(sums, scales, index) for each vector of a block.
template <class F>
CORR2D_INLINE void forEachVector(const SumBlock& b, const F& f) {
  constexpr int64_t width = Vec<int32_t>::width;
  for (int64_t p = 0; p < b.pixels; p++) {
    for (int64_t o = 0; o < b.tileOutputs; o += width) f(b.sums + p * b.tileOutputs + o, o, p * b.tileOutputs + o);
  }
}

template <class T>
inline void storeWords(const SumBlock& b, const T* values, T* out) {
  T* to = out + b.offset;
  if (b.channelStep != 1) return storeTransposed(values, b.tileOutputs, b.pixels, b.outputs, to, b.channelStep);
  for (int64_t p = 0; p < b.pixels; p++) {
    memcpy(to + p * b.pixelStep, values + p * b.tileOutputs, static_cast<size_t>(b.outputs) * sizeof(T));
  }
}

// Copies a few bytes. A call of memcpy would take longer than the copy.
CORR2D_INLINE void copyBytes(const uint8_t* from, int64_t count, uint8_t* to) {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) memcpy(to + i, from + i, 16);
  if (i + 8 <= count) {
    memcpy(to + i, from + i, 8);
    i += 8;
  }
  for (; i < count; i++) to[i] = from[i];
}

template <int64_t kMostPixels, int64_t kMostOutputs>
struct IntegerStore {
  using V = Vec<int32_t>;
  static constexpr int64_t kWords = transposedPixels<int32_t>((kMostPixels + 3) / 4);
  alignas(64) int32_t words[kWords * kMostOutputs] = {};
  alignas(64) int32_t planes[kWords * kMostOutputs];
  alignas(64) float scaled[transposedPixels<float>(kMostPixels) * kMostOutputs];

  void sums(const ConvSpec& s, const SumBlock& b, int32_t* out) {
    if (s.activation == Activation::relu) {
      forEachVector(b, [](int32_t* p, int64_t, int64_t) { max(V::splat(0), V::load(p)).store(p); });
    }
    storeWords(b, b.sums, out);
  }

  void floats(const ConvSpec& s, const SumBlock& b, float* out) {
    const Range range = activationRange(s);
    const auto low = Vec<float>::splat(range.low), high = Vec<float>::splat(range.high);
    forEachVector(b, [&](const int32_t* p, int64_t o, int64_t at) {
      clamp(toFloat(V::load(p)) * Vec<float>::load(b.scale + o), low, high).store(scaled + at);
    });
    if (s.activation != Activation::relu && s.activation != Activation::clamp) {
      activate(scaled, b.pixels * b.tileOutputs, s);
    }
    storeWords(b, scaled, out);
  }

  void bytes(const ConvSpec& s, const SumBlock& b, uint8_t* out) {
    const Range range = byteRange(s);
    const auto low = Vec<float>::splat(range.low), high = Vec<float>::splat(range.high);
    const auto zero = V::splat(static_cast<int32_t>(s.outputZeroPoint));
    const auto rounded = [&](int64_t p, int64_t o) CORR2D_LAMBDA_INLINE {
      const Vec<float> scaled = toFloat(V::load(b.sums + p * b.tileOutputs + o)) * Vec<float>::load(b.scale + o);
      return toInteger(clamp(scaled, low, high)) + zero;
    };
    uint8_t* to = out + b.offset;
    if (b.channelStep == 1) {
      for (int64_t p = 0; p < b.pixels; p++, to += b.pixelStep) {
        for (int64_t o = 0; o < b.tileOutputs; o += V::width) rounded(p, o).store(words + o);
        narrow(words, b.outputs, to);
      }
      return;
    }
    // Four pixels of a channel become a word. Sums past the last pixel exist, and their outputs are not copied.
    for (int64_t p = 0; p < b.pixels; p += 4) {
      for (int64_t o = 0; o < b.tileOutputs; o += V::width) {
        const V pixels[4] = {rounded(p, o), rounded(p + 1, o), rounded(p + 2, o), rounded(p + 3, o)};
        joinBytes(pixels).store(words + p / 4 * b.tileOutputs + o);
      }
    }
    const int64_t used = transposedPixels<int32_t>((b.pixels + 3) / 4);
    storeTransposed(words, b.tileOutputs, used, b.tileOutputs, planes, kWords);
    for (int64_t o = 0; o < b.outputs; o++) {
      copyBytes(reinterpret_cast<const uint8_t*>(planes + o * kWords), b.pixels, to + o * b.channelStep);
    }
  }

  void store(const ConvSpec& s, const SumBlock& b, void* out) {
    switch (s.outputDtype) {
      case DType::int32:
        return sums(s, b, static_cast<int32_t*>(out));
      case DType::float32:
        return floats(s, b, static_cast<float*>(out));
      default:
        return bytes(s, b, static_cast<uint8_t*>(out));
    }
  }
};

}  // namespace
}  // namespace corr2d
