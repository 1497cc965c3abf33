// SPDX-License-Identifier: MIT
#include "integer_weights.h"

#include <string.h>

#include <algorithm>

namespace corr2d {

ConvSpec groupedSpec(const ConvSpec& spec, const GroupShape& shape) {
  ConvSpec s = spec;
  s.inChannels = s.groups * ((s.groupIn() + shape.channels - 1) / shape.channels);
  s.dtype = DType::int32;
  return s;
}

namespace {

// Returns where weight `channel` of a group goes, for output channel `output` in a tile, in units of its size.
int64_t placeOf(const GroupShape& shape, int64_t output, int64_t channel) {
  return output / shape.apart * shape.apart * shape.channels + channel * shape.apart + output % shape.apart;
}

template <class T>
void packTile(const ConvSpec& s, const Blocking& b, const GroupShape& shape, const int8_t* rows, int64_t used,
              T* to) {
  const int64_t depth = s.groupIn() * s.taps();
  for (int64_t first = 0; first < s.groupIn(); first += shape.channels) {
    const int64_t channels = std::min(shape.channels, s.groupIn() - first);
    for (int64_t tap = 0; tap < s.taps(); tap++, to += b.tileOutputs * shape.channels) {
      for (int64_t o = 0; o < used; o++) {
        for (int64_t c = 0; c < channels; c++) {
          to[placeOf(shape, o, c)] = rows[o * depth + (first + c) * s.taps() + tap];
        }
      }
    }
  }
}

}  // namespace

void packIntegers(const ConvSpec& s, const Blocking& b, const GroupShape& shape, const int8_t* weights,
                  const int32_t* bias, int32_t* packedWeights, int32_t* packedBias) {
  const int64_t depth = s.groupIn() * s.taps(), tiles = s.groups * b.groupTiles;
  memset(packedWeights, 0, static_cast<size_t>(tiles * b.packedTile) * sizeof(int32_t));
  memset(packedBias, 0, static_cast<size_t>(tiles * b.tileOutputs) * sizeof(int32_t));
  const int64_t zero = s.inputZeroPoint + (shape.unsignedInput && s.dtype == DType::int8 ? 128 : 0);
  for (int64_t tile = 0; tile < tiles; tile++) {
    const int64_t first = tile % b.groupTiles * b.tileOutputs;
    const int64_t used = std::min(b.tileOutputs, s.groupOut() - first);
    const int64_t output = tile / b.groupTiles * s.groupOut() + first;
    const int8_t* rows = weights + output * depth;
    int32_t* to = packedWeights + tile * b.packedTile;
    if (shape.channels == 4) {
      packTile(s, b, shape, rows, used, reinterpret_cast<int8_t*>(to));
    } else {
      packTile(s, b, shape, rows, used, reinterpret_cast<int16_t*>(to));
    }
    for (int64_t o = 0; o < used; o++) {
      int64_t sum = 0;
      for (int64_t k = 0; k < depth; k++) sum += rows[o * depth + k];
      // The sum wraps around at 32 bits, as all sums do.
      const int64_t start = (bias == nullptr ? 0 : bias[output + o]) - zero * sum;
      packedBias[tile * b.tileOutputs + o] = static_cast<int32_t>(static_cast<uint32_t>(start));
    }
  }
}

}  // namespace corr2d
