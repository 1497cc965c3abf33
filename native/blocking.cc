// SPDX-License-Identifier: MIT
#include "blocking.h"

#include <algorithm>

namespace corr2d {
namespace {

// Aims found by timing on Zen 5 (48 KiB L1, 1 MiB L2); half the L2 of older cores holds them too.
constexpr int64_t kDepth = 256;             // products summed before partial sums go back to memory
constexpr int64_t kBlockBytes = 384 << 10;  // a strip and its partial sums
constexpr int64_t kMaxPixels = 8192;
constexpr int64_t kAccumulators = 8;  // independent sums that hide the latency of multiply-add

int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t roundUp(int64_t a, int64_t b) { return ceilDivide(a, b) * b; }

// Fewer output channels in a tile waste fewer lanes on an odd count, but use each loaded pixel less often.
int64_t chooseTileOutputs(int64_t groupOut, const TileShape& tile) {
  int64_t best = tile.outputs;
  double bestScore = 0;
  for (int64_t outputs = tile.outputs; outputs >= 1; outputs /= 2) {
    const double reuse = static_cast<double>(outputs) / (outputs + 0.4);
    const double score = reuse * groupOut / roundUp(groupOut, outputs);
    if (score > bestScore) {
      bestScore = score;
      best = outputs;
    }
  }
  return best;
}

void chooseTile(const ConvSpec& spec, Algorithm algorithm, const TileShape& tile, Blocking& b) {
  if (algorithm == Algorithm::strided) {
    b.tileOutputs = spec.groupOut() > tile.width ? 2 * tile.width : tile.width;
    b.tileVectors = 0;
    return;
  }
  b.tileOutputs = chooseTileOutputs(spec.groupOut(), tile);
  b.tileVectors = std::min(kAccumulators, tile.outputs * tile.vectors / b.tileOutputs);
}

// Elements of input that one output pixel of a copied strip brings along.
int64_t inputPerPixel(const ConvSpec& spec) {
  return std::min(spec.strideY, spec.kernelHeight) * std::min(spec.strideX, spec.kernelWidth);
}

int64_t chooseStripPixels(const ConvSpec& spec, Algorithm algorithm, const Blocking& b) {
  const bool partialSums = b.channels < spec.groupIn();
  int64_t bytes = b.channels * inputPerPixel(spec);
  if (partialSums || spec.nhwc) bytes += spec.groupOut();
  bytes *= spec.elementBytes();
  const int64_t floor = algorithm == Algorithm::strided ? 16 : 96;
  return std::clamp(kBlockBytes / std::max<int64_t>(bytes, 1), floor, kMaxPixels);
}

void chooseStrip(const ConvSpec& spec, Algorithm algorithm, const TileShape& tile, int64_t threads, Blocking& b) {
  const int64_t pixels = chooseStripPixels(spec, algorithm, b);
  b.rows = std::clamp<int64_t>(pixels / spec.outWidth, 1, spec.outHeight);
  b.columns = spec.outWidth;
  if (spec.outWidth > pixels) {
    const int64_t unit = algorithm == Algorithm::strided ? tile.pixels : b.tileVectors * tile.width;
    b.columns = std::max(unit, pixels / unit * unit);
  }
  b.rowBlocks = ceilDivide(spec.outHeight, b.rows);
  b.columnBlocks = ceilDivide(spec.outWidth, b.columns);
  // Few strips are made a multiple of the threads, so that no thread is left without one at the end.
  const int64_t others = spec.batch * spec.groups;
  if (threads > 1 && others * b.rowBlocks * b.columnBlocks < 8 * threads) {
    if (spec.outHeight >= threads) {
      b.rowBlocks = std::min(roundUp(b.rowBlocks, threads), spec.outHeight);
      b.rows = ceilDivide(spec.outHeight, b.rowBlocks);
    } else if (b.rowBlocks == 1 && spec.outWidth >= threads * tile.width * 4) {
      b.columns = roundUp(ceilDivide(spec.outWidth, roundUp(b.columnBlocks, threads)), tile.width);
    }
    b.rowBlocks = ceilDivide(spec.outHeight, b.rows);
    b.columnBlocks = ceilDivide(spec.outWidth, b.columns);
  }
}

void splitOutputs(const ConvSpec& spec, int64_t threads, Blocking& b) {
  const int64_t strips = spec.batch * spec.groups * b.rowBlocks * b.columnBlocks;
  int64_t splits = 1;
  if (threads > 1 && strips < 8 * threads && strips % threads != 0) splits = std::min(threads, b.groupTiles);
  b.outputs = ceilDivide(b.groupTiles, splits) * b.tileOutputs;
  b.outputBlocks = ceilDivide(b.groupTiles * b.tileOutputs, b.outputs);
  b.tasks = strips * b.outputBlocks;
}

void layOutWorkspace(const ConvSpec& spec, Algorithm algorithm, const TileShape& tile, Blocking& b) {
  const bool strided = algorithm == Algorithm::strided;
  b.copies = spec.padded() || (!strided && (spec.strideX > 1 || spec.nhwc));
  b.phases = strided ? 1 : spec.strideX;
  const int64_t stripRows = (b.rows - 1) * spec.strideY + (spec.kernelHeight - 1) * spec.dilationY + 1;
  const int64_t stripColumns = (b.columns - 1) * spec.strideX + (spec.kernelWidth - 1) * spec.dilationX + 1;
  b.phaseColumns = ceilDivide(stripColumns, b.phases);
  b.stripRow = b.phases * b.phaseColumns;
  b.stripPlane = stripRows * b.stripRow;
  // Vectors are loaded whole: up to width - 1 elements past the last pixel.
  b.stripLine = b.channels * b.stripPlane + tile.width;
  b.stripLength = strided && !b.copies ? 0 : b.stripLine + (b.phases > 1 ? stripColumns : 0);
  b.panelLength =
      algorithm == Algorithm::im2col ? b.channels * spec.taps() * b.tileVectors * tile.width + tile.width : 0;
  b.scratchLength = spec.nhwc && !strided ? b.outputs * b.rows * b.columns : 0;
  for (int64_t* length : {&b.stripLength, &b.panelLength, &b.scratchLength}) *length = roundUp(*length, 16);
}

}  // namespace

Blocking blockingOf(const ConvSpec& spec, Algorithm algorithm, const TileShape& tile, int64_t threads) {
  Blocking b{};
  chooseTile(spec, algorithm, tile, b);
  b.groupTiles = ceilDivide(spec.groupOut(), b.tileOutputs);
  b.packedTile = spec.groupIn() * spec.taps() * b.tileOutputs;
  b.channels = spec.groupIn();
  if (algorithm != Algorithm::strided) {
    const int64_t most = std::clamp<int64_t>(kDepth / spec.taps(), 1, spec.groupIn());
    b.channels = ceilDivide(spec.groupIn(), ceilDivide(spec.groupIn(), most));
  }
  chooseStrip(spec, algorithm, tile, threads, b);
  splitOutputs(spec, threads, b);
  layOutWorkspace(spec, algorithm, tile, b);
  return b;
}

}  // namespace corr2d
