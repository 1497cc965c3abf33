// SPDX-License-Identifier: MIT
#pragma once
#include "blocking.h"
#include "conv_spec.h"

namespace corr2d {

// This says how the gradient of weights is cut. It is a matrix product of the elements of a window (ic, ky, kx) by the
// output channels, summed over the pixels of the output. A task computes some elements and channels of one group, and
// goes through the pixels block by block. Lengths count elements of the dtype.
struct GradWeightsBlocking {
  // This axis lies in vectors. Elements or outputs are packed; pixels are not, because few outputs would share the
  // packing.
  enum class Vectors { elements, outputs, pixels } vectors;
  int64_t lanes;                    // lanes of a register tile: one or two vectors
  int64_t outputs, outputBlocks;    // outputs of a task, a multiple of `lanes` if in vectors; tasks for all outputs
  int64_t elements, elementBlocks;  // the same for elements
  int64_t tasks;
  Blocking strip;  // strip.rows by strip.columns pixels are a block; the strip has the input that they read
  int64_t panelLength, sumsLength, originsLength;  // parts of a task's workspace, after the strip

  int64_t workspaceLength() const { return strip.stripLength + panelLength + sumsLength + originsLength; }
};

struct GradWeightsJob {
  const ConvSpec* spec;
  const GradWeightsBlocking* blocking;
  const int64_t* columnOffset;  // where each kernel column begins in a strip's row
  const void* src;  // the convolution's input
  const void* gradOutput;
  void* gradWeights;  // OIHW
};

// Computes tasks [first, last) with a workspace of blocking->workspaceLength() elements.
using RunGradWeights = void (*)(const GradWeightsJob& job, int64_t first, int64_t last, void* workspace);

}  // namespace corr2d
