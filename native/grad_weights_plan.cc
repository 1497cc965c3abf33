// SPDX-License-Identifier: MIT
#include "grad_weights_plan.h"

#include <algorithm>

#include "conv_plan.h"
#include "parts.h"
#include "thread_pool.h"

namespace corr2d {
namespace {

// Aims found by timing on Zen 5 (48 KiB L1, 1 MiB L2).
constexpr int64_t kPixels = 512;           // of a block: what is summed up in registers
constexpr int64_t kOutputs = 128;          // of a task: how often its strip is used, in tiles
constexpr int64_t kSumsBytes = 384 << 10;  // of a task
constexpr int64_t kStripBytes = 384 << 10;
constexpr double kMultiplyAddsWorthThreads = 1e6;

int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t roundUp(int64_t a, int64_t b) { return ceilDivide(a, b) * b; }

// Two vectors of output channels use each broadcast element twice; one wastes fewer lanes on an odd count of them.
int64_t chooseTileOutputs(int64_t groupOut, int64_t width) {
  const int64_t wide = roundUp(groupOut, 2 * width), narrow = roundUp(groupOut, width);
  return 4 * wide <= 5 * narrow ? 2 * width : width;
}

GradWeightsBlocking blockingOf(const ConvSpec& s, const TileShape& tile, int64_t threads) {
  GradWeightsBlocking b{};
  Blocking& strip = b.strip;
  b.tileOutputs = chooseTileOutputs(s.groupOut(), tile.width);
  strip.columnBlocks = ceilDivide(s.outWidth, kPixels);
  strip.columns = ceilDivide(s.outWidth, strip.columnBlocks);
  strip.rowBlocks = ceilDivide(s.outHeight, std::max<int64_t>(kPixels / strip.columns, 1));
  strip.rows = ceilDivide(s.outHeight, strip.rowBlocks);

  // Tasks as large as fit into the cache: each packs its share of gradOutput and fills its strip anew.
  const int64_t window = s.groupIn() * s.taps();
  const int64_t groupTiles = ceilDivide(s.groupOut(), b.tileOutputs);
  const int64_t channelBytes = strip.rows * strip.columns * s.strideY * s.strideX * s.elementBytes();
  const int64_t channels = std::clamp<int64_t>(kStripBytes / channelBytes, 1, s.groupIn());
  b.outputs = std::min(ceilDivide(kOutputs, b.tileOutputs), groupTiles) * b.tileOutputs;
  b.elements = std::min(channels * s.taps(), std::max<int64_t>(kSumsBytes / s.elementBytes() / b.outputs, 1));
  if (b.elements > s.taps()) b.elements = b.elements / s.taps() * s.taps();
  // As equal as whole channels allow, and enough of them for all threads.
  const int64_t unit = b.elements >= s.taps() ? s.taps() : 1;
  const auto cut = [&](int64_t blocks) {
    b.elements = roundUp(ceilDivide(window, blocks), unit);
    b.elementBlocks = ceilDivide(window, b.elements);
  };
  cut(ceilDivide(window, b.elements));
  b.outputBlocks = ceilDivide(groupTiles * b.tileOutputs, b.outputs);
  if (threads > 1 && s.groups * b.elementBlocks * b.outputBlocks < 4 * threads) {
    cut(std::min(roundUp(b.elementBlocks, threads), ceilDivide(window, std::max(unit, tile.pixels))));
  }
  b.tasks = s.groups * b.elementBlocks * b.outputBlocks;

  strip.channels = std::min(ceilDivide(b.elements, s.taps()) + (unit == 1 ? 1 : 0), s.groupIn());
  strip.outputs = b.outputs;
  strip.copies = s.padded();
  layOutStrip(s, tile, strip);
  b.panelLength = roundUp(strip.rows * strip.columns * b.outputs, 16);
  b.sumsLength = roundUp(b.elements * b.outputs, 16);
  return b;
}

}  // namespace

GradWeightsPlan::GradWeightsPlan(const ConvSpec& spec, const Isa& isa, int threads)
    : spec_((checkSpec(spec), withLongRows(spec))), threads_(std::clamp(threads, 1, ThreadPool::kMaxThreads)) {
  const KernelSet& kernels = isa.of(spec_.dtype);
  kernel_ = kernels.gradWeights;
  const double multiplyAdds = static_cast<double>(spec_.outputLength()) * spec_.groupIn() * spec_.taps();
  if (multiplyAdds < kMultiplyAddsWorthThreads) threads_ = 1;
  blocking_ = blockingOf(spec_, kernels.tile, threads_);
  threads_ = static_cast<int>(std::min<int64_t>(threads_, blocking_.tasks));
}

void GradWeightsPlan::runTasks(const void* src, const void* gradOutput, void* gradWeights, int64_t first,
                               int64_t last) const {
  struct Context {
    GradWeightsJob job;
    RunGradWeights kernel;
    int64_t first;
    char* workspace;
    size_t workspaceBytes;
  };
  const size_t bytes = static_cast<size_t>(blocking_.workspaceLength() * spec_.elementBytes());
  const AlignedBuffer workspace(bytes * static_cast<size_t>(threads_));
  Context context{{&spec_, &blocking_, src, gradOutput, gradWeights},
                  kernel_,
                  first,
                  static_cast<char*>(workspace.data()),
                  bytes};
  ThreadPool::run(
      last - first, threads_,
      [](void* opaque, int64_t from, int64_t to, int thread) {
        const Context& c = *static_cast<const Context*>(opaque);
        c.kernel(c.job, c.first + from, c.first + to, c.workspace + static_cast<size_t>(thread) * c.workspaceBytes);
      },
      &context);
}

int64_t GradWeightsPlan::runPart(const void* src, const void* gradOutput, void* gradWeights, int64_t first,
                                 const std::atomic<int32_t>& cancel) const {
  return runInParts(first, blocking_.tasks, threads_, cancel, [&](int64_t from, int64_t to) {
    runTasks(src, gradOutput, gradWeights, from, to);
  });
}

}  // namespace corr2d
