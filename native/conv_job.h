// SPDX-License-Identifier: MIT
#pragma once
#include "blocking.h"
#include "conv_spec.h"
#include "grad_weights_job.h"
#include "patch_spec.h"
#include "pool_spec.h"

namespace corr2d {

// A ConvJob is all that a kernel needs: the problem, how it is cut, and where the data lies, in the spec's dtype.
struct ConvJob {
  const ConvSpec* spec;
  const Blocking* blocking;
  const int64_t* columnOffset;  // where each kernel column begins in a strip's row
  const void* weights;          // [groups][tiles of output channels][inChannels / groups][kernelHeight][kernelWidth]
                                // [tileOutputs]; for winograd as winograd_weights.h says
  const void* bias;             // [groups][tiles of output channels][tileOutputs]
  const float* scale;           // the same, for integers whose output is not int32; else null
  const void* src;
  void* dst;
};

// Runs one algorithm for one dtype: computes tasks [first, last) with a workspace of blocking->workspaceLength()
// elements.
using RunTasks = void (*)(const ConvJob& job, int64_t first, int64_t last, void* workspace);

// A GroupShape says how integers lie in 32 bits, see simd/integers.h.
struct GroupShape {
  int64_t channels;    // input channels in 32 bits
  int64_t apart;       // output channels whose weights for one input channel lie side by side
  bool unsignedInput;  // 128 is added to int8
};

// A PoolJob is all that a pooling needs. Planes of output are cut into blocks of rows, one for each task.
struct PoolJob {
  const PoolSpec* spec;
  int64_t taskRows, blocks;
  int64_t rowsAtOnce, rowLength;  // rows of padded input that there is room for, and how far apart
  const void* src;
  void* dst;
  const void* widths;  // how many elements of one row of its window a mean counts, for each output column
};

// Computes tasks [first, last) with a workspace of rowsAtOnce * rowLength elements.
using RunPool = void (*)(const PoolJob& job, int64_t first, int64_t last, void* rows);

// A PoolGradJob is the gradient of a pooling. Planes of gradX are cut into blocks of rows, one for each task.
struct PoolGradJob {
  const PoolSpec* spec;
  int64_t taskRows, blocks;
  int64_t rowsAtOnce, rowLength;  // as in PoolJob: rows of gradOutput for a mean, of the input for a maximum
  const void* src;                // the input; only a maximum reads it
  const void* gradOutput;
  void* gradX;
  const void* columns;  // for a mean the widths of PoolJob, but for each number of a row; for a maximum which column of
                        // its window is the first inside, or -1
  const int64_t* places;  // where the elements of a maximum's window lie, in rows and then columns
};

// Computes tasks [first, last). The workspace has rowsAtOnce + 1 rows for a mean; for a maximum in vectors it has the
// rows of `rowsAtOnce` windows.
using RunPoolGrad = void (*)(const PoolGradJob& job, int64_t first, int64_t last, void* rows);

// A PatchJob copies patches from an image, or adds them to one. The output is cut into blocks of rows, one for each
// task.
struct PatchJob {
  const PatchSpec* spec;
  int64_t taskRows, blocks;
  const void* src;
  void* dst;
};

using RunPatches = void (*)(const PatchJob& job, int64_t first, int64_t last);

struct KernelSet {
  TileShape tile;
  // A kernel is null if there is none for the dtype.
  RunTasks direct = nullptr, im2col = nullptr, strided = nullptr, winograd = nullptr, depthwise = nullptr;
  RunGradWeights gradWeights = nullptr;
  RunPool pool = nullptr;
  RunPoolGrad poolGrad = nullptr;
  RunPatches unfold = nullptr, fold = nullptr;
  GroupShape groups = {};  // only integers have them

  RunTasks of(Algorithm algorithm) const {
    switch (algorithm) {
      case Algorithm::direct: return direct;
      case Algorithm::im2col: return im2col;
      case Algorithm::strided: return strided;
      case Algorithm::winograd: return winograd;
      case Algorithm::depthwise: return depthwise;
    }
    return nullptr;
  }
};

// An Isa has the kernels of one instruction set.
struct Isa {
  const char* name;
  bool (*runsHere)();
  const KernelSet* float32;
  const KernelSet* float64;
  const KernelSet* integers;  // input of int8 and uint8

  const KernelSet& of(DType dtype) const {
    return dtype == DType::float32 ? *float32 : dtype == DType::float64 ? *float64 : *integers;
  }
};

}  // namespace corr2d
