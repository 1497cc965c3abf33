// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include "checks.h"
#include "integer_weights.h"
#include "plans.h"
#include "transpose_blocks.h"
#include "winograd_weights.h"

namespace corr2d {
namespace {

// Waking a helper that sleeps takes 40 us; below this much work on one thread it would come too late.
constexpr double kMultiplyAddsWorthThreads = 1e6;

// A tile of squares has 2 KiB of transformed inputs for each channel: 4 MiB in all.
constexpr int64_t kWinogradChannels = 2048;

bool suitsWinograd(const ConvSpec& s) {
  return s.kernelHeight == 3 && s.kernelWidth == 3 && s.strideY == 1 && s.strideX == 1 && s.dilationY == 1 &&
         s.dilationX == 1 && !s.nhwc && s.groupIn() <= kWinogradChannels;
}

bool suitsDepthwise(const ConvSpec& s) {
  return s.groupIn() == 1 && s.kernelHeight == s.kernelWidth && (s.kernelHeight == 3 || s.kernelHeight == 5) &&
         s.strideY == s.strideX && s.strideY <= 2 && s.dilationY == 1 && s.dilationX == 1 && !s.nhwc &&
         (s.border == Border::constant || !s.padded());
}

// Packs OIHW as [groups][tiles][inChannels / groups * taps][tileOutputs], with zeros where a tile reaches past the
// group.
template <class T>
void packWeights(const ConvSpec& s, const Blocking& b, const T* from, T* to) {
  const int64_t depth = s.groupIn() * s.taps();
  for (int64_t tile = 0; tile < s.groups * b.groupTiles; tile++, to += b.packedTile) {
    const int64_t first = tile % b.groupTiles * b.tileOutputs;
    const int64_t used = std::min(b.tileOutputs, s.groupOut() - first);
    const T* rows = from + (tile / b.groupTiles * s.groupOut() + first) * depth;
    if (used < b.tileOutputs) std::fill_n(to, depth * b.tileOutputs, T(0));
    transposeBlocks(rows, depth, used, depth, to, b.tileOutputs);
  }
}

template <class T>
void packBias(const ConvSpec& s, const Blocking& b, const T* from, T* to) {
  for (int64_t group = 0; group < s.groups; group++) {
    for (int64_t o = 0; o < b.groupTiles * b.tileOutputs; o++) {
      *to++ = from != nullptr && o < s.groupOut() ? from[group * s.groupOut() + o] : T(0);
    }
  }
}

template <class T>
void pack(const ConvSpec& s, const Blocking& b, const void* weights, const void* bias, void* packedWeights,
          void* packedBias) {
  packBias(s, b, static_cast<const T*>(bias), static_cast<T*>(packedBias));
  if (b.winogradSize != 0) {
    return transformWeights(s, b, static_cast<const float*>(weights), static_cast<float*>(packedWeights));
  }
  packWeights(s, b, static_cast<const T*>(weights), static_cast<T*>(packedWeights));
}

class ConvPlan final : public Runnable {
 public:
  ConvPlan(const ConvSpec& given, Algorithm algorithm, const Isa& isa, int threads, const void* weights, const void* bias,
           const float* scale)
      : spec_((checkSpec(given), withLongRows(given))) {
    const KernelSet& kernels = isa.of(spec_.dtype);
    kernel_ = kernels.of(algorithm);
    require(kernel_ != nullptr, "there is no such algorithm for this dtype");
    require(algorithm != Algorithm::winograd || suitsWinograd(spec_), "winograd takes 3x3 kernels at stride 1, nchw");
    require(algorithm != Algorithm::depthwise || suitsDepthwise(spec_),
            "depthwise takes one input channel for each group, 3x3 or 5x5 kernels, strides 1 or 2, zero padding, nchw");
    const bool integers = spec_.integers();
    require((scale != nullptr) == (integers && spec_.outputDtype != DType::int32), "only scaled integers have a scale");
    const double multiplyAdds = static_cast<double>(spec_.outputLength()) * spec_.groupIn() * spec_.taps();
    threads = threadsFor(multiplyAdds, kMultiplyAddsWorthThreads, threads);
    const ConvSpec blocked = integers ? groupedSpec(spec_, kernels.groups) : spec_;
    blocking_ = blockingOf(blocked, algorithm, kernels.tile, threads);
    columnOffsets_ = columnOffsetsOf(spec_, blocking_);
    const size_t element = static_cast<size_t>(blocked.elementBytes());
    places_.a = {spec_.dtype, spec_.inputLength()};
    places_.out = {spec_.outputDtype, spec_.outputLength()};
    setTasks(blocking_.tasks, threads);
    threadBytes_ = static_cast<size_t>(blocking_.workspaceLength()) * element;
    packedBytes_ = static_cast<size_t>(spec_.groups * blocking_.groupTiles * blocking_.packedTile) * element;
    weights_ = AlignedBuffer(packedBytes_);
    const size_t outputs = static_cast<size_t>(spec_.groups * blocking_.groupTiles * blocking_.tileOutputs);
    bias_ = AlignedBuffer(outputs * element);
    if (scale != nullptr) {
      scale_ = AlignedBuffer(outputs * sizeof(float));
      packBias(spec_, blocking_, scale, static_cast<float*>(scale_.data()));
    }
    if (integers) {
      packIntegers(spec_, blocking_, kernels.groups, static_cast<const int8_t*>(weights),
                   static_cast<const int32_t*>(bias), static_cast<int32_t*>(weights_.data()),
                   static_cast<int32_t*>(bias_.data()));
    } else if (spec_.dtype == DType::float32) {
      pack<float>(spec_, blocking_, weights, bias, weights_.data(), bias_.data());
    } else {
      pack<double>(spec_, blocking_, weights, bias, weights_.data(), bias_.data());
    }
  }

  void run(const Operands& operands, int64_t first, int64_t last) const override {
    const ConvJob job{.spec = &spec_, .blocking = &blocking_, .columnOffset = columnOffsets_.data(),
                      .weights = weights_.data(), .bias = bias_.data(), .scale = static_cast<const float*>(scale_.data()),
                      .src = operands.a, .dst = operands.out};
    share(first, last, [&](int64_t from, int64_t to, void* workspace) { kernel_(job, from, to, workspace); });
  }

 private:
  ConvSpec spec_;
  Blocking blocking_;
  RunTasks kernel_;
  std::vector<int64_t> columnOffsets_;
  AlignedBuffer weights_, bias_, scale_;
};

}  // namespace

Plan planConv(const ConvSpec& spec, Algorithm algorithm, const Isa& isa, int threads, const void* weights, const void* bias,
              const float* scale) {
  return std::make_unique<ConvPlan>(spec, algorithm, isa, threads, weights, bias, scale);
}

}  // namespace corr2d
