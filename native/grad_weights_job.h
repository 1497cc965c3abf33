// SPDX-License-Identifier: MIT
#pragma once
#include "blocking.h"
#include "conv_spec.h"

namespace corr2d {

// How the gradient of weights is cut. It is a matrix product: rows are the elements of a window (ic, ky, kx), columns the
// output channels, and what is summed over are the pixels of the output. A task computes some rows and columns of one
// group, and goes through the pixels block by block. Lengths count elements.
struct GradWeightsBlocking {
  int64_t tileOutputs;              // output channels in a register tile
  int64_t outputs, outputBlocks;    // of a task, a multiple of tileOutputs
  int64_t elements, elementBlocks;  // of a window that a task computes
  int64_t rowBlocks, columnBlocks;  // of pixels of one image; strip.rows by strip.columns each
  int64_t tasks;
  Blocking strip;  // of the input that the pixels of a block read, for as many channels as a task needs
  int64_t panelLength, sumsLength;  // of a task's workspace, after the strip: [pixels][outputs], [elements][outputs]

  int64_t workspaceLength() const { return strip.stripLength + panelLength + sumsLength; }
};

struct GradWeightsJob {
  const ConvSpec* spec;
  const GradWeightsBlocking* blocking;
  const void* src;         // the convolution's input
  const void* gradOutput;
  void* gradWeights;  // OIHW
};

// Computes tasks [first, last) with a workspace of blocking->workspaceLength() elements.
using RunGradWeights = void (*)(const GradWeightsJob& job, int64_t first, int64_t last, void* workspace);

}  // namespace corr2d
