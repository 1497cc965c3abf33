// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>

namespace corr2d {

enum class Algorithm { direct, im2col, strided, winograd, depthwise };
enum class Border { constant, replicate, reflect, mirror, wrap };
enum class DType { float32, float64, int8, uint8, int32 };
enum class Activation { none, relu, leakyRelu, clamp, sigmoid, tanh };

inline int64_t bytesOf(DType dtype) {
  switch (dtype) {
    case DType::float64: return 8;
    case DType::int8: case DType::uint8: return 1;
    default: return 4;
  }
}

// A convolution with everything resolved, as src/spec.ts describes it; weights are OIHW. Sizes count elements.
struct ConvSpec {
  int64_t batch, inChannels, inHeight, inWidth;
  int64_t outChannels, outHeight, outWidth;
  int64_t kernelHeight, kernelWidth;
  int64_t strideY, strideX;
  int64_t padTop, padBottom, padLeft, padRight;
  int64_t dilationY, dilationX;
  int64_t groups;
  Border border;
  DType dtype;         // of the input, and of all else unless it is int8 or uint8
  DType outputDtype;
  bool nhwc;
  Activation activation;
  double alpha;     // leakyRelu
  double min, max;  // clamp
  int64_t inputZeroPoint, outputZeroPoint;  // integers

  int64_t groupIn() const { return inChannels / groups; }
  int64_t groupOut() const { return outChannels / groups; }
  int64_t taps() const { return kernelHeight * kernelWidth; }
  int64_t inputLength() const { return batch * inChannels * inHeight * inWidth; }
  int64_t outputLength() const { return batch * outChannels * outHeight * outWidth; }
  int64_t weightsLength() const { return outChannels * groupIn() * taps(); }
  int64_t elementBytes() const { return bytesOf(dtype); }
  bool integers() const { return dtype == DType::int8 || dtype == DType::uint8; }
  DType weightsDtype() const { return integers() ? DType::int8 : dtype; }
  DType biasDtype() const { return integers() ? DType::int32 : dtype; }
  bool padded() const { return padTop != 0 || padBottom != 0 || padLeft != 0 || padRight != 0; }
};

}  // namespace corr2d
