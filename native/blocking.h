// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "conv_spec.h"

namespace corr2d {

inline int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t roundUp(int64_t a, int64_t b) { return ceilDivide(a, b) * b; }

// An ISA offers vectors of some lanes, and the register tiles of simd.h.
struct TileShape {
  int64_t width, outputs, vectors, pixels;
};

// A Blocking says how one convolution is cut into tasks, and each task into blocks that stay in cache. A task computes
// a strip (some rows and columns of one image) of some output channels of one group. Lengths count elements.
struct Blocking {
  int64_t tileOutputs;  // output channels in a register tile: the innermost axis of packed weights
  int64_t tileVectors;  // vectors of pixels in a register tile; unused by strided
  int64_t channels;     // input channels that are summed before partial sums go back to memory
  int64_t rows, columns;        // output pixels of a strip
  int64_t outputs;              // a task's output channels, a multiple of tileOutputs
  int64_t rowBlocks, columnBlocks, outputBlocks;
  int64_t tasks;

  bool copies;                  // the strip is always a padded copy, never the input itself
  int64_t phases;               // column c of a copied strip lies at (c % phases) * phaseColumns + c / phases
  int64_t phaseColumns;
  int64_t stripRow, stripPlane; // steps of a copied strip
  int64_t rowSample;            // it holds every rowSample-th row: dilations and strides pass over the others
  int64_t stripLine;            // where a row is put together before it is sorted by phase

  int64_t stripLength, panelLength, scratchLength;  // the parts of a task's workspace, in this order
  int64_t packedTile;   // packed weights for one tile of output channels
  int64_t groupTiles;   // tiles of output channels in a group

  // Winograd: outputs are cut into squares of winogradSize, of which a task takes winogradTiles in reading order.
  int64_t winogradSize;
  int64_t winogradColumns, winogradCount;  // squares in a row, in all
  int64_t winogradTiles, winogradBlocks;   // a task's squares, tasks for all of them
  int64_t winogradLanes;                   // lanes of a vector that a row of squares takes
  int64_t planeLength;                     // transformed inputs of one of the (winogradSize + 2)^2 positions

  int64_t workspaceLength() const { return stripLength + panelLength + scratchLength; }
};

// Lays out the strip of `b.channels` channels for `b.rows` by `b.columns` pixels, its columns in order or, as pixels in
// vectors need them, by phase.
void layOutStrip(const ConvSpec& spec, const TileShape& tile, bool byPhase, Blocking& b);

// Returns where each kernel column begins in a strip's row.
std::vector<int64_t> columnOffsetsOf(const ConvSpec& spec, const Blocking& strip);

// An element of int32 is a group of integers, whose strip is always a copy.
Blocking blockingOf(const ConvSpec& spec, Algorithm algorithm, const TileShape& tile, int64_t threads);

}  // namespace corr2d
