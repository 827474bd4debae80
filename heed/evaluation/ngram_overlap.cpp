// SPDX-License-Identifier: Apache-2.0
#include "heed/evaluation/ngram_overlap.h"

#include <algorithm>
#include <bit>

namespace heed::evaluation {

std::vector<uint32_t> WordIds::operator()(std::span<const std::u32string_view> words) {
  std::vector<uint32_t> ids;
  ids.reserve(words.size());
  for (const std::u32string_view word : words) {
    ids.push_back(ids_.try_emplace(word, static_cast<uint32_t>(ids_.size())).first->second);
  }
  return ids;
}

NgramOverlap::NgramOverlap(int max_order) : matches_(static_cast<size_t>(max_order)) {}

// Open addressing in a table that is at most half full. The key is multiplied by 2^64 over the golden ratio,
// so that the high bits of the product depend on all bits of the key.
NgramOverlap::Slot& NgramOverlap::slot(uint32_t parent, uint32_t symbol) {
  const uint64_t key = uint64_t{parent} << 32 | symbol;
  size_t at = (key * 0x9E3779B97F4A7C15u) >> shift_;
  while (slots_[at].node != 0 && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
  return slots_[at];
}

void NgramOverlap::set_hypothesis(std::span<const uint32_t> symbols) {
  const size_t orders = matches_.size();
  const size_t capacity = std::bit_ceil(std::max<size_t>(2 * symbols.size() * orders, 2));
  slots_.assign(capacity, {});
  shift_ = 64 - std::countr_zero(capacity);
  nodes_.assign(1, {});
  std::fill(matches_.begin(), matches_.end(), 0);
  for (size_t start = 0; start < symbols.size(); ++start) {
    uint32_t node = 0;
    for (const uint32_t symbol : symbols.subspan(start, std::min(orders, symbols.size() - start))) {
      Slot& next = slot(node, symbol);
      if (next.node == 0) {
        next = {uint64_t{node} << 32 | symbol, static_cast<uint32_t>(nodes_.size())};
        nodes_.push_back({});
      }
      node = next.node;
      ++nodes_[node].hypothesis;
    }
  }
}

void NgramOverlap::add_reference(std::span<const uint32_t> symbols) {
  for (Counts& counts : nodes_) counts.reference = 0;
  for (size_t start = 0; start < symbols.size(); ++start) {
    uint32_t node = 0;
    for (size_t i = 0; i < std::min(matches_.size(), symbols.size() - start); ++i) {
      node = slot(node, symbols[start + i]).node;
      if (node == 0) break;  // an n-gram that the hypothesis lacks is not part of a longer match
      Counts& counts = nodes_[node];
      if (++counts.reference > counts.hypothesis || counts.reference <= counts.matched) continue;
      ++counts.matched;
      ++matches_[i];
    }
  }
}

void NgramOverlap::forget_references() {
  for (Counts& counts : nodes_) counts.matched = 0;
  std::fill(matches_.begin(), matches_.end(), 0);
}

}  // namespace heed::evaluation
