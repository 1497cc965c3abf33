// SPDX-License-Identifier: MIT
#pragma once
#include <stdint.h>
#include <string.h>

#include <algorithm>

namespace corr2d {

// Sets to[column * toStep + row] = from[row * fromStep + column]. A square of elements at a time comes together in a
// buffer, so that each cache line is read and written once: steps are often powers of two, of which a cache holds few
// lines.
template <class T>
void transposeBlocks(const T* from, int64_t fromStep, int64_t rows, int64_t columns, T* to, int64_t toStep) {
  constexpr int64_t kSquare = 16;
  T square[kSquare][kSquare] = {};
  for (int64_t row = 0; row < rows; row += kSquare) {
    const int64_t height = std::min(kSquare, rows - row);
    for (int64_t column = 0; column < columns; column += kSquare) {
      const int64_t width = std::min(kSquare, columns - column);
      for (int64_t i = 0; i < height; i++) {
        memcpy(square[i], from + (row + i) * fromStep + column, static_cast<size_t>(width) * sizeof(T));
      }
      for (int64_t k = 0; k < width; k++) {
        T* out = to + (column + k) * toStep + row;
        if (height == kSquare) {
          for (int64_t i = 0; i < kSquare; i++) out[i] = square[i][k];
        } else {
          for (int64_t i = 0; i < height; i++) out[i] = square[i][k];
        }
      }
    }
  }
}

}  // namespace corr2d
