// SPDX-License-Identifier: MIT
#pragma once
#include "dtype.h"

namespace corr2d {

CORR2D_ENUM(Algorithm, direct, im2col, strided, winograd, depthwise);
CORR2D_ENUM(Border, constant, replicate, reflect, mirror, wrap);
CORR2D_ENUM(Activation, none, relu, leakyRelu, clamp, sigmoid, tanh);

// A convolution with everything resolved, as src/spec/convolution.ts describes it; weights are OIHW. Sizes count
// elements.
struct ConvSpec {
  int64_t batch, inChannels, inHeight, inWidth;
  int64_t outChannels, outHeight, outWidth;
  int64_t kernelHeight, kernelWidth;
  int64_t strideY, strideX;
  int64_t padTop, padBottom, padLeft, padRight;
  int64_t dilationY, dilationX;
  int64_t groups;
  Border border;
  DType dtype;         // the input's, and everything's unless it is int8 or uint8
  DType outputDtype;
  bool nhwc;
  Activation activation;
  double alpha;     // only leakyRelu reads it
  double min, max;  // only clamp reads them
  int64_t inputZeroPoint, outputZeroPoint;  // only integers have them

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

// Throws std::invalid_argument for a spec that would make a kernel read or write out of bounds.
void checkSpec(const ConvSpec& spec);

// Returns the same convolution with rows as long as they can be, because vectors lie along rows.
ConvSpec withLongRows(ConvSpec spec);

}  // namespace corr2d
