// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/packed_memory.h"

#include <cstddef>
#include <memory>
#include <mutex>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace heed::nn {
namespace {

constexpr size_t kLargePage = size_t{1} << 21, kChunk = size_t{1} << 25, kLine = 64;

size_t round_up(size_t bytes, size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

#if defined(__linux__)

/// Pages of the system, from the border of a large one on; the system gives them as they are first written.
class Chunk {
 public:
  explicit Chunk(size_t bytes) : mapped_(bytes + kLargePage) {
    void* pages = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return;
    pages_ = pages;
    size_t space = mapped_;
    begin_ = static_cast<std::byte*>(std::align(kLargePage, bytes, pages, space));
    madvise(begin_, bytes, MADV_HUGEPAGE);  // where it is refused, pages are small
  }
  ~Chunk() {
    if (pages_) munmap(pages_, mapped_);
  }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;
  std::byte* begin() const { return begin_; }  ///< null: the system has none left

 private:
  size_t mapped_;
  void* pages_ = nullptr;
  std::byte* begin_ = nullptr;
};

/// The chunk that small weights come from.
class Chunks {
 public:
  at::Tensor take(size_t bytes, int64_t count, at::ScalarType type) {
    if (bytes > kChunk / 4) {
      const auto own = std::make_shared<Chunk>(round_up(bytes, kLargePage));
      return tensor(own, 0, count, type);
    }
    const std::lock_guard lock(mutex_);
    if (chunk_ && chunk_.use_count() == 1) used_ = 0;  // none of its weights is left
    if (!chunk_ || used_ + bytes > kChunk) {
      chunk_ = std::make_shared<Chunk>(kChunk);
      used_ = 0;
    }
    const size_t place = used_;
    used_ += round_up(bytes, kLine);
    return tensor(chunk_, place, count, type);
  }

 private:
  static at::Tensor tensor(const std::shared_ptr<Chunk>& chunk, size_t place, int64_t count,
                           at::ScalarType type) {
    const auto options = at::TensorOptions().dtype(type);
    if (!chunk->begin()) return at::empty({count}, options);
    return at::from_blob(
        chunk->begin() + place, {count}, [chunk](void*) {}, options);
  }

  std::mutex mutex_;
  std::shared_ptr<Chunk> chunk_;
  size_t used_ = 0;
};

#endif

}  // namespace

at::Tensor packed_memory(int64_t count, at::ScalarType type) {
#if defined(__linux__)
  static auto* chunks = new Chunks;  // never destroyed: weights may outlive the end of main
  const size_t bytes = static_cast<size_t>(count) * c10::elementSize(type);
  if (bytes > 0) return chunks->take(bytes, count, type);
#endif
  return at::empty({count}, at::TensorOptions().dtype(type));
}

}  // namespace heed::nn
