// SPDX-License-Identifier: MIT
// These checks are the last gate before memory: TypeScript has validated every task already. They throw
// std::invalid_argument.
#pragma once
#include <stdint.h>

#include <initializer_list>
#include <stdexcept>

namespace corr2d {

inline void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

inline void requireSizes(std::initializer_list<int64_t> sizes) {
  for (const int64_t size : sizes) require(size >= 1 && size <= INT32_MAX, "sizes must be from 1 to 2147483647");
}

inline void requirePadding(std::initializer_list<int64_t> pads) {
  for (const int64_t pad : pads) require(pad >= 0 && pad <= INT32_MAX, "padding must be from 0 to 2147483647");
}

// Requires that `margin` times the product of positive sizes fits into 64 bits.
inline void requireProduct(int64_t margin, std::initializer_list<int64_t> sizes) {
  for (const int64_t size : sizes) {
    require(size >= 1 && !__builtin_mul_overflow(margin, size, &margin), "the data is too large");
  }
}

}  // namespace corr2d
