// SPDX-License-Identifier: Apache-2.0
#include "heed/data/text/pair_counts.h"

#include <algorithm>
#include <utility>

namespace heed::text {

bool PairCounts::Less::operator()(const Pair& a, const Pair& b) const {
  if (a.count != b.count) return a.count < b.count;
  return std::pair(a.left, a.right) > std::pair(b.left, b.right);
}

uint64_t PairCounts::key_of(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

void PairCounts::add_word(const std::vector<int32_t>& tokens, int64_t count) {
  const auto word = static_cast<uint32_t>(words_.size());
  words_.push_back({tokens_.size(), static_cast<uint32_t>(tokens.size()), count});
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  std::vector<uint64_t> grown;
  for (size_t i = 0; i + 1 < tokens.size(); ++i) add_pair(tokens[i], tokens[i + 1], word, grown);
}

// Counts in the queue may be too high, for a merge elsewhere lowers them; they are put right when they come up.
std::optional<PairCounts::Pair> PairCounts::best() {
  if (!queued_) queue_all();
  while (!queue_.empty()) {
    Pair top = queue_.top();
    const auto found = pairs_.find(key_of(top.left, top.right));
    const int64_t count = found == pairs_.end() ? 0 : found->second.count;
    if (count == top.count) return top;
    queue_.pop();
    top.count = count;
    if (count > 0) queue_.push(top);
  }
  return std::nullopt;
}

void PairCounts::queue_all() {
  std::vector<Pair> all;
  all.reserve(pairs_.size());
  for (const auto& [key, found] : pairs_)
    all.push_back({static_cast<int32_t>(key >> 32), static_cast<int32_t>(key & UINT32_MAX), found.count});
  queue_ = decltype(queue_)(Less{}, std::move(all));
  queued_ = true;
}

void PairCounts::merge(const Pair& pair, int32_t token) {
  const auto node = pairs_.extract(key_of(pair.left, pair.right));
  std::vector<uint64_t> grown;
  for (const uint32_t word : node.mapped().words) merge_in(word, pair, token, grown);
  std::sort(grown.begin(), grown.end());
  grown.erase(std::unique(grown.begin(), grown.end()), grown.end());
  for (const uint64_t key : grown) queue_pair(key);
}

void PairCounts::drop(const Pair& pair) {
  pairs_.erase(key_of(pair.left, pair.right));
}

void PairCounts::queue_pair(uint64_t key) {
  const auto found = pairs_.find(key);
  if (found == pairs_.end() || found->second.count <= 0) return;
  queue_.push({static_cast<int32_t>(key >> 32), static_cast<int32_t>(key & UINT32_MAX), found->second.count});
}

void PairCounts::add_pair(int32_t left, int32_t right, uint32_t word, std::vector<uint64_t>& grown) {
  const uint64_t key = key_of(left, right);
  auto& found = pairs_[key];
  found.count += words_[word].count;
  if (found.words.empty() || found.words.back() != word) found.words.push_back(word);
  if (queued_ && (grown.empty() || grown.back() != key)) grown.push_back(key);
}

void PairCounts::remove_pair(int32_t left, int32_t right, int64_t count) {
  const auto found = pairs_.find(key_of(left, right));
  if (found != pairs_.end()) found->second.count -= count;
}

void PairCounts::merge_in(uint32_t word, const Pair& pair, int32_t token, std::vector<uint64_t>& grown) {
  Word& self = words_[word];
  int32_t* const tokens = tokens_.data() + self.begin;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < self.length; ++kept) {
    const bool here = tokens[i] == pair.left && i + 1 < self.length && tokens[i + 1] == pair.right;
    if (!here) {
      tokens[kept] = tokens[i++];
      continue;
    }
    if (kept > 0) {
      remove_pair(tokens[kept - 1], pair.left, self.count);
      add_pair(tokens[kept - 1], token, word, grown);
    }
    i += 2;
    if (i < self.length) {
      remove_pair(pair.right, tokens[i], self.count);
      add_pair(token, tokens[i], word, grown);
    }
    tokens[kept] = token;
  }
  self.length = kept;
}

}  // namespace heed::text
