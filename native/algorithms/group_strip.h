// SPDX-License-Identifier: MIT
// The strip of an integer convolution is always a copy of the input that one task reads, in groups of input channels
// (simd/integers.h), with its padding filled in: [groups][rows][columns] for nchw, [rows][columns][groups] for nhwc.
#pragma once
#include "../simd/integers.h"
#include "strip.h"

namespace corr2d {
namespace {

inline int64_t groupsOf(const ConvSpec& s) { return (s.groupIn() + Group::channels - 1) / Group::channels; }

// The zero point stands outside of the input.
inline int32_t paddingGroup(const ConvSpec& s) {
  int32_t channels[Group::channels];
  for (int32_t& channel : channels) channel = static_cast<int32_t>(s.inputZeroPoint);
  return groupOf(channels, s.dtype == DType::int8);
}

// The columns [first, last) of a strip row lie inside of the input.
struct Inside {
  int64_t first, last;
};
inline Inside insideOf(const ConvSpec& s, int64_t column, int64_t columns) {
  const int64_t first = smaller(larger(-column, 0), columns);
  return {first, larger(smaller(s.inWidth - column, columns), first)};
}

// Fills one row of one group of channels from nchw. A group that reaches past the last channel repeats it.
inline void fillGroupRow(const ConvSpec& s, const uint8_t* const (&rows)[Group::channels], int64_t column,
                         int64_t columns, int32_t padding, int32_t* to) {
  const bool isSigned = s.dtype == DType::int8;
  const Inside inside = insideOf(s, column, columns);
  const auto edge = [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; i++) {
      const int64_t from = borderIndex(column + i, s.inWidth, s.border);
      if (from < 0) {
        to[i] = padding;
      } else {
        interleave(rows, from, 1, isSigned, to + i);
      }
    }
  };
  edge(0, inside.first);
  interleave(rows, column + inside.first, inside.last - inside.first, isSigned, to + inside.first);
  edge(inside.last, columns);
}

// Fills one row of all groups of channels from nhwc; `row` is where its pixel 0 begins.
inline void fillPixelRow(const ConvSpec& s, const uint8_t* row, int64_t column, int64_t columns, int32_t padding,
                         int32_t* to) {
  const bool isSigned = s.dtype == DType::int8;
  const int64_t groups = groupsOf(s), groupIn = s.groupIn();
  const Inside inside = insideOf(s, column, columns);
  const bool joined = groupIn == s.inChannels && groupIn % Group::channels == 0;
  for (int64_t i = 0; i < columns; i++) {
    if (joined && i == inside.first && inside.last > i) {
      widen(row + (column + i) * groupIn, (inside.last - i) * groupIn, isSigned, to + i * groups);
      i = inside.last;
      if (i == columns) break;
    }
    const int64_t from = borderIndex(column + i, s.inWidth, s.border);
    if (from < 0) {
      for (int64_t g = 0; g < groups; g++) to[i * groups + g] = padding;
    } else {
      widen(row + from * s.inChannels, groupIn, isSigned, to + i * groups);
    }
  }
}

inline Strip<int32_t> groupStripOf(const ConvJob& job, const Region& region, int32_t* strip) {
  const ConvSpec& s = *job.spec;
  const Blocking& b = *job.blocking;
  const int64_t plane = s.inHeight * s.inWidth, groups = groupsOf(s), groupIn = s.groupIn();
  const uint8_t* image = static_cast<const uint8_t*>(job.src) + region.image * s.inChannels * plane;
  const int64_t channel = region.group * groupIn;
  const int64_t top = region.row * s.strideY - s.padTop, column = region.column * s.strideX - s.padLeft;
  const int64_t lastRow = (region.rows - 1) * s.strideY + (s.kernelHeight - 1) * s.dilationY;
  const int64_t columns = (region.columns - 1) * s.strideX + (s.kernelWidth - 1) * s.dilationX + 1;
  const int64_t rowStep = s.nhwc ? b.stripRow * groups : b.stripRow;
  const int32_t padding = paddingGroup(s);
  for (int64_t y = 0; y <= lastRow / b.rowSample; y++) {
    if (s.strideY > 1 && !rowIsRead(s, y * b.rowSample)) continue;
    const int64_t row = borderIndex(top + y * b.rowSample, s.inHeight, s.border);
    if (s.nhwc) {
      int32_t* to = strip + y * rowStep;
      if (row < 0) {
        for (int64_t i = 0; i < columns * groups; i++) to[i] = padding;
      } else {
        fillPixelRow(s, image + row * s.inWidth * s.inChannels + channel, column, columns, padding, to);
      }
      continue;
    }
    for (int64_t g = 0; g < groups; g++) {
      int32_t* to = strip + g * b.stripPlane + y * rowStep;
      if (row < 0) {
        for (int64_t i = 0; i < columns; i++) to[i] = padding;
        continue;
      }
      const uint8_t* rows[Group::channels];
      for (int k = 0; k < Group::channels; k++) {
        rows[k] = image + (channel + smaller(g * Group::channels + k, groupIn - 1)) * plane + row * s.inWidth;
      }
      fillGroupRow(s, rows, column, columns, padding, to);
    }
  }
  return {strip, s.nhwc ? 1 : b.stripPlane, s.strideY / b.rowSample * rowStep, s.dilationY / b.rowSample * rowStep,
          s.nhwc ? groups : 1};
}

}  // namespace
}  // namespace corr2d
