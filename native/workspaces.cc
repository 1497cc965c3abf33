// SPDX-License-Identifier: MIT
#include "workspaces.h"

#include <new>

namespace corr2d {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

AlignedBuffer::AlignedBuffer(size_t bytes) : data_(::operator new(bytes, kAlignment)) {}

void AlignedBuffer::Free::operator()(void* p) const { ::operator delete(p, kAlignment); }

Workspaces::Borrowed::Borrowed(Workspaces& owner, size_t bytes) : owner_(owner) {
  if (bytes == 0) return;
  const std::lock_guard<std::mutex> lock(owner.mutex_);
  if (owner.idle_.empty()) {
    buffer_ = AlignedBuffer(bytes);
  } else {
    buffer_ = std::move(owner.idle_.back());
    owner.idle_.pop_back();
  }
}

Workspaces::Borrowed::~Borrowed() {
  if (buffer_.data() == nullptr) return;
  const std::lock_guard<std::mutex> lock(owner_.mutex_);
  // The vector has room for the workspaces that are kept; further ones are rare and may be let go.
  if (owner_.idle_.size() < owner_.idle_.capacity()) owner_.idle_.push_back(std::move(buffer_));
}

}  // namespace corr2d
