// SPDX-License-Identifier: MIT
#include "blocking.h"

#include <algorithm>
#include <new>
#include <numeric>

namespace corr2d {
namespace {

// These aims were found by timing on Zen 5 (48 KiB L1, 1 MiB L2); half the L2 of older cores holds them too.
constexpr int64_t kDepth = 256;             // products summed before partial sums go back to memory
constexpr int64_t kBlockBytes = 384 << 10;  // a strip and its partial sums
constexpr int64_t kMaxPixels = 8192;
constexpr int64_t kStripBytes = 1 << 20;  // a strip at most, and a panel of im2col
constexpr int64_t kPlanesBytes = 512 << 10;  // transformed inputs of a Winograd task
constexpr double kMultiplyAddsPerSecond = 100e9, kBytesPerSecond = 50e9;
constexpr int64_t kDepthwiseRows = 28, kDepthwiseBytes = 48 << 10;  // a depthwise task; 28 is 4 times 7
constexpr int64_t kAccumulators = 8;  // independent sums that hide the latency of multiply-add

// Returns how busy, from 0 to 1, a tile of this width keeps the multipliers: a wider tile uses each loaded operand more
// often, and loads cost something.
double reuse(int64_t outputs, double loadCost) {
  return static_cast<double>(outputs) / (static_cast<double>(outputs) + loadCost);
}

// Narrow tiles waste fewer lanes on an odd count of output channels, wide ones use each loaded operand more often.
int64_t chooseTileOutputs(int64_t groupOut, int64_t widest, int64_t narrowest, double loadCost) {
  int64_t best = widest;
  double bestScore = 0;
  for (int64_t outputs = widest; outputs >= narrowest; outputs /= 2) {
    const double used = static_cast<double>(groupOut) / static_cast<double>(roundUp(groupOut, outputs));
    const double score = reuse(outputs, loadCost) * used;
    if (score > bestScore) {
      bestScore = score;
      best = outputs;
    }
  }
  return best;
}

void chooseTile(const ConvSpec& spec, Algorithm algorithm, const TileShape& tile, Blocking& b) {
  if (algorithm == Algorithm::strided || algorithm == Algorithm::winograd) {
    b.tileOutputs = chooseTileOutputs(spec.groupOut(), 2 * tile.width, tile.width, static_cast<double>(tile.width) / 4);
    b.tileVectors = 0;
    return;
  }
  b.tileOutputs = chooseTileOutputs(spec.groupOut(), tile.outputs, 1, 1.5);
  b.tileVectors = std::min(kAccumulators, tile.outputs * tile.vectors / b.tileOutputs);
}

// Counts the elements of input that one output pixel of a copied strip brings along.
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

// A strip of so many output rows reads every rowSample-th row of the padded input.
int64_t rowSampleOf(const ConvSpec& spec, int64_t rows) {
  if (spec.kernelHeight == 1) return spec.strideY;
  return rows == 1 ? spec.dilationY : std::gcd(spec.strideY, spec.dilationY);
}

struct StripSize {
  int64_t rows, columns;
};

StripSize stripSizeOf(const ConvSpec& spec, int64_t rows, int64_t columns) {
  return {((rows - 1) * spec.strideY + (spec.kernelHeight - 1) * spec.dilationY) / rowSampleOf(spec, rows) + 1,
          (columns - 1) * spec.strideX + (spec.kernelWidth - 1) * spec.dilationX + 1};
}

// Counts in double, because dilations can make a strip larger than 64 bits count.
double stripBytes(const ConvSpec& spec, const Blocking& b) {
  const StripSize size = stripSizeOf(spec, b.rows, b.columns);
  return static_cast<double>(b.channels) * static_cast<double>(size.rows) * static_cast<double>(size.columns) *
         static_cast<double>(spec.elementBytes());
}

void chooseStrip(const ConvSpec& spec, Algorithm algorithm, const TileShape& tile, int64_t threads, Blocking& b) {
  const int64_t pixels = chooseStripPixels(spec, algorithm, b);
  const int64_t unit = algorithm == Algorithm::strided ? tile.pixels : b.tileVectors * tile.width;
  b.rows = std::clamp<int64_t>(pixels / spec.outWidth, 1, spec.outHeight);
  b.columns = spec.outWidth;
  if (spec.outWidth > pixels) b.columns = std::max(unit, pixels / unit * unit);
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
  }
  // Large kernels and dilations bring rows and columns along that the pixels alone do not show.
  while (b.copies && stripBytes(spec, b) > kStripBytes) {
    if (b.rows > 1) {
      b.rows = ceilDivide(b.rows, 2);
    } else if (b.columns > unit) {
      b.columns = std::max(unit, b.columns / 2 / unit * unit);
    } else if (b.channels > 1 && algorithm != Algorithm::strided) {
      b.channels = ceilDivide(b.channels, 2);
    } else {
      break;
    }
  }
  b.rowBlocks = ceilDivide(spec.outHeight, b.rows);
  b.columnBlocks = ceilDivide(spec.outWidth, b.columns);
}

// If there are few `regions` of output, their output channels are split as well. There are several tasks for each
// thread, so that a thread which is late or slow does not keep the others waiting; but only as many as all threads
// need, if each task brings the same input into cache, copies or transforms it once more.
void splitOutputs(int64_t regions, int64_t threads, bool repeats, Blocking& b) {
  int64_t splits = 1;
  if (repeats) {
    if (regions < 8 * threads && regions % threads != 0) splits = threads;
  } else if (threads > 1) {
    splits = ceilDivide(8 * threads, regions);
  }
  b.outputs = ceilDivide(b.groupTiles, std::min(splits, b.groupTiles)) * b.tileOutputs;
  b.outputBlocks = ceilDivide(b.groupTiles * b.tileOutputs, b.outputs);
  b.tasks = regions * b.outputBlocks;
}

// Throws std::bad_alloc for a strip of more than a GiB, which only a dilation of millions makes.
void layOutWorkspace(const ConvSpec& spec, Algorithm algorithm, const TileShape& tile, Blocking& b) {
  const bool strided = algorithm == Algorithm::strided;
  if (b.copies && stripBytes(spec, b) > 0x1p30) throw std::bad_alloc();
  b.phases = strided ? 1 : spec.strideX;
  b.rowSample = rowSampleOf(spec, b.rows);
  const StripSize strip = stripSizeOf(spec, b.rows, b.columns);
  b.phaseColumns = ceilDivide(strip.columns, b.phases);
  b.stripRow = b.phases * b.phaseColumns;
  b.stripPlane = strip.rows * b.stripRow;
  // Vectors are loaded whole, with up to width - 1 elements past the last pixel.
  b.stripLine = b.channels * b.stripPlane + tile.width;
  b.stripLength = strided && !b.copies ? 0 : b.stripLine + (b.phases > 1 ? strip.columns : 0);
  b.panelLength =
      algorithm == Algorithm::im2col ? b.channels * spec.taps() * b.tileVectors * tile.width + tile.width : 0;
  b.scratchLength = spec.nhwc && !strided ? b.outputs * b.rows * b.columns : 0;
  for (int64_t* length : {&b.stripLength, &b.panelLength, &b.scratchLength}) *length = roundUp(*length, 16);
}

// Estimates the seconds for F(size x size, 3 x 3): its multiply-adds, and its transformed weights streaming by once.
double winogradSeconds(const ConvSpec& s, int64_t size) {
  const double squares = static_cast<double>(ceilDivide(s.outHeight, size) * ceilDivide(s.outWidth, size) * s.batch);
  const double weights = static_cast<double>((size + 2) * (size + 2) * s.groupOut() * s.groupIn());
  return weights * (squares / kMultiplyAddsPerSecond + 4 / kBytesPerSecond);
}

// Short rows of squares share a vector, as long as it holds whole rows of the padded input. Vectors of four are not
// cut.
int64_t winogradLanes(const ConvSpec& s, const TileShape& tile, int64_t size) {
  int64_t lanes = tile.width;
  if (lanes <= 4) return lanes;
  while (lanes / 2 * size >= std::max(s.outWidth + 2, tile.width)) lanes /= 2;
  return lanes;
}

void blockWinograd(const ConvSpec& s, const TileShape& tile, int64_t threads, Blocking& b) {
  b.winogradSize = winogradSeconds(s, 4) <= winogradSeconds(s, 2) ? 4 : 2;
  const int64_t positions = (b.winogradSize + 2) * (b.winogradSize + 2);
  b.winogradColumns = ceilDivide(s.outWidth, b.winogradSize);
  b.winogradCount = b.winogradColumns * ceilDivide(s.outHeight, b.winogradSize);
  b.winogradLanes = winogradLanes(s, tile, b.winogradSize);
  const int64_t unit = b.winogradLanes < tile.width ? b.winogradColumns : 1;  // squares that stay together
  const int64_t units = b.winogradCount / unit;
  const int64_t most = kPlanesBytes / (positions * s.groupIn() * s.elementBytes());
  b.winogradBlocks = ceilDivide(units, std::max<int64_t>(std::clamp(most, tile.pixels, 8 * tile.pixels) / unit, 1));
  // Few tasks are made a multiple of the threads, as long as their tiles stay full.
  const int64_t others = s.batch * s.groups;
  if (threads > 1 && others * b.winogradBlocks < 8 * threads) {
    b.winogradBlocks = std::min(roundUp(b.winogradBlocks, threads), ceilDivide(b.winogradCount, tile.pixels));
  }
  b.winogradTiles = ceilDivide(units, b.winogradBlocks) * unit;
  b.winogradBlocks = ceilDivide(b.winogradCount, b.winogradTiles);
  b.packedTile = positions * s.groupIn() * b.tileOutputs;
  splitOutputs(others * b.winogradBlocks, threads, true, b);
  // The count of lines is odd, so that positions do not meet in the same sets of the cache.
  b.planeLength = roundUp(s.groupIn() * b.winogradTiles, 16);
  if (b.planeLength / 16 % 2 == 0) b.planeLength += 16;
  b.stripLength = positions * b.planeLength;
  b.scratchLength = positions * b.winogradTiles * b.tileOutputs;
  b.phases = 1;
}

// A task is a plane, or as many of its rows as lie in L1 with the rows that they are computed from.
void blockDepthwise(const ConvSpec& s, Blocking& b) {
  b.tileOutputs = 1;
  b.outputs = 1;
  b.groupTiles = b.outputBlocks = s.groupOut();
  b.packedTile = s.taps();
  b.columns = s.outWidth;
  b.columnBlocks = 1;
  const int64_t rowBytes = (s.outWidth + s.inWidth * s.strideY) * s.elementBytes();
  b.rows = std::min(std::max(kDepthwiseBytes / rowBytes / kDepthwiseRows, int64_t{1}) * kDepthwiseRows, s.outHeight);
  b.rowBlocks = ceilDivide(s.outHeight, b.rows);
  b.tasks = s.batch * s.outChannels * b.rowBlocks;
  b.phases = 1;
}

}  // namespace

