// SPDX-License-Identifier: MIT
#include "winograd_weights.h"

#include <algorithm>

namespace corr2d {
namespace {

// Each point p has a row: [1, p, p^2] divided by the product of its distances to the others. The last point is
// infinity.
constexpr double kHalf = 0.70710678118654752440;  // sqrt(1/2), and twice that is sqrt(2)
constexpr double kSize4[6][3] = {{1, 0, 0},
                                 {-2. / 3, -2. / 3 * kHalf, -1. / 3},
                                 {-2. / 3, 2. / 3 * kHalf, -1. / 3},
                                 {1. / 6, kHalf / 3, 1. / 3},
                                 {1. / 6, -kHalf / 3, 1. / 3},
                                 {0, 0, 1}};
constexpr double kSize2[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};

void transform(const double (*g)[3], int64_t points, const float* kernel, double* out) {
  for (int64_t y = 0; y < points; y++) {
    double row[3] = {};
    for (int x = 0; x < 3; x++) {
      for (int i = 0; i < 3; i++) row[x] += g[y][i] * static_cast<double>(kernel[i * 3 + x]);
    }
    for (int64_t x = 0; x < points; x++) out[y * points + x] = row[0] * g[x][0] + row[1] * g[x][1] + row[2] * g[x][2];
  }
}

}  // namespace

void transformWeights(const ConvSpec& s, const Blocking& b, const float* oihw, float* packed) {
  const int64_t points = b.winogradSize + 2;
  const double(*const g)[3] = b.winogradSize == 4 ? kSize4 : kSize2;
  std::fill_n(packed, s.groups * b.groupTiles * b.packedTile, 0.0f);
  for (int64_t oc = 0; oc < s.outChannels; oc++) {
    const int64_t within = oc % s.groupOut();
    float* tile = packed + (oc / s.groupOut() * b.groupTiles + within / b.tileOutputs) * b.packedTile;
    for (int64_t ic = 0; ic < s.groupIn(); ic++) {
      double transformed[36];
      transform(g, points, oihw + (oc * s.groupIn() + ic) * 9, transformed);
      for (int64_t position = 0; position < points * points; position++) {
        tile[(position * s.groupIn() + ic) * b.tileOutputs + within % b.tileOutputs] =
            static_cast<float>(transformed[position]);
      }
    }
  }
}

}  // namespace corr2d
