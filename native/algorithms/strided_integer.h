// SPDX-License-Identifier: MIT
// Does for uint8 and int8 input and int8 weights what strided.h does for floats. An element of a window is a group of
// input channels, and products are summed in int32.
// Preconditions: those of strided.h; weights and bias as integer_weights.h packs them.
#pragma once
#include "group_strip.h"
#include "integer_store.h"
#include "strided.h"

namespace corr2d {
namespace {

inline void stridedInteger(const ConvJob& job, int64_t firstTask, int64_t lastTask, void* workspace) {
  const ConvSpec& s = *job.spec;
  constexpr int64_t kSegment = 4 * Tile::pixels;
  IntegerStore<kSegment, 2 * Vec<int32_t>::width> output;
  runStrided<int32_t>(
      job, firstTask, lastTask, groupsOf(s),
      [&](const Region& r) { return groupStripOf(job, r, static_cast<int32_t*>(workspace)); },
      [&](int32_t* sums, int64_t tile, int64_t pixels, int64_t tileOutputs, int64_t outputs, int64_t offset) {
        const int64_t pixelStep = s.nhwc ? s.outChannels : 1;
        const int64_t channelStep = s.nhwc ? 1 : s.outHeight * s.outWidth;
        const float* scale = job.scale == nullptr ? nullptr : job.scale + tile * tileOutputs;
        output.store(s, {sums, scale, pixels, tileOutputs, outputs, offset, pixelStep, channelStep}, job.dst);
      });
}

}  // namespace
}  // namespace corr2d
