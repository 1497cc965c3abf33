// SPDX-License-Identifier: MIT
// A strip is the part of the input that one task reads: rows of some channels, either where they lie in the source or
// as a copy with its padding filled in and, for pixels in vectors, its columns sorted by phase: column c at
// (c % strideX) * phaseColumns + c / strideX, so that neighbouring outputs read neighbouring elements at any stride.
#pragma once
#include "../conv_job.h"
#include "../simd.h"

namespace corr2d {
namespace {

template <class T>
struct Strip {
  const T* data;
  int64_t planeStep;
  int64_t outputRow, tapRow;  // steps from the row of one output to the next, and from one kernel row to the next
  int64_t columnStep;
};

// The rectangle of outputs that a task computes, and its channels.
struct Region {
  int64_t image, group, row, rows, column, columns, output, outputs;
};

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

inline Region regionOf(const ConvJob& job, int64_t task) {
  const Blocking& b = *job.blocking;
  const ConvSpec& s = *job.spec;
  Region r;
  // Splits of the output channels come last, so that neighbouring tasks read the same strip.
  r.output = task % b.outputBlocks * b.outputs;
  task /= b.outputBlocks;
  r.column = task % b.columnBlocks * b.columns;
  task /= b.columnBlocks;
  r.row = task % b.rowBlocks * b.rows;
  task /= b.rowBlocks;
  r.group = task % s.groups;
  r.image = task / s.groups;
  r.columns = smaller(b.columns, s.outWidth - r.column);
  r.rows = smaller(b.rows, s.outHeight - r.row);
  r.outputs = smaller(b.outputs, s.groupOut() - r.output);
  return r;
}

// Returns where index i of a padded axis reads from, or -1 for a zero.
inline int64_t borderIndex(int64_t i, int64_t size, Border border) {
  if (i >= 0 && i < size) return i;
  const auto modulo = [](int64_t a, int64_t n) { return (a % n + n) % n; };
  switch (border) {
    case Border::constant:
      return -1;
    case Border::replicate:
      return i < 0 ? 0 : size - 1;
    case Border::wrap:
      return modulo(i, size);
    case Border::reflect:
      i = modulo(i, 2 * size);
      return i < size ? i : 2 * size - 1 - i;
    case Border::mirror:
      if (size == 1) return 0;
      i = modulo(i, 2 * size - 2);
      return i < size ? i : 2 * size - 2 - i;
  }
  return -1;
}

// Copies one padded row of an nchw channel, columns [column, column + count) in padded coordinates less the left
// padding.
template <class T>
inline void fillRow(const T* row, int64_t size, int64_t column, int64_t count, Border border, T* to) {
  const int64_t inside = smaller(larger(-column, 0), count);
  const int64_t outside = larger(smaller(size - column, count), inside);
  for (int64_t i = 0; i < inside; i++) {
    const int64_t from = borderIndex(column + i, size, border);
    to[i] = from < 0 ? T(0) : row[from];
  }
  if (outside > inside) memcpy(to + inside, row + column + inside, static_cast<size_t>(outside - inside) * sizeof(T));
  for (int64_t i = outside; i < count; i++) {
    const int64_t from = borderIndex(column + i, size, border);
    to[i] = from < 0 ? T(0) : row[from];
  }
}

template <class T>
inline void splitPhases(const T* row, int64_t count, int64_t phases, int64_t phaseColumns, T* to) {
  if (phases == 2) {
    const int64_t pairs = count / 2;
    for (int64_t i = 0; i < pairs; i++) {
      to[i] = row[2 * i];
      to[phaseColumns + i] = row[2 * i + 1];
    }
    if (count % 2 != 0) to[pairs] = row[count - 1];
    return;
  }
  for (int64_t phase = 0; phase < phases; phase++) {
    T* out = to + phase * phaseColumns;
    for (int64_t i = phase; i < count; i += phases) *out++ = row[i];
  }
}

// Returns whether some kernel row reads a row of the padded input, counted from the first of the strip; a large stride
// passes over some.
inline bool rowIsRead(const ConvSpec& s, int64_t row) {
  for (int64_t ky = 0; ky < s.kernelHeight; ky++) {
    const int64_t start = row - ky * s.dilationY;
    if (start >= 0 && start % s.strideY == 0) return true;
  }
  return false;
}

template <class T>
inline void copyStripNchw(const ConvJob& job, const T* image, int64_t channel, int64_t channels, int64_t row,
                          int64_t rows, int64_t column, int64_t columns, T* strip) {
  const ConvSpec& s = *job.spec;
  const Blocking& b = *job.blocking;
  T* line = strip + b.stripLine;
  for (int64_t y = 0; y < rows; y++) {
    if (s.strideY > 1 && !rowIsRead(s, y * b.rowSample)) continue;
    const int64_t fromRow = borderIndex(row + y * b.rowSample, s.inHeight, s.border);
    for (int64_t ic = 0; ic < channels; ic++) {
      T* to = strip + ic * b.stripPlane + y * b.stripRow;
      if (fromRow < 0) {
        memset(to, 0, static_cast<size_t>(b.stripRow) * sizeof(T));
        continue;
      }
      const T* from = image + ((channel + ic) * s.inHeight + fromRow) * s.inWidth;
      if (b.phases == 1) {
        fillRow(from, s.inWidth, column, columns, s.border, to);
      } else {
        fillRow(from, s.inWidth, column, columns, s.border, line);
        splitPhases(line, columns, b.phases, b.phaseColumns, to);
      }
    }
  }
}

// Transposes channels-last pixels into planes, a few columns at a time so that their cache lines are read once.
template <class T>
inline void copyStripNhwc(const ConvJob& job, const T* image, int64_t channel, int64_t channels, int64_t row,
                          int64_t rows, int64_t column, int64_t columns, T* strip) {
  const ConvSpec& s = *job.spec;
  const Blocking& b = *job.blocking;
  constexpr int64_t kColumns = 16;
  for (int64_t y = 0; y < rows; y++) {
    const int64_t fromRow = borderIndex(row + y * b.rowSample, s.inHeight, s.border);
    T* line = strip + y * b.stripRow;
    for (int64_t first = 0; first < columns; first += kColumns) {
      const int64_t count = smaller(kColumns, columns - first);
      const T* from[kColumns];
      int64_t at[kColumns];
      for (int64_t i = 0; i < count; i++) {
        const int64_t fromColumn = borderIndex(column + first + i, s.inWidth, s.border);
        from[i] = fromRow < 0 || fromColumn < 0
                      ? nullptr
                      : image + (fromRow * s.inWidth + fromColumn) * s.inChannels + channel;
        at[i] = (first + i) % b.phases * b.phaseColumns + (first + i) / b.phases;
      }
      for (int64_t ic = 0; ic < channels; ic++) {
        for (int64_t i = 0; i < count; i++) line[ic * b.stripPlane + at[i]] = from[i] == nullptr ? T(0) : from[i][ic];
      }
    }
  }
}

// Returns the strip for outputs `region` and input channels [channel, channel + channels) of its group. `slack` is how
// many elements past its last one the kernel may load.
template <class T>
inline Strip<T> stripOf(const ConvJob& job, const Region& region, int64_t channel, int64_t channels, int64_t slack,
                        T* workspace) {
  const ConvSpec& s = *job.spec;
  const Blocking& b = *job.blocking;
  const T* image = static_cast<const T*>(job.src) + region.image * s.inChannels * s.inHeight * s.inWidth;
  const int64_t first = region.group * s.groupIn() + channel;
  const int64_t row = region.row * s.strideY - s.padTop;
  const int64_t column = region.column * s.strideX - s.padLeft;
  const int64_t lastRow = (region.rows - 1) * s.strideY + (s.kernelHeight - 1) * s.dilationY;
  const int64_t columns = (region.columns - 1) * s.strideX + (s.kernelWidth - 1) * s.dilationX + 1;
  if (!b.copies) {
    if (s.nhwc) {
      const int64_t rowStep = s.inWidth * s.inChannels;
      return {image + row * rowStep + column * s.inChannels + first, 1, s.strideY * rowStep, s.dilationY * rowStep,
              s.inChannels};
    }
    const int64_t plane = s.inHeight * s.inWidth;
    const T* data = image + first * plane + row * s.inWidth + column;
    const T* last = data + (channels - 1) * plane + lastRow * s.inWidth + columns;
    if (last + slack <= static_cast<const T*>(job.src) + s.inputLength()) {
      return {data, plane, s.strideY * s.inWidth, s.dilationY * s.inWidth, 1};
    }
  }
  const int64_t rows = lastRow / b.rowSample + 1;
  if (s.nhwc) {
    copyStripNhwc(job, image, first, channels, row, rows, column, columns, workspace);
  } else {
    copyStripNchw(job, image, first, channels, row, rows, column, columns, workspace);
  }
  // A step that is not a whole number of rows is one that a single row, of outputs or of the kernel, never takes.
  return {workspace, b.stripPlane, s.strideY / b.rowSample * b.stripRow, s.dilationY / b.rowSample * b.stripRow, 1};
}

}  // namespace
}  // namespace corr2d
