// SPDX-License-Identifier: MIT
#pragma once
#include <stddef.h>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace corr2d {

// An AlignedBuffer owns memory aligned to cache lines, or none.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t bytes);  // throws std::bad_alloc
  void* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(void* p) const;
  };
  std::unique_ptr<void, Free> data_;
};

// A plan owns Workspaces: a run borrows one, and later runs use it again.
class Workspaces {
 public:
  Workspaces() { idle_.reserve(2); }

  // Borrows a workspace for the length of a run. An owner's workspaces all have one size. Throws std::bad_alloc.
  class Borrowed {
   public:
    Borrowed(Workspaces& owner, size_t bytes);
    ~Borrowed();
    char* data() const { return static_cast<char*>(buffer_.data()); }

   private:
    Workspaces& owner_;
    AlignedBuffer buffer_;
  };

 private:
  std::mutex mutex_;
  std::vector<AlignedBuffer> idle_;
};

}  // namespace corr2d