void layOutStrip(const ConvSpec& spec, const TileShape& tile, bool byPhase, Blocking& b) {
  layOutWorkspace(spec, byPhase ? Algorithm::direct : Algorithm::strided, tile, b);
}

std::vector<int64_t> columnOffsetsOf(const ConvSpec& spec, const Blocking& b) {
  std::vector<int64_t> offsets;
  for (int64_t kx = 0; kx < spec.kernelWidth; kx++) {
    const int64_t column = kx * spec.dilationX;
    offsets.push_back(column % b.phases * b.phaseColumns + column / b.phases);
  }
  return offsets;
}

Blocking blockingOf(const ConvSpec& spec, Algorithm algorithm, const TileShape& tile, int64_t threads) {
  Blocking b{};
  if (algorithm == Algorithm::depthwise) {
    blockDepthwise(spec, b);
    return b;
  }
  chooseTile(spec, algorithm, tile, b);
  b.groupTiles = ceilDivide(spec.groupOut(), b.tileOutputs);
  b.packedTile = spec.groupIn() * spec.taps() * b.tileOutputs;
  b.channels = spec.groupIn();
  if (algorithm == Algorithm::winograd) {
    blockWinograd(spec, tile, threads, b);
    return b;
  }
  b.copies = spec.dtype == DType::int32 || spec.padded() || (algorithm != Algorithm::strided && (spec.strideX > 1 || spec.nhwc));
  if (algorithm != Algorithm::strided) {
    const int64_t most = std::clamp<int64_t>(kDepth / spec.taps(), 1, spec.groupIn());
    b.channels = ceilDivide(spec.groupIn(), ceilDivide(spec.groupIn(), most));
  }
  if (algorithm == Algorithm::im2col) {
    const int64_t columnBytes = b.channels * spec.taps() * tile.width * spec.elementBytes();
    b.tileVectors = std::clamp<int64_t>(kStripBytes / columnBytes, 1, b.tileVectors);
  }
  chooseStrip(spec, algorithm, tile, threads, b);
  splitOutputs(spec.batch * spec.groups * b.rowBlocks * b.columnBlocks, threads,
               b.copies || algorithm != Algorithm::strided, b);
  layOutWorkspace(spec, algorithm, tile, b);
  return b;
}

}  // namespace corr2d
