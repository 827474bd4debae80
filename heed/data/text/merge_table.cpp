// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/merge_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <queue>

namespace heed::text {
namespace {

constexpr size_t kLongestScan =
    64;  // tokens; beyond, looking for the least rank again and again costs more than a heap
constexpr uint32_t kEnd = UINT32_MAX;

/// Tokens as a linked list: a merge drops the right one.
struct Link {
  int32_t token;
  uint32_t before, after;
};

struct Candidate {
  uint32_t rank, place;
  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : place > other.place;
  }
};

std::vector<Link> chain(const std::vector<int32_t>& tokens) {
  std::vector<Link> links;
  links.reserve(tokens.size());
  for (uint32_t i = 0; i < tokens.size(); ++i) links.push_back({tokens[i], i == 0 ? kEnd : i - 1, i + 1});
  links.back().after = kEnd;
  return links;
}

}  // namespace

MergeTable::MergeTable(std::span<const ByteLevelModel::Merge> merges) {
  const size_t places = std::bit_ceil(std::max<size_t>(2 * merges.size(), 16));
  slots_.resize(places);
  mask_ = places - 1;
  shift_ = 64 - std::countr_zero(places);
  for (uint32_t rank = 0; rank < merges.size(); ++rank) {
    const uint64_t key = key_of(merges[rank].left, merges[rank].right);
    size_t place = first_place(key);
    while (slots_[place].key != key && slots_[place].key != kEmpty) place = (place + 1) & mask_;
    slots_[place] = {key, {rank, merges[rank].result}};
  }
}

void MergeTable::apply(std::vector<int32_t>& tokens) const {
  if (tokens.size() <= kLongestScan) {
    apply_by_scan(tokens);
  } else {
    apply_by_heap(tokens);
  }
}

void MergeTable::apply_by_scan(std::vector<int32_t>& tokens) const {
  std::array<Merge, kLongestScan> merges;  // merges[i] is that of tokens i and i + 1
  size_t count = tokens.size();
  for (size_t i = 0; i + 1 < count; ++i) merges[i] = find(tokens[i], tokens[i + 1]);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i)
      if (merges[i].rank < merges[best].rank) best = i;
    if (merges[best].rank == kNone) break;
    tokens[best] = merges[best].result;
    --count;
    std::copy(&tokens[best] + 2, tokens.data() + count + 1, &tokens[best] + 1);
    if (best + 1 < count) {
      std::copy(&merges[best] + 2, merges.data() + count, &merges[best] + 1);
      merges[best] = find(tokens[best], tokens[best + 1]);
    }
    if (best > 0) merges[best - 1] = find(tokens[best - 1], tokens[best]);
  }
  tokens.resize(count);
}

void MergeTable::apply_by_heap(std::vector<int32_t>& tokens) const {
  auto links = chain(tokens);
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto merge_at = [&](uint32_t place) {
    return find(links[place].token, links[links[place].after].token);
  };
  const auto offer = [&](uint32_t place) {
    if (place == kEnd || links[place].after == kEnd) return;
    if (const Merge merge = merge_at(place); merge.rank != kNone) candidates.push({merge.rank, place});
  };
  for (uint32_t i = 0; i < links.size(); ++i) offer(i);
  constexpr int32_t kDropped = -1;
  while (!candidates.empty()) {
    const auto [rank, place] = candidates.top();
    candidates.pop();
    Link& link = links[place];
    if (link.token == kDropped || link.after == kEnd) continue;
    const Merge merge = merge_at(place);
    if (merge.rank != rank) continue;  // an earlier merge changed the pair
    link.token = merge.result;
    links[link.after].token = kDropped;
    link.after = links[link.after].after;
    if (link.after != kEnd) links[link.after].before = place;
    offer(link.before);
    offer(place);
  }
  tokens.clear();
  for (uint32_t place = 0; place != kEnd; place = links[place].after) tokens.push_back(links[place].token);
}

}  // namespace heed::text
