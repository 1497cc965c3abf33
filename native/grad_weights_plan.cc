// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include "checks.h"
#include "plans.h"

namespace corr2d {
namespace {

// These aims were found by timing on Zen 5 (48 KiB L1, 1 MiB L2).
constexpr int64_t kPixels = 512;            // a block, which is summed up in registers
constexpr int64_t kPlanePixels = 4096;      // a block with pixels in vectors, whose strip lies in L1
constexpr int64_t kPanelBytes = 256 << 10;  // a block's panel
constexpr int64_t kSumsBytes = 384 << 10;   // a task's sums before they are transposed
constexpr int64_t kStripBytes = 384 << 10;
// These are the cycles to pack an element, to gather one on its own, and to transpose a sum.
constexpr double kPackCycles = 0.3, kGatherCycles = 1, kTransposeCycles = 0.7;
constexpr double kMultiplyAddsWorthThreads = 1e6;

// Two vectors use each broadcast element twice; one wastes fewer lanes on an odd `count`.
int64_t chooseLanes(int64_t count, int64_t width) {
  return 4 * roundUp(count, 2 * width) <= 5 * roundUp(count, width) ? 2 * width : width;
}

// Estimates the cycles of a whole gradient with `lanes` of `count` in vectors, without packing and transposing.
double multiplyCycles(const ConvSpec& s, int64_t count, int64_t others, int64_t lanes, int64_t width) {
  const double pixels = static_cast<double>(s.batch * s.outHeight * s.outWidth);
  const double multiplyAdds = pixels * static_cast<double>(roundUp(count, lanes)) * static_cast<double>(others);
  return multiplyAdds / static_cast<double>(2 * width) * (lanes == width ? 1.25 : 1);
}

using Vectors = GradWeightsBlocking::Vectors;

Vectors chooseVectors(const ConvSpec& s, int64_t width) {
  const int64_t window = s.groupIn() * s.taps(), outputs = s.groupOut();
  const double pixels = static_cast<double>(s.batch * s.outHeight * s.outWidth);
  const bool contiguous = s.strideX == 1 || (s.nhwc && s.taps() == 1);
  const double elementsCost = multiplyCycles(s, window, outputs, chooseLanes(window, width), width) +
                              pixels * static_cast<double>(window) * (contiguous ? kPackCycles : kGatherCycles);
  const double outputsCost = multiplyCycles(s, outputs, window, chooseLanes(outputs, width), width) +
                             pixels * static_cast<double>(outputs) * kPackCycles +
                             static_cast<double>(window * outputs) * kTransposeCycles;
  // Each multiply-add needs a load, and most loads reach across two cache lines.
  const double pixelsCost = static_cast<double>(s.batch * s.outHeight * ceilDivide(s.outWidth, width)) *
                            static_cast<double>(window * outputs);
  if (pixelsCost < std::min(elementsCost, outputsCost)) return Vectors::pixels;
  return elementsCost < outputsCost ? Vectors::elements : Vectors::outputs;
}

// Cuts into blocks of at least `unit`, as equal as units allow.
struct Cut {
  int64_t size, blocks;
};
Cut cut(int64_t count, int64_t most, int64_t unit) {
  const int64_t blocks = ceilDivide(count, std::max(most / unit, int64_t{1}) * unit);
  const int64_t size = roundUp(ceilDivide(count, blocks), unit);
  return {size, ceilDivide(count, size)};
}

GradWeightsBlocking blockingOf(const ConvSpec& s, const TileShape& tile, int64_t threads) {
  GradWeightsBlocking b{};
  Blocking& strip = b.strip;
  b.vectors = chooseVectors(s, tile.width);
  const bool packsElements = b.vectors == Vectors::elements, packsOutputs = b.vectors == Vectors::outputs;
  const int64_t mostPixels = b.vectors == Vectors::pixels ? kPlanePixels : kPixels;
  strip.columns = ceilDivide(s.outWidth, ceilDivide(s.outWidth, mostPixels));
  strip.rows = ceilDivide(s.outHeight, ceilDivide(s.outHeight, std::max<int64_t>(mostPixels / strip.columns, 1)));
  const int64_t pixels = strip.rows * strip.columns;
  const int64_t window = s.groupIn() * s.taps();
  b.lanes = b.vectors == Vectors::pixels ? tile.width : chooseLanes(packsElements ? window : s.groupOut(), tile.width);

  // Tasks are as large as fit into the cache, as each packs its panels and fills its strips anew. They have whole
  // channels, if possible.
  const int64_t channelBytes = pixels * s.strideY * s.strideX * s.elementBytes();
  const int64_t inStrip = std::max<int64_t>(kStripBytes / channelBytes, 1) * s.taps();
  const int64_t inPanel = std::max(kPanelBytes / (pixels * s.elementBytes()), b.lanes);
  const int64_t outputUnit = packsElements ? tile.pixels : packsOutputs ? b.lanes : 1;
  Cut outputs = cut(s.groupOut(), packsOutputs ? inPanel : s.groupOut(), outputUnit);
  const int64_t sumLanes = b.vectors == Vectors::pixels ? tile.width : 1;
  const int64_t inSums = std::max<int64_t>(kSumsBytes / s.elementBytes() / (outputs.size * sumLanes), 1);
  const int64_t mostElements = std::min(inStrip, packsElements ? inPanel : inSums);
  const int64_t elementUnit = packsElements ? b.lanes : mostElements >= s.taps() ? s.taps() : 1;
  Cut elements = cut(window, mostElements, elementUnit);
  if (threads > 1 && s.groups * elements.blocks * outputs.blocks < 4 * threads) {
    elements = cut(window, ceilDivide(window, roundUp(elements.blocks, threads)), elementUnit);
  }
  if (threads > 1 && s.groups * elements.blocks * outputs.blocks % threads != 0) {
    outputs = cut(s.groupOut(), ceilDivide(s.groupOut(), roundUp(outputs.blocks, threads)), outputUnit);
  }
  b.outputs = outputs.size;
  b.outputBlocks = outputs.blocks;
  b.elements = elements.size;
  b.elementBlocks = elements.blocks;
  b.tasks = s.groups * b.elementBlocks * b.outputBlocks;

  strip.channels = std::min(ceilDivide(b.elements, s.taps()) + (b.elements % s.taps() == 0 ? 0 : 1), s.groupIn());
  strip.outputs = b.outputs;
  const bool byPhase = b.vectors == Vectors::pixels;
  strip.copies = s.padded() || (byPhase && (s.strideX > 1 || s.nhwc));
  layOutStrip(s, tile, byPhase, strip);
  switch (b.vectors) {
    case Vectors::elements:
      b.panelLength = pixels * roundUp(b.elements, b.lanes);
      break;
    case Vectors::outputs:
      b.panelLength = pixels * roundUp(b.outputs, b.lanes);
      // The transposition reads whole vectors.
      b.sumsLength = b.elements * b.outputs + tile.width * b.lanes;
      break;
    case Vectors::pixels:
      b.panelLength = s.nhwc ? pixels * b.outputs : 0;
      b.sumsLength = b.elements * b.outputs * tile.width;
      break;
  }
  b.originsLength = (b.elements + b.outputs) * 8 / s.elementBytes();
  for (int64_t* length : {&b.panelLength, &b.sumsLength, &b.originsLength}) *length = roundUp(*length, 16);
  return b;
}

class GradWeightsPlan final : public Runnable {
 public:
  GradWeightsPlan(const ConvSpec& given, const Isa& isa, int threads) : spec_((checkSpec(given), withLongRows(given))) {
    const KernelSet& kernels = isa.of(spec_.dtype);
    kernel_ = kernels.gradWeights;
    require(kernel_ != nullptr, "there is no such gradient for this dtype");
    const double multiplyAdds = static_cast<double>(spec_.outputLength()) * spec_.groupIn() * spec_.taps();
    threads = threadsFor(multiplyAdds, kMultiplyAddsWorthThreads, threads);
    blocking_ = blockingOf(spec_, kernels.tile, threads);
    columnOffsets_ = columnOffsetsOf(spec_, blocking_.strip);
    places_.a = {spec_.dtype, spec_.inputLength()};
    places_.b = {spec_.dtype, spec_.outputLength()};
    places_.out = {spec_.dtype, spec_.weightsLength()};
    setTasks(blocking_.tasks, threads);
    threadBytes_ = static_cast<size_t>(blocking_.workspaceLength() * spec_.elementBytes());
  }

  void run(const Operands& operands, int64_t first, int64_t last) const override {
    const GradWeightsJob job{.spec = &spec_, .blocking = &blocking_, .columnOffset = columnOffsets_.data(),
                             .src = operands.a, .gradOutput = operands.b, .gradWeights = operands.out};
    share(first, last, [&](int64_t from, int64_t to, void* workspace) { kernel_(job, from, to, workspace); });
  }

 private:
  ConvSpec spec_;
  GradWeightsBlocking blocking_;
  RunGradWeights kernel_;
  std::vector<int64_t> columnOffsets_;
};

}  // namespace

Plan planGradWeights(const ConvSpec& spec, const Isa& isa, int threads) {
  return std::make_unique<GradWeightsPlan>(spec, isa, threads);
}

}  // namespace corr2d
