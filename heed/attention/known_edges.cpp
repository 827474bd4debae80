// SPDX-License-Identifier: Apache-2.0
#include "heed/attention/known_edges.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

namespace heed::attention {
namespace {

/// A tensor that may be gone, as it was then.
struct Remembered {
  c10::weak_intrusive_ptr<c10::TensorImpl> tensor;
  uint32_t version;

  explicit Remembered(const at::Tensor& of)
      : tensor(of.getIntrusivePtr()), version(static_cast<uint32_t>(of._version())) {}
  bool is(const at::Tensor& other) const {
    return !tensor.expired() && tensor._unsafe_get_target() == other.unsafeGetTensorImpl() &&
           static_cast<uint32_t>(other._version()) == version;
  }
};

std::array<const at::Tensor*, 5> tensors_of(const Edges& e) {
  return {&e.target_begin, &e.source, &e.source_begin, &e.edge, &e.target};
}

/// Tensors made in inference mode do not count what is written to them.
bool are_versioned(const Edges& edges) {
  const auto tensors = tensors_of(edges);
  return std::none_of(tensors.begin(), tensors.end(), [](const at::Tensor* t) { return t->is_inference(); });
}

class Memory {
 public:
  void add(const Edges& edges) {
    const auto t = tensors_of(edges);
    const std::lock_guard lock(mutex_);
    entries_[next_++ % entries_.size()].emplace(
        Entry{Remembered(*t[0]), Remembered(*t[1]), Remembered(*t[2]), Remembered(*t[3]), Remembered(*t[4])});
  }

  bool has(const Edges& edges) {
    const auto t = tensors_of(edges);
    const std::lock_guard lock(mutex_);
    return std::any_of(entries_.begin(), entries_.end(), [&](const std::optional<Entry>& entry) {
      for (size_t i = 0; i < t.size(); ++i)
        if (!entry || !(*entry)[i].is(*t[i])) return false;
      return true;
    });
  }

 private:
  using Entry = std::array<Remembered, 5>;
  std::mutex mutex_;
  std::array<std::optional<Entry>, 16> entries_;
  size_t next_ = 0;
};

Memory& memory() {
  static Memory memory;
  return memory;
}

}  // namespace

void remember_edges(const Edges& edges) {
  if (are_versioned(edges)) memory().add(edges);
}

bool are_known(const Edges& edges) {
  return are_versioned(edges) && memory().has(edges);
}

}  // namespace heed::attention
