// SPDX-License-Identifier: MIT

/** Returns a * b + c, rounded once in builds with relaxed SIMD (on every processor with FMA), twice in others. */
// @ts-ignore: decorator
@inline
export function multiplyAdd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(c, v128.mul<T>(a, b));
}
