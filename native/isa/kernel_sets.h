// SPDX-License-Identifier: MIT
// Included by each isa/*.cc after it has named its ISA: compiles every algorithm for it.
#pragma once
#include "../algorithms/direct.h"
#include "../algorithms/im2col.h"
#include "../algorithms/strided.h"
#include "../algorithms/winograd.h"

namespace corr2d {
namespace {

template <class T>
constexpr KernelSet kKernels = {
    {Vec<T>::width, Tile::outputs, Tile::vectors, Tile::pixels}, direct<T>, im2col<T>, strided<T>, nullptr};
template <>
constexpr KernelSet kKernels<float> = {{Vec<float>::width, Tile::outputs, Tile::vectors, Tile::pixels},
                                       direct<float>,
                                       im2col<float>,
                                       strided<float>,
                                       winograd};

}  // namespace
}  // namespace corr2d
