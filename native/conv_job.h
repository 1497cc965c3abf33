// SPDX-License-Identifier: MIT
#pragma once
#include "blocking.h"
#include "conv_spec.h"

namespace corr2d {

// All that a kernel needs: the problem, how it is cut, and where the data lies. Pointers are to the spec's dtype.
struct ConvJob {
  const ConvSpec* spec;
  const Blocking* blocking;
  const int64_t* columnOffset;  // of each kernel column in a strip's row
  const void* weights;          // [groups][tiles of output channels][inChannels / groups][kernelHeight][kernelWidth][tileOutputs]
  const void* bias;             // [groups][tiles of output channels][tileOutputs]
  const void* src;
  void* dst;
};

// One algorithm for one dtype: computes tasks [first, last) with a workspace of blocking->workspaceLength() elements.
using RunTasks = void (*)(const ConvJob& job, int64_t first, int64_t last, void* workspace);

struct KernelSet {
  TileShape tile;
  RunTasks direct, im2col, strided;

  RunTasks of(Algorithm algorithm) const {
    return algorithm == Algorithm::direct ? direct : algorithm == Algorithm::im2col ? im2col : strided;
  }
};

// The kernels of one instruction set.
struct Isa {
  const char* name;
  bool (*runsHere)();
  const KernelSet* float32;
  const KernelSet* float64;

  const KernelSet& of(DType dtype) const { return dtype == DType::float32 ? *float32 : *float64; }
};

}  // namespace corr2d
