// SPDX-License-Identifier: MIT
#include "conv_plan.h"

#include <string.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "integer_weights.h"
#include "parts.h"
#include "thread_pool.h"
#include "transpose_blocks.h"
#include "winograd_weights.h"

namespace corr2d {
namespace {

// Waking a helper that sleeps takes 40 us; below this much work on one thread it would come too late.
constexpr double kMultiplyAddsWorthThreads = 1e6;

void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(what);
}

}  // namespace

void checkSpec(const ConvSpec& s) {
  const int64_t sizes[] = {s.batch,       s.inChannels,   s.inHeight,    s.inWidth, s.outChannels, s.outHeight,
                           s.outWidth,    s.kernelHeight, s.kernelWidth, s.strideY, s.strideX,     s.dilationY,
                           s.dilationX,   s.groups};
  for (const int64_t size : sizes) require(size >= 1 && size <= INT32_MAX, "sizes must be from 1 to 2147483647");
  for (const int64_t pad : {s.padTop, s.padBottom, s.padLeft, s.padRight}) {
    require(pad >= 0 && pad <= INT32_MAX, "padding must be from 0 to 2147483647");
  }
  require(s.inChannels % s.groups == 0 && s.outChannels % s.groups == 0, "groups must divide both channel counts");
  require((s.outHeight - 1) * s.strideY + (s.kernelHeight - 1) * s.dilationY < s.inHeight + s.padTop + s.padBottom &&
              (s.outWidth - 1) * s.strideX + (s.kernelWidth - 1) * s.dilationX < s.inWidth + s.padLeft + s.padRight,
          "the windows must lie inside the padded input");
  int64_t total;
  for (const auto& axes : {std::initializer_list<int64_t>{s.batch, s.inChannels, s.inHeight, s.inWidth},
                           std::initializer_list<int64_t>{s.batch, s.outChannels, s.outHeight, s.outWidth},
                           std::initializer_list<int64_t>{s.outChannels, s.inChannels, s.kernelHeight, s.kernelWidth}}) {
    total = 16;
    for (const int64_t size : axes) require(!__builtin_mul_overflow(total, size, &total), "the data is too large");
  }
}

// Vectors lie along rows. A column is laid down as a row, which it is in memory already; and as a 1x1 kernel sees no
// rows, they are joined into one that has no tails in between.
ConvSpec withLongRows(ConvSpec s) {
  if (s.inWidth == 1 && s.kernelWidth == 1 && s.padLeft == 0 && s.padRight == 0) {
    std::swap(s.inHeight, s.inWidth);
    std::swap(s.outHeight, s.outWidth);
    std::swap(s.kernelHeight, s.kernelWidth);
    std::swap(s.strideY, s.strideX);
    std::swap(s.dilationY, s.dilationX);
    std::swap(s.padTop, s.padLeft);
    std::swap(s.padBottom, s.padRight);
  }
  if (s.taps() == 1 && s.strideY == 1 && s.strideX == 1 && !s.padded()) {
    s.inWidth *= s.inHeight;
    s.outWidth *= s.outHeight;
    s.inHeight = s.outHeight = 1;
  }
  return s;
}

namespace {

// The transformed inputs of a tile of squares, all channels of them, are 2 KiB each: 4 MiB.
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

// OIHW -> [groups][tiles][inChannels / groups * taps][tileOutputs], zeros where a tile reaches past the group.
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

}  // namespace

ConvPlan::ConvPlan(const ConvSpec& spec, Algorithm algorithm, const Isa& isa, int threads, const void* weights,
                   const void* bias, const float* scale)
    : spec_((checkSpec(spec), withLongRows(spec))), threads_(std::clamp(threads, 1, ThreadPool::kMaxThreads)) {
  const KernelSet& kernels = isa.of(spec_.dtype);
  kernel_ = kernels.of(algorithm);
  require(kernel_ != nullptr, "there is no such algorithm for this dtype");
  require(algorithm != Algorithm::winograd || suitsWinograd(spec_), "winograd takes 3x3 kernels at stride 1, nchw");
  require(algorithm != Algorithm::depthwise || suitsDepthwise(spec_),
          "depthwise takes one input channel for each group, 3x3 or 5x5 kernels, strides 1 or 2, zero padding, nchw");
  const double multiplyAdds = static_cast<double>(spec_.outputLength()) * spec_.groupIn() * spec_.taps();
  if (multiplyAdds < kMultiplyAddsWorthThreads) threads_ = 1;
  const bool integers = spec_.integers();
  require((scale != nullptr) == (integers && spec_.outputDtype != DType::int32), "only scaled integers have a scale");
  const ConvSpec blocked = integers ? groupedSpec(spec_, kernels.groups) : spec_;
  blocking_ = blockingOf(blocked, algorithm, kernels.tile, threads_);
  threads_ = static_cast<int>(std::min<int64_t>(threads_, blocking_.tasks));
  for (int64_t kx = 0; kx < spec_.kernelWidth; kx++) {
    const int64_t column = kx * spec_.dilationX;
    columnOffset_.push_back(column % blocking_.phases * blocking_.phaseColumns + column / blocking_.phases);
  }
  const size_t element = static_cast<size_t>(blocked.elementBytes());
  workspaceBytes_ = static_cast<size_t>(blocking_.workspaceLength()) * element;
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

void ConvPlan::runTasks(const void* src, void* dst, int64_t first, int64_t last) const {
  const Workspaces::Borrowed workspace(workspaces_, workspaceBytes());
  const ConvJob job{&spec_,       &blocking_, columnOffset_.data(), weights_.data(),
                    bias_.data(), static_cast<const float*>(scale_.data()), src, dst};
  ThreadPool::run(last - first, threads_, [&](int64_t from, int64_t to, int thread) {
    kernel_(job, first + from, first + to, workspace.data() + static_cast<size_t>(thread) * workspaceBytes_);
  });
}

int64_t ConvPlan::runPart(const void* src, void* dst, int64_t first, const std::atomic<int32_t>& cancel) const {
  return runInParts(first, blocking_.tasks, threads_, cancel,
                    [&](int64_t from, int64_t to) { runTasks(src, dst, from, to); });
}

}  // namespace corr2d
