// SPDX-License-Identifier: MIT
#pragma once
#include <vector>

#include "conv_spec.h"

namespace corr2d {

// Patches are defined as in src/spec/patches.ts:
//   patches[plane][ky][kx][oy][ox][d] = image[plane][rows[oy * kernelHeight + ky]][columns[ox * kernelWidth + kx]][d]
struct PatchSpec {
  int64_t planes, depth, inHeight, inWidth, outHeight, outWidth, kernelHeight, kernelWidth, strideX;
  double value;  // stands where the row or column is -1
  DType dtype;
  std::vector<int32_t> rows, columns;
  std::vector<int32_t> first, end;  // for each kx, outputs [first, end) are copied from columns a stride apart

  int64_t imageLength() const { return planes * inHeight * inWidth * depth; }
  int64_t patchesLength() const { return planes * kernelHeight * kernelWidth * outHeight * outWidth * depth; }
};

}  // namespace corr2d
