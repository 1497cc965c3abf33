// SPDX-License-Identifier: MIT
// Included by each isa/*.cc after it has named its ISA: compiles every algorithm for it.
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

template <class T>
constexpr KernelSet kKernels = {{Vec<T>::width, Tile::outputs, Tile::vectors, Tile::pixels},
                                direct<T>,
                                im2col<T>,
                                strided<T>,
                                winogradFor(T()),
                                depthwise<T>,
                                gradWeights<T>,
                                pool<T>,
                                poolGrad<T>,
                                unfold<T>,
                                fold<T>,
                                {}};

constexpr KernelSet kIntegerKernels = {{Vec<int32_t>::width, Tile::outputs, Tile::vectors, Tile::pixels},
                                       nullptr,
                                       nullptr,
                                       stridedInteger,
                                       nullptr,
                                       nullptr,
                                       nullptr,
                                       nullptr,
                                       nullptr,
                                       nullptr,
                                       nullptr,
                                       {Group::channels, kApart, Group::channels == 4}};

}  // namespace
}  // namespace corr2d
