// SPDX-License-Identifier: Apache-2.0
#include "heed/nn/tensor_memory.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include <sys/resource.h>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/alignment.h>
#include <c10/util/Logging.h>

#include "heed/core/memory.h"

namespace heed::nn {
namespace {

constexpr size_t kLarge = size_t{16} << 20;  // bytes; below, the check would cost more than the allocation
constexpr size_t kMany = size_t{256} << 20;  // bytes of tensors between two checks

/// Hands every request to the allocator of libtorch, large ones after a look at the memory, and others after one
/// now and then.
class CheckedAllocator : public c10::Allocator {
 public:
  explicit CheckedAllocator(c10::Allocator& inner) : inner_(inner) {}

  c10::DataPtr allocate(size_t bytes) override {
    const size_t unchecked = unchecked_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (bytes >= kLarge || unchecked >= kMany) {
      unchecked_.store(0, std::memory_order_relaxed);
      expect_memory(static_cast<double>(std::max(bytes, kLarge)));
    }
    if (addresses_are_limited_) try_to_allocate(bytes);
    return inner_.allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return inner_.raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    inner_.copy_data(to, from, bytes);
  }

 private:
  /// libtorch's allocator ends the process in some places where it gets no memory.
  static void try_to_allocate(size_t bytes) {
    void* memory = nullptr;
    const bool there = bytes == 0 || ::posix_memalign(&memory, c10::gAlignment, bytes) == 0;
    ::free(memory);
    if (!there) throw OutOfMemory(static_cast<double>(bytes), available_memory());
  }

  static bool has_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  }

  const bool addresses_are_limited_ = has_limit();
  c10::Allocator& inner_;
  std::atomic<size_t> unchecked_{0};  ///< bytes since the last check
};

}  // namespace

void check_tensor_memory() {
  constexpr uint8_t kOverDefault = 1;
  static CheckedAllocator allocator(*c10::GetCPUAllocator());
  static const bool set = [] {
    FLAGS_caffe2_use_fatal_for_enforce = false;
    c10::SetCPUAllocator(&allocator, kOverDefault);
    return true;
  }();
  static_cast<void>(set);
}

}  // namespace heed::nn
