// SPDX-License-Identifier: MIT
#pragma once
#include "blocking.h"
#include "conv_spec.h"

namespace corr2d {

// How the gradient of weights is cut. It is a matrix product: of the elements of a window (ic, ky, kx) by the output
// channels, summed over the pixels of the output. A task computes some elements and channels of one group, and goes
// through the pixels block by block. Lengths count elements of the dtype.
struct GradWeightsBlocking {
  // What lies in vectors. Elements or outputs are packed; pixels, where there are few outputs to share that, are not.
  enum class Vectors { elements, outputs, pixels } vectors;
  int64_t lanes;                    // of a register tile: one or two vectors
  int64_t outputs, outputBlocks;    // of a task; a multiple of lanes where these are output channels
  int64_t elements, elementBlocks;  // of a task; likewise
  int64_t tasks;
  Blocking strip;  // strip.rows by strip.columns pixels are a block; the strip has the input that they read
  int64_t panelLength, sumsLength, originsLength;  // of a task's workspace, after the strip

  int64_t workspaceLength() const { return strip.stripLength + panelLength + sumsLength + originsLength; }
};

struct GradWeightsJob {
  const ConvSpec* spec;
  const GradWeightsBlocking* blocking;
  const int64_t* columnOffset;  // of each kernel column in a strip's row
  const void* src;  // the convolution's input
  const void* gradOutput;
  void* gradWeights;  // OIHW
};

// Computes tasks [first, last) with a workspace of blocking->workspaceLength() elements.
using RunGradWeights = void (*)(const GradWeightsJob& job, int64_t first, int64_t last, void* workspace);

}  // namespace corr2d
