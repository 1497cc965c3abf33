// SPDX-License-Identifier: MIT
// Each function makes a Runnable of one task. It throws std::invalid_argument for a task that would make a kernel read
// or write out of bounds, and std::bad_alloc. The comments name the operands at places that are not absent.
#pragma once
#include <memory>

#include "conv_job.h"
#include "exchange_spec.h"
#include "interleave_spec.h"
#include "runnable.h"

namespace corr2d {

using Plan = std::unique_ptr<Runnable>;

// a: input, out: output. `weights` are OIHW; `bias` is null or has outChannels elements, and so has `scale`, which is
// given for integers whose output is not int32, and only for them. All are copied.
Plan planConv(const ConvSpec& spec, Algorithm algorithm, const Isa& isa, int threads, const void* weights, const void* bias,
              const float* scale = nullptr);

// a: the convolution's input, b: the gradient of its output, out: the gradient of its weights, OIHW.
Plan planGradWeights(const ConvSpec& spec, const Isa& isa, int threads);

// a: input, out: output.
Plan planPool(const PoolSpec& spec, const Isa& isa, int threads);

// a: the pooling's input, absent for a mean; b: the gradient of its output; out: the gradient of its input.
Plan planPoolGrad(const PoolSpec& spec, const Isa& isa, int threads);

// a: image, out: patches copied from it.
Plan planUnfold(PatchSpec spec, const Isa& isa, int threads);

// a: patches, out: the image that is their sum.
Plan planFold(PatchSpec spec, const Isa& isa, int threads);

// a: weights, out: weights with other axes; out2: one byte, 1 if every weight is finite. Elements of `out` that are no
// target keep their values.
Plan planExchange(ExchangeSpec spec);

// a: small tensor, out: large tensor, whose other elements keep their values.
Plan planInterleave(const InterleaveSpec& spec, int threads);

}  // namespace corr2d
