// SPDX-License-Identifier: MIT
// Compiles every algorithm for one ISA. Each isa/*.cc includes it after it has named its ISA.
#pragma once
#include "../algorithms/depthwise.h"
#include "../algorithms/direct.h"
#include "../algorithms/grad_weights.h"
#include "../algorithms/im2col.h"
#include "../algorithms/patches.h"
#include "../algorithms/pool.h"
#include "../algorithms/pool_grad.h"
#include "../algorithms/strided.h"
#include "../algorithms/strided_integer.h"
#include "../algorithms/winograd.h"

namespace corr2d {
namespace {

constexpr RunTasks winogradFor(float) { return winograd; }
constexpr RunTasks winogradFor(double) { return nullptr; }

constexpr TileShape tileOf(int64_t width) {
  return {.width = width, .outputs = Tile::outputs, .vectors = Tile::vectors, .pixels = Tile::pixels};
}

template <class T>
constexpr KernelSet kKernels = {.tile = tileOf(Vec<T>::width),
                                .direct = direct<T>,
                                .im2col = im2col<T>,
                                .strided = strided<T>,
                                .winograd = winogradFor(T()),
                                .depthwise = depthwise<T>,
                                .gradWeights = gradWeights<T>,
                                .pool = pool<T>,
                                .poolGrad = poolGrad<T>,
                                .unfold = unfold<T>,
                                .fold = fold<T>};

constexpr KernelSet kIntegerKernels = {
    .tile = tileOf(Vec<int32_t>::width),
    .strided = stridedInteger,
    .groups = {.channels = Group::channels, .apart = kApart, .unsignedInput = Group::channels == 4}};

}  // namespace
}  // namespace corr2d
