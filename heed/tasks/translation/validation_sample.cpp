// SPDX-License-Identifier: Apache-2.0
#include "heed/tasks/translation/validation_sample.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace heed::tasks {
namespace {

/// FNV-1a, then the last steps of SplitMix64, which spread differences at the end over all bits.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9;
  hash = (hash ^ hash >> 27) * 0x94D049BB133111EB;
  return hash ^ hash >> 31;
}

struct Group {
  size_t begin, end;  ///< in the sorted rows
  size_t size() const { return end - begin; }
};

/// (hash, row), sorted.
using HashedRows = std::vector<std::pair<uint64_t, size_t>>;

std::vector<Group> groups_of(const HashedRows& rows) {
  std::vector<Group> groups;
  for (size_t begin = 0, end; begin < rows.size(); begin = end) {
    for (end = begin; end < rows.size() && rows[end].first == rows[begin].first;) ++end;
    groups.push_back({begin, end});
  }
  return groups;
}

/// In order of hashes, those that fit; if none fits, the smallest.
std::vector<Group> choose(const std::vector<Group>& groups, size_t wanted) {
  std::vector<Group> chosen;
  size_t room = wanted;
  for (const Group& group : groups) {
    if (group.size() > room) continue;
    chosen.push_back(group);
    room -= group.size();
  }
  if (chosen.empty())
    chosen.push_back(*std::min_element(groups.begin(), groups.end(),
                                       [](const Group& a, const Group& b) { return a.size() < b.size(); }));
  return chosen;
}

}  // namespace

std::vector<text::SentencePair> take_validation_sample(std::vector<text::SentencePair>& train,
                                                       int64_t wanted) {
  HashedRows rows;
  rows.reserve(train.size());
  for (size_t i = 0; i < train.size(); ++i) rows.emplace_back(hash_of(train[i].source), i);
  std::sort(rows.begin(), rows.end());
  const auto groups = groups_of(rows);
  if (groups.size() < 2) return {};
  const size_t most = std::clamp<size_t>(static_cast<size_t>(wanted), 1, train.size() / 10 + 1);
  std::vector<bool> taken(train.size());
  for (const Group& group : choose(groups, most))
    for (size_t i = group.begin; i < group.end; ++i) taken[rows[i].second] = true;
  std::vector<text::SentencePair> sample, kept;
  for (size_t i = 0; i < train.size(); ++i) (taken[i] ? sample : kept).push_back(std::move(train[i]));
  train = std::move(kept);
  return sample;
}

}  // namespace heed::tasks
